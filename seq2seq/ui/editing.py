"""Edit it: the attention of one step by hand, and what the decoder makes of it."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from seq2seq.ui import examples, fields, link
from seq2seq.ui.assets import component
from seq2seq.ui.message import explain, message, message_line, reported
from seq2seq.ui.services import Services
from seq2seq.views import attention
from seq2seq.views import editing as view

SCRIPTS = ("core", "link", "board", "heat-table", "edit")
PER_MILLE = 1000  # in an address, a weight is a whole number of these
MOST_WEIGHTS = 200  # more than any sentence has
_serial = itertools.count(1)


@dataclass(frozen=True)
class Asked:
    """`step` counts from 1. Without `weights` nothing is edited yet."""

    text: str
    model: str
    step: int = 1
    weights: tuple[int, ...] = ()  # per mille, one a source position


def build(services: Services) -> None:
    tab = fields.tab_in_the_making()
    opening = _example(services, services.first)
    seen = gr.State(None)

    asking = fields.Asking.row(services, services.first, opening.text, "Translate", "edit")
    place = message_line()
    start = "startEdit(element, trigger, props, watch);"
    board = component("edit", "", SCRIPTS, start, elem_id="edit", address=link.address(link.EDIT))
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
    def show_model(now: Asked, written: str, name: str) -> dict[Any, Any]:
        asked = Asked(examples.fitting(written, services.info(name)), name)
        try:
            return {**filled(asked), **opened(asked)}
        except ValueError as error:  # what is drawn stays with the model that it is of
            return {**filled(fields.still(now)), place: message(explain(error))}

    @report
    def edit(now: Asked, event: gr.EventData) -> dict[Any, Any]:
        step, weights = fields.told(event, "step"), fields.told(event, "weights")
        if type(step) is not int or not isinstance(weights, list) or len(weights) > MOST_WEIGHTS:
            raise ValueError("That choice could not be read. Please choose again.")
        if not all(type(weight) in (int, float) and math.isfinite(weight) and 0 <= weight <= 1 for weight in weights):
            raise ValueError("Weights are numbers from 0 to 1. Please choose again.")
        return opened(replace(fields.still(now), step=step, weights=tuple(round(PER_MILLE * weight) for weight in weights)))

    @report
    def open_view(now: Asked | None, page: gr.Request) -> dict[Any, Any]:
        """At the first look: what the address asks for, or an example."""
        if now is not None:
            return {}
        query, reader = dict(page.query_params), link.Reader()
        if query.get("tab") != link.EDIT:
            return opened(opening)
        name = (
            reader.attempt(lambda: services.info(query["model"]).name, services.first) if "model" in query else services.first
        )
        asked = replace(
            _example(services, name), step=reader.attempt(lambda: link.whole("step", query.get("step", "1")), 1) or 1
        )
        asked = replace(asked, text=query.get("text", asked.text))
        asked = replace(asked, weights=reader.attempt(lambda: weights_of(query.get("weights", "")), ()))
        for other in (replace(asked, weights=()), replace(asked, step=1, weights=()), opening):
            try:
                return {**filled(asked), **opened(asked), place: message(" ".join(reader.problems))}
            except Exception as error:  # whatever it is, something must be drawn
                if (said := explain(error)) not in reader.problems:
                    reader.problems.append(said)
                asked = other
        return {**filled(opening), **opened(opening), place: message(" ".join(reader.problems))}

    gr.on([asking.text.submit, asking.go.click], show, [asking.text, asking.model], everything, **fields.DECODES)
    asking.example.input(show_example, [asking.example, asking.model], everything, **fields.DECODES)
    asking.model.input(show_model, [seen, asking.text, asking.model], everything, **fields.DECODES)
    board.edit(edit, [seen], everything, **fields.DECODES)
    tab.select(open_view, [seen], everything, **fields.DECODES)


def _example(services: Services, name: str) -> Asked:
    known = examples.of(services.info(name))
    return Asked(known[0] if known else "", name)


def weights_of(text: str) -> tuple[int, ...]:
    """What an address gives for `weights`: whole numbers, per mille, with a hyphen between."""
    parts = text.split(link.SEPARATOR) if text else []
    if len(parts) > MOST_WEIGHTS:
        raise ValueError(f"In this address, “weights” has {len(parts)} numbers; no sentence has so many pieces.")
    return tuple(link.whole("weights", part) for part in parts)


def payload(services: Services, asked: Asked) -> str:
    """The page's part. Raises ValueError, fit to be shown, for anything in `asked` that cannot be done."""
    translator = services.translator(asked.model)
    before = translator.translate(asked.text)
    if before.steps[0].attention is None:
        raise ValueError(
            f"“{translator.info.title}” has no attention that could be edited: its decoder reads the source in another way. "
            "Choose a model with attention."
        )
    if not 1 <= asked.step <= len(before.steps):
        raise ValueError(f"There is no step {asked.step}: this translation has {len(before.steps)}.")
    after = translator.translate(asked.text, edits={asked.step - 1: asked.weights}) if asked.weights else None
    info = services.info(asked.model)
    return json.dumps(
        {
            "before": view.side(before),
            "after": view.side(after) if after else None,
            "shared": view.shared(before, after) if after else None,
            "says": view.said(before, after, asked.step - 1) if after else "",
            "step": asked.step,
            "weights": [weight / PER_MILLE for weight in asked.weights],
            "together": before.lanes == ("together",),
            "scale": attention.scale(),
            "model": {"title": info.title, "trained_on": info.trained_on},
            "link": items(asked),
            "serial": next(_serial),
        },
        ensure_ascii=False,
        allow_nan=False,
    )


def items(asked: Asked) -> list[tuple[str, str]]:
    pairs = [("text", asked.text), ("model", asked.model), ("step", str(asked.step))]
    if asked.weights:
        pairs.append(("weights", link.SEPARATOR.join(map(str, asked.weights))))
    return pairs
