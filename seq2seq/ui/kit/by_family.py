"""The base class of the views that compare all models of a family (languages and subject) on our own sentences.

Nothing in them depends on what a visitor types. So a model is measured once for all visitors; the first one sees its progress.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from threading import Lock
from typing import Any, ClassVar, Generic, TypeVar

import gradio as gr

from seq2seq.analysis.forcing.growing_sentences import PARTS
from seq2seq.decoding.model_info import Family
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address
from seq2seq.ui.kit.address import FAMILY, Parameter
from seq2seq.ui.kit.component import next_serial
from seq2seq.ui.kit.message import explain, message, message_line
from seq2seq.ui.kit.view import Slot

Result = TypeVar("Result")  # what is measured of one model


class ByFamily(Generic[Result]):
    """The base class. There is one instance per page, which keeps the results."""

    doing: ClassVar[str]  # what the progress bar says: "Decoding"
    prefix: ClassVar[str]  # of the ids of the form's parts
    parameters: ClassVar[tuple[Parameter, ...]] = (FAMILY,)

    def __init__(self, services: Services):
        self.services = services
        self._results: dict[str, Result] = {}
        self._lock = Lock()

    @classmethod
    def open(cls, slot: Slot) -> None:
        """Build the view at `slot`."""
        cls(slot.services)._build(slot)

    # --- a view overrides these ---

    def models(self, family: Family) -> list[str]:
        """Return the models of `family` to compare; fewer than two if there is nothing to compare."""
        raise NotImplementedError

    def measure(self, model: str, family: Family) -> Iterator[Result | float]:
        """Yield finished shares of the work, and at the end the result."""
        raise NotImplementedError

    def payload(
        self, family: Family, results: Sequence[Result], titles: Sequence[str], values: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the data of the view; `titles` are the names of the models on the page, `values` those of the address."""
        raise NotImplementedError

    # --- the page ---

    def families(self) -> dict[str, Family]:
        """Return the families with models to compare, by their name in an address; first the one with most models."""
        counts = {family: len(self.models(family)) for family in PARTS}
        known = sorted((family for family in PARTS if counts[family] > 1), key=lambda family: -counts[family])
        return {address_of(family): family for family in known}

    def of(self, family: Family, values: Mapping[str, Any]) -> Iterator[float | str]:
        """Yield the finished share of the work, and at the end the component's value. Other visitors wait for the first."""
        names = self.models(family)
        with self._lock:
            for number, name in enumerate(names):
                if name in self._results:
                    continue
                for part in self.measure(name, family):
                    if isinstance(part, float):
                        yield (number + part) / len(names)
                    else:
                        self._results[name] = part
        titles = [self.services.info(name).architecture.replace(" encoder-decoder", "") for name in names]  # all are
        drawn = self.payload(family, [self._results[name] for name in names], titles, values)
        known = {"link": [(FAMILY.name, address_of(family))], "serial": next_serial()}
        yield json.dumps({**drawn, **known}, ensure_ascii=False, allow_nan=False)

    def _build(self, slot: Slot) -> None:
        known = self.families()
        opened = gr.State(False)
        with gr.Row(elem_classes="ask"):
            family = gr.Dropdown(
                [(f"{source} → {target}, {subject}", name) for name, (source, target, subject) in known.items()],
                value=next(iter(known), None),
                label="Sentences and models",
                filterable=False,
                scale=0,
                min_width=330,
                elem_id=f"{self.prefix}-family",
            )
        line = message_line()
        board = slot.board()
        everything = [family, board, opened, line]

        def stream(name: str, values: Mapping[str, Any], problems: str = "") -> Iterator[dict[Any, Any]]:
            try:
                if not isinstance(name, str) or name not in known:
                    raise ValueError(unknown(name, known))
                yield {line: message(problems), opened: True}
                for part in self.of(known[name], values):
                    if isinstance(part, float):
                        says = f"{self.doing} once for all visitors: {part:.0%}"
                        part = json.dumps({"share": part, "says": says}, ensure_ascii=False)
                    yield {board: part}
            except Exception as error:  # without an answer the progress bar would stay for ever
                yield {line: message(explain(error)), board: ""}

        def show(name: str) -> Iterator[dict[Any, Any]]:
            yield from stream(name, {})

        def open_view(before: bool, page: gr.Request) -> Iterator[dict[Any, Any]]:
            """On first sight, show the family of the address, or the first one."""
            if before or not known:
                yield {opened: True}
                return
            query = dict(page.query_params)
            values, problems = address.read(self.parameters, query if slot.is_named(query) else {}, self.services)
            name = values.get(FAMILY.name, next(iter(known)))
            if name not in known:
                problems.append(unknown(name, known))
                name = next(iter(known))
            yield {family: name}
            yield from stream(name, values, " ".join(problems))

        settings: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": 2}
        family.input(show, family, everything, concurrency_id=self.prefix, **settings)
        slot.tab.select(open_view, opened, everything, concurrency_id=self.prefix, **settings)


def address_of(family: Family) -> str:
    return "-".join(part.lower() for part in family)


def unknown(name: Any, known: Mapping[str, Family]) -> str:
    return f"There are no sentences “{str(name)[:60]}”. There are: {', '.join(known) or 'none'}."
