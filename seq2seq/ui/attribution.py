"""Does it explain? Beside the attention of a step, what its piece depends on when that is asked in other ways."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from seq2seq import attribution as engine
from seq2seq.trace import DecodingTrace
from seq2seq.ui import examples, fields, link
from seq2seq.ui.assets import component
from seq2seq.ui.message import explain, message, message_line, reported
from seq2seq.ui.services import Services
from seq2seq.views import attribution as view

SCRIPTS = ("core", "link", "board", "attribution")
_serial = itertools.count(1)


@dataclass(frozen=True)
class Asked:
    """`step` counts from 1; 0: where attention and deletion agree least."""

    text: str
    model: str
    step: int = 0


def build(services: Services) -> None:
    tab = fields.tab_in_the_making()
    opening = _example(services, services.first)
    seen = gr.State(None)

    asking = fields.Asking.row(services, services.first, opening.text, "Ask", "attribution")
    place = message_line()
    start = "startAttribution(element, trigger, props, watch);"
    board = component("attribution", "", SCRIPTS, start, elem_id="attribution", address=link.address(link.ATTRIBUTION))
    everything = [*vars(asking).values(), board, seen, place]
    report = reported(place)

    def opened(asked: Asked) -> dict[Any, Any]:
        return {seen: asked, board: payload(services, asked)}

    def filled(asked: Asked) -> dict[Any, Any]:
        return asking.at(services, asked.model, asked.text)

    @report
    def show(written: str, name: str) -> dict[Any, Any]:
        return {asking.example: fields.chosen_example(services.info(name), written), **opened(Asked(written, name))}

    @report
    def show_example(written: str, name: str) -> dict[Any, Any]:
        return {asking.text: written, **opened(Asked(written, name))}

    @report
    def show_model(written: str, name: str) -> dict[Any, Any]:
        asked = Asked(examples.fitting(written, services.info(name)), name)
        try:
            return {**filled(asked), **opened(asked)}
        except ValueError as error:  # the menu stands at this model all the same
            return {**filled(asked), place: message(explain(error))}

    @report
    def choose(now: Asked, event: gr.EventData) -> dict[Any, Any]:
        step = fields.told(event, "step")
        if type(step) is not int:
            raise ValueError("That choice could not be read. Please choose again.")
        return opened(replace(fields.still(now), step=step))

    @report
    def open_view(now: Asked | None, page: gr.Request) -> dict[Any, Any]:
        """At the first look: what the address asks for, or an example."""
        if now is not None:
            return {}
        query, reader = dict(page.query_params), link.Reader()
        if query.get("tab") != link.ATTRIBUTION:
            return opened(opening)
        name = (
            reader.attempt(lambda: services.info(query["model"]).name, services.first) if "model" in query else services.first
        )
        asked = replace(_example(services, name), step=reader.attempt(lambda: link.whole("step", query.get("step", "0")), 0))
        asked = replace(asked, text=query.get("text", asked.text))
        for other in (replace(asked, step=0), opening):
            try:
                return {**filled(asked), **opened(asked), place: message(" ".join(reader.problems))}
            except Exception as error:  # whatever it is, something must be drawn
                reader.problems.append(explain(error))
                asked = other
        return {**filled(opening), **opened(opening), place: message(" ".join(reader.problems))}

    gr.on([asking.text.submit, asking.go.click], show, [asking.text, asking.model], everything, **fields.DECODES)
    asking.example.input(show_example, [asking.example, asking.model], everything, **fields.DECODES)
    asking.model.input(show_model, [asking.text, asking.model], everything, **fields.DECODES)
    board.choose(choose, [seen], everything, **fields.DECODES)
    tab.select(open_view, [seen], everything, **fields.DECODES)


def _example(services: Services, name: str) -> Asked:
    known = examples.of(services.info(name))
    return Asked(known[0] if known else "", name)


def payload(services: Services, asked: Asked) -> str:
    """The page's part. Raises ValueError, fit to be shown, for anything in `asked` that cannot be done."""
    translator = services.translator(asked.model)
    trace = translator.translate(asked.text)
    by_step = agreements(trace, engine.deletions(translator, trace))
    step = asked.step or _least(by_step) + 1
    found = engine.attribute(translator, trace, step - 1)
    table = view.rows(found, trace, engine.by_word)
    pairs = view.agreements(table, engine.rank_correlation)
    info = services.info(asked.model)
    return json.dumps(
        {
            "source": view.columns(trace),
            "steps": view.steps(trace, by_step),
            "step": step,
            "rows": table,
            "agreements": pairs,
            "says": view.said(trace, found, table, pairs),
            "piece": view.steps(trace, by_step)[step - 1],
            "accounts": {"difference": found.log_prob - found.log_prob_of_nothing, "sum": sum(found.integrated)},
            "model": {"title": info.title, "trained_on": info.trained_on},
            "link": [("text", asked.text), ("model", asked.model), ("step", str(step))],
            "serial": next(_serial),
        },
        ensure_ascii=False,
        allow_nan=False,
    )


def agreements(trace: DecodingTrace, deletions: list[list[float]]) -> list[float | None]:
    """For each step: how alike attention and deletion rank the source's words."""
    words = engine.source_words(trace)
    return [
        None
        if step.attention is None
        else engine.rank_correlation(engine.by_word(step.attention, words), [abs(change) for change in changes])
        for step, changes in zip(trace.steps, deletions, strict=True)
    ]


def _least(by_step: list[float | None]) -> int:
    known = [(value, step) for step, value in enumerate(by_step) if value is not None]
    return min(known)[1] if known else 0
