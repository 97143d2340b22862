"""Beam tree: the whole search of a beam for one sentence, and what it did that greedy would not have done."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import gradio as gr

from seq2seq.decoding.beam_tree import BeamTree
from seq2seq.decoding.strategies import Beam
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address, examples, fields, search
from seq2seq.ui.kit.address import Request
from seq2seq.ui.kit.component import component
from seq2seq.ui.kit.message import explain, message, message_line, reported
from seq2seq.views.attention import beam_tree as view

_serial = itertools.count(1)


@dataclass(frozen=True)
class Asked:
    """Everything that decides what is shown, but the step."""

    text: str
    model: str
    beam: Beam = field(default_factory=Beam)


def build(services: Services) -> None:
    tab = fields.tab_in_the_making()
    opening = _example(services, services.first)
    seen = gr.State(False)

    asking = fields.Asking.row(services, services.first, opening.text, "Search", "beam")
    with gr.Row(elem_classes="settings"):
        settings = {name: fields.setting(name, "beam-") for name in search.names_of(Beam.name)}
    place = message_line()
    shown = component("attention/beam-tree/beam", elem_id="beam", address=address.address(address.BEAM))

    asked = [asking.text, asking.model, *settings.values()]
    everything = [*vars(asking).values(), *settings.values(), shown, seen, place]
    decodes = fields.decodes(place)
    report = reported(place)

    def asked_of(written: str, name: str, *numbers: Any) -> Asked:
        return Asked(written, name, search.strategy(Beam.name, dict(zip(settings, numbers, strict=True))))

    def searched(what: Asked) -> dict[Any, Any]:
        return {shown: drawn(services, what, grow(services, what)), seen: True}

    def filled(what: Asked) -> dict[Any, Any]:
        values = search.settings_of(what.beam)
        return {**asking.at(services, what.model, what.text), **{settings[name]: values[name] for name in settings}}

    @report
    def show(*values: Any) -> dict[Any, Any]:
        what = asked_of(*values)
        return {asking.example: fields.chosen_example(services.info(what.model), what.text), **searched(what)}

    @report
    def show_example(chosen: str, *values: Any) -> dict[Any, Any]:
        return {asking.text: chosen, **searched(replace(asked_of(*values), text=chosen))}

    @report
    def show_model(*values: Any) -> dict[Any, Any]:
        what = asked_of(*values)
        what = replace(what, text=examples.fitting(what.text, services.info(what.model)))
        try:
            return {**filled(what), **searched(what)}
        except ValueError as error:  # the menu stands at this model all the same
            return {**filled(what), place: message(explain(error))}

    @report
    def open_view(before: bool, page: gr.Request) -> dict[Any, Any]:
        """At the first look: what the address asks for, or an example."""
        if before:
            return {}
        query = dict(page.query_params)
        if query.get("tab") != address.BEAM:
            return searched(opening)
        what, step, problems = read(query, services)
        try:
            tree = grow(services, what)
        except Exception as error:  # whatever it is, something must be drawn
            problems += [explain(error), "Here is an example instead."]
            what, step = opening, None
            tree = grow(services, what)
        if step is not None and step > tree.steps:
            problems.append(f"This search has {tree.steps} steps, so step {step} is not there; this is the last.")
            step = None
        value = drawn(services, what, tree, step)
        return {**filled(what), place: message(" ".join(problems)), shown: value, seen: True}

    numbers = [control.release if isinstance(control, gr.Slider) else control.input for control in settings.values()]
    gr.on([asking.text.submit, asking.go.click, *numbers], show, asked, everything, **decodes)
    asking.example.input(show_example, [asking.example, *asked], everything, **decodes)
    asking.model.input(show_model, asked, everything, **decodes)
    tab.select(open_view, [seen], everything, **decodes)


def grow(services: Services, asked: Asked) -> BeamTree:
    """Raises ValueError, fit to be shown, for text that the model cannot read."""
    return services.translator(asked.model).beam_tree(asked.text, asked.beam)


def drawn(services: Services, asked: Asked, tree: BeamTree, step: int | None = None) -> str:
    """The page's value, opened at `step`, or at the last."""
    info = services.info(asked.model)
    return view.payload(
        tree,
        services.translate(asked.model, asked.text),
        model={"title": info.title, "trained_on": info.trained_on},
        link=items(asked),
        stage=address.items(Request(asked.text, asked.model, asked.beam)),
        start=tree.steps if step is None else step,
        serial=next(_serial),
    )


def items(asked: Asked) -> list[tuple[str, str]]:
    """The parameters of an address that opens `asked`, without tab and step, which the page adds."""
    numbers = [(name, str(value)) for name, value in search.settings_of(asked.beam).items()]
    return [("text", asked.text), ("model", asked.model), *numbers]


def read(query: Mapping[str, str], services: Services) -> tuple[Asked, int | None, list[str]]:
    """What an address asks for, its step, and one sentence for each parameter that could not be used."""
    reader = address.Reader()
    name = reader.attempt(lambda: services.info(query["model"]).name, services.first) if "model" in query else services.first
    example = _example(services, name)
    numbers = {}
    for setting in search.names_of(Beam.name):
        given = {setting: query[setting]} if setting in query else {}
        beam = reader.attempt(partial(search.strategy, Beam.name, given), Beam())
        numbers[setting] = getattr(beam, setting)
    step = reader.attempt(lambda: address.whole("step", query["step"]), None) if "step" in query else None
    return replace(example, text=query.get("text", example.text), beam=Beam(**numbers)), step, reader.problems


def _example(services: Services, name: str) -> Asked:
    known = examples.of(services.info(name))
    return Asked(known[min(examples.SEARCHED, len(known) - 1)] if known else "", name)
