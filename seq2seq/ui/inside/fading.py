"""How it fades: what is left of a piece in the encoder's state, by the steps since it was read, for several cells."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import gradio as gr

from seq2seq.analysis.growing_sentences import PARTS, grown
from seq2seq.analysis.reach import Fading, fading
from seq2seq.ui.host.services import Services
from seq2seq.ui.inside.reach import kinds
from seq2seq.ui.kit import address
from seq2seq.ui.kit.component import next_serial
from seq2seq.ui.kit.message import explain, message, message_line
from seq2seq.ui.kit.once import Once
from seq2seq.ui.kit.view import Slot, View
from seq2seq.views.inside import fading as view

PARAMETERS = (address.FAMILY,)
Family = tuple[str, str, str]


def sentences(family: Family) -> list[str]:
    """Return our own sentences of growing length in the source language."""
    return [source for of_length in grown(PARTS[family]) for source, _ in of_length]


def models(services: Services, family: Family) -> list[str]:
    """Return one recurrent model for each cell, with and without attention."""
    first = next((i.name for i in services.infos.values() if (i.source_language, i.target_language, i.subject) == family), None)
    names = kinds(services, first) if first else []
    return [name for name in names if "Transformer" not in services.info(name).architecture]


def families(services: Services) -> dict[str, Family]:
    """Return the families with at least two models to compare, by their name in an address; first the one with most models."""
    found = {"-".join(part.lower() for part in family): family for family in PARTS if len(models(services, family)) > 1}
    return dict(sorted(found.items(), key=lambda item: -len(models(services, item[1]))))


def build(slot: Slot) -> None:
    services = slot.services
    known, once = families(services), Once(partial(_compute, services))
    opened = gr.State(False)
    with gr.Row(elem_classes="ask"):
        family = gr.Dropdown(
            [(f"{source} → {target}, {subject}", name) for name, (source, target, subject) in known.items()],
            value=next(iter(known), None),
            label="Sentences and models",
            filterable=False,
            scale=0,
            min_width=330,
            elem_id="fading-family",
        )
    line = message_line()
    board = slot.board()
    everything = [family, board, opened, line]

    def stream(name: str, problems: str = "") -> Iterator[dict[Any, Any]]:
        try:
            if not isinstance(name, str) or name not in known:
                raise ValueError(f"There are no sentences “{str(name)[:60]}”. There are: {', '.join(known) or 'none'}.")
            yield {line: message(problems), opened: True}
            names = models(services, known[name])
            for part in once.of(names):
                if isinstance(part, float):
                    yield {board: json.dumps({"share": part, "says": f"Measuring once for all visitors: {part:.0%}"})}
                else:
                    yield {board: _payload(services, name, known[name], names, part)}
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
        yield from stream(name, " ".join(problems))

    settings: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": 2}
    family.input(show, family, everything, concurrency_id="fading", **settings)
    slot.tab.select(open_view, opened, everything, concurrency_id="fading", **settings)


def _compute(services: Services, name: str) -> Iterator[Fading | float]:
    info = services.info(name)
    return fading(services.translator(name), sentences((info.source_language, info.target_language, info.subject)))


def _payload(services: Services, name: str, family: Family, names: list[str], found: list[Fading]) -> str:
    titles = [services.info(model).architecture.replace(" encoder-decoder", "") for model in names]
    extra = {"link": [("family", name)], "serial": next_serial()}
    return json.dumps(view.payload(found, titles, len(sentences(family)), **extra), ensure_ascii=False, allow_nan=False)


VIEW = View(
    name="fading",
    title="How it fades",
    tab="inside",
    part="inside/fading",
    element="fading",
    build=build,
    parameters=PARAMETERS,
    controls={"model": ("#fading-family",)},
)
