"""The bottleneck: sentences grown clause by clause, translated by models with and without attention."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import gradio as gr

from seq2seq.analysis.growing_sentences import PARTS, Stretched, grown, stretch
from seq2seq.ui.attention import panels
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address
from seq2seq.ui.kit.component import next_serial
from seq2seq.ui.kit.message import explain, message, message_line
from seq2seq.ui.kit.once import Once
from seq2seq.ui.kit.view import Slot, View
from seq2seq.views.attention import bottleneck as view

OPENING = 3  # clauses; models with attention still translate them well
PARAMETERS = (address.FAMILY, address.number("clauses"), address.number("sentence"))
Family = tuple[str, str, str]


def _payloads(services: Services, once: Once[Stretched], family: Family) -> Iterator[float | str]:
    """Yield the finished share of the work, and at the end the component's value."""
    names = models(services, family)
    for part in once.of(names):
        yield part if isinstance(part, float) else _payload(services, family, names, part)


def _payload(services: Services, family: Family, names: list[str], results: list[Stretched]) -> str:
    titles = [services.info(name).architecture.replace(" encoder-decoder", "") for name in names]  # all are
    extra = {"link": [("family", address_of(family))], "serial": next_serial()}
    return json.dumps(view.payload(grown(PARTS[family]), results, titles, **extra), ensure_ascii=False, allow_nan=False)


def _compute(services: Services, name: str) -> Iterator[Stretched | float]:
    info = services.info(name)
    pairs = grown(PARTS[info.source_language, info.target_language, info.subject])
    return stretch(services.translator(name), pairs)


def models(services: Services, family: Family) -> list[str]:
    """Return models for the sentences of `family`: one with attention, one without, and one of another architecture."""
    fitting = [
        name for name, info in services.infos.items() if (info.source_language, info.target_language, info.subject) == family
    ]
    first = next((name for name in fitting if services.infos[name].has_attention), None)
    return [first, *panels.companions(services, services.infos[first])] if first else []


def families(services: Services) -> dict[str, Family]:
    """Return the families with at least two models to compare, by their name in an address."""
    return {address_of(family): family for family in PARTS if len(models(services, family)) > 1}


def address_of(family: Family) -> str:
    return "-".join(part.lower() for part in family)


def title_of(family: Family) -> str:
    source, target, subject = family
    return f"{source} → {target}, {subject}"


def build(slot: Slot) -> None:
    services = slot.services
    known, once = families(services), Once(partial(_compute, services))
    opened = gr.State(False)
    with gr.Row(elem_classes="ask"):
        choices = [(title_of(family), name) for name, family in known.items()]
        family = gr.Dropdown(
            choices,
            value=next(iter(known), None),
            label="Sentences and models",
            filterable=False,
            scale=0,
            min_width=330,
            elem_id="bottleneck-family",
        )
    line = message_line()
    board = slot.board()
    everything = [family, board, opened, line]

    def stream(name: str, clauses: int = OPENING, sentence: int = 1, problems: str = "") -> Iterator[dict[Any, Any]]:
        try:
            if not isinstance(name, str) or name not in known:
                raise ValueError(f"There are no sentences “{str(name)[:60]}”. There are: {', '.join(known) or 'none'}.")
            yield {line: message(problems), opened: True}
            for part in _payloads(services, once, known[name]):
                if isinstance(part, str):
                    yield {board: opened_at(part, clauses, sentence)}
                else:
                    yield {board: json.dumps({"share": part, "says": f"Decoding once for all visitors: {part:.0%}"})}
        except Exception as error:  # without an answer the progress bar would stay for ever
            yield {line: message(explain(error)), board: ""}

    def show(name: str) -> Iterator[dict[Any, Any]]:
        yield from stream(name)

    def open_view(before: bool, page: gr.Request) -> Iterator[dict[Any, Any]]:
        """On first sight, show the family of the address, or the first one."""
        if before or not known:
            yield {opened: True}
            return
        query = dict(page.query_params)
        values, problems = address.read(PARAMETERS, query if slot.is_named(query) else {}, services)
        name = values.get("family", next(iter(known)))
        if name not in known:
            problems.append(f"There are no sentences “{name[:60]}”. There are: {', '.join(known)}.")
            name = next(iter(known))
        yield {family: name}
        yield from stream(name, values.get("clauses", OPENING), values.get("sentence", 1), " ".join(problems))

    settings: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": 2}
    family.input(show, family, everything, concurrency_id="bottleneck", **settings)
    slot.tab.select(open_view, opened, everything, concurrency_id="bottleneck", **settings)


def opened_at(value: str, clauses: int, sentence: int) -> str:
    """Return the component's value opened at a number of clauses and a sentence, both counted from 1."""
    given = json.loads(value)
    lengths = given["sentences"]
    start = {"clauses": min(max(1, clauses), len(lengths)), "sentence": min(max(1, sentence), len(lengths[0]))}
    return json.dumps({**given, "start": start}, ensure_ascii=False)


VIEW = View(
    name="bottleneck",
    title="The bottleneck",
    tab="attention",
    part="attention/bottleneck",
    element="bottleneck",
    build=build,
    parameters=PARAMETERS,
    controls={"model": ("#bottleneck-family",)},
)
