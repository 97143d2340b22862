"""The bottleneck: a sentence grown clause by clause, and what models with and without attention make of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from threading import Lock
from typing import Any

import gradio as gr

from seq2seq.analysis.growing_sentences import PARTS, Stretched, grown, stretch
from seq2seq.ui.attention import panels
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address
from seq2seq.ui.kit.component import next_serial
from seq2seq.ui.kit.message import explain, message, message_line
from seq2seq.ui.kit.view import Slot, View
from seq2seq.views.attention import bottleneck as view

OPENING = 3  # clauses: attention still holds them
PARAMETERS = (address.words("family"), address.number("clauses"), address.number("sentence"))
Family = tuple[str, str, str]


class Kept:
    """What was decoded once, for all visitors: the sentences are always the same. One visitor decodes, the others wait."""

    def __init__(self, services: Services):
        self._services = services
        self._found: dict[str, Stretched] = {}
        self._lock = Lock()

    def of(self, family: Family) -> Iterator[float | str]:
        """The share of the work that is done, and at last what the page shows."""
        names = models(self._services, family)
        pairs = grown(PARTS[family])
        with self._lock:
            for number, name in enumerate(names):
                if name in self._found:
                    continue
                for part in stretch(self._services.translator(name), pairs):
                    if isinstance(part, Stretched):
                        self._found[name] = part
                    else:
                        yield (number + part) / len(names)
        yield self._shown(family, names, pairs)

    def _shown(self, family: Family, names: list[str], pairs: list[list[tuple[str, str]]]) -> str:
        found = [self._found[name] for name in names]
        titles = [self._services.info(name).architecture.replace(" encoder-decoder", "") for name in names]  # all are
        extra = {"link": [("family", address_of(family))], "serial": next_serial()}
        return json.dumps(view.payload(pairs, found, titles, **extra), ensure_ascii=False, allow_nan=False)


def models(services: Services, family: Family) -> list[str]:
    """One with attention, one without, and one of another kind, of those that translate the sentences of `family`."""
    fitting = [
        name for name, info in services.infos.items() if (info.source_language, info.target_language, info.subject) == family
    ]
    first = next((name for name in fitting if services.infos[name].has_attention), None)
    return [first, *panels.companions(services, services.infos[first])] if first else []


def families(services: Services) -> dict[str, Family]:
    """By what an address calls them, the kinds of sentences for which there are at least two models to compare."""
    return {address_of(family): family for family in PARTS if len(models(services, family)) > 1}


def address_of(family: Family) -> str:
    return "-".join(part.lower() for part in family)


def title_of(family: Family) -> str:
    source, target, subject = family
    return f"{source} → {target}, {subject}"


def build(slot: Slot) -> None:
    services = slot.services
    known, kept = families(services), Kept(services)
    seen = gr.State(False)
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
    place = message_line()
    board = slot.board()
    everything = [family, board, seen, place]

    def shown(name: str, clauses: int = OPENING, sentence: int = 1, problems: str = "") -> Iterator[dict[Any, Any]]:
        try:
            if not isinstance(name, str) or name not in known:
                raise ValueError(f"There are no sentences “{str(name)[:60]}”. There are: {', '.join(known) or 'none'}.")
            yield {place: message(problems), seen: True}
            for part in kept.of(known[name]):
                if isinstance(part, str):
                    yield {board: opened_at(part, clauses, sentence)}
                else:
                    yield {board: json.dumps({"share": part, "says": f"Decoding, {part:.0%}: once for all visitors"})}
        except Exception as error:  # never a bar that waits for ever
            yield {place: message(explain(error)), board: ""}

    def show(name: str) -> Iterator[dict[Any, Any]]:
        yield from shown(name)

    def open_view(before: bool, page: gr.Request) -> Iterator[dict[Any, Any]]:
        """At the first look: what the address names, or the first."""
        if before or not known:
            yield {seen: True}
            return
        query = dict(page.query_params)
        values, problems = address.read(PARAMETERS, query if slot.is_named(query) else {}, services)
        name = values.get("family", next(iter(known)))
        if name not in known:
            problems.append(f"There are no sentences “{name[:60]}”. There are: {', '.join(known)}.")
            name = next(iter(known))
        yield {family: name}
        yield from shown(name, values.get("clauses", OPENING), values.get("sentence", 1), " ".join(problems))

    settings: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": 2}
    family.input(show, family, everything, concurrency_id="bottleneck", **settings)
    slot.tab.select(open_view, seen, everything, concurrency_id="bottleneck", **settings)


def opened_at(value: str, clauses: int, sentence: int) -> str:
    """The page's part, standing at so many clauses of one of the sentences, both counted from 1."""
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
