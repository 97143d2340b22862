"""Side by side: one sentence, and what several models, or heads of one, looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gradio as gr

from seq2seq.ui.attention import panels
from seq2seq.ui.attention.panels import Asked
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address, examples, fields
from seq2seq.ui.kit.component import component
from seq2seq.ui.kit.message import explain, message, message_line, reported


def build(services: Services) -> None:
    tab = fields.tab_in_the_making()
    opening = panels.opening(services, services.first)
    seen = gr.State(None)

    asking = fields.Asking.row(services, services.first, opening.text, "Look", "attention")
    place = message_line()
    board = component("attention/side-by-side", elem_id="attention", address=address.address(address.ATTENTION))
    answer = [board, seen, place]
    everything = [asking.text, asking.example, asking.model, *answer]
    decodes = fields.decodes(place)
    report = reported(place)

    def opened(asked: Asked, step: int | None = 0) -> dict[Any, Any]:
        return {seen: asked, board: panels.payload(services, asked, panels.look(services, asked), step)}

    def filled(asked: Asked) -> dict[Any, Any]:
        return asking.at(services, asked.panels[0].model, asked.text)

    @report
    def show(now: Asked, written: str) -> dict[Any, Any]:
        asked = replace(fields.still(now), text=written)
        info = services.info(asked.panels[0].model)
        return {asking.example: fields.chosen_example(info, written), **opened(asked)}

    @report
    def show_example(now: Asked, written: str) -> dict[Any, Any]:
        return {asking.text: written, **opened(replace(fields.still(now), text=written))}

    @report
    def show_model(now: Asked, written: str, name: str) -> dict[Any, Any]:
        """Another first model: beside it stand models of its own languages."""
        fitting = examples.fitting(written, services.info(name))
        asked = replace(panels.opening(services, name, fitting), unit=fields.still(now).unit)
        try:
            return {**filled(asked), **opened(asked)}
        except ValueError as error:  # the menu stands at this model all the same
            return {**filled(asked), seen: asked, place: message(explain(error))}

    @report
    def choose(now: Asked, event: gr.EventData) -> dict[Any, Any]:
        now = fields.still(now)
        try:
            asked = panels.chosen(now, event, services)
            return {asking.model: fields.chosen_model(services, asked.panels[0].model), **opened(asked, step=None)}
        except ValueError as error:  # the picture's menus go back to what they were
            return {place: message(explain(error)), **opened(now, step=None)}

    @report
    def open_view(now: Asked | None, page: gr.Request) -> dict[Any, Any]:
        """At the first look: what the address asks for, or an example."""
        if now is not None:
            return {}
        query = dict(page.query_params)
        if query.get("tab") != address.ATTENTION:
            return opened(opening)
        asked, step, problems = panels.read(query, services, opening)
        try:
            found = opened(asked, step)
        except Exception as error:  # whatever it is, something must be drawn
            problems.append(explain(error))
            asked = replace(asked, panels=tuple(replace(panel, head=None) for panel in asked.panels))
            try:
                found = opened(asked, step)
            except Exception:
                asked, found = opening, opened(opening)
                problems.append("Here is an example instead.")
        return {**filled(asked), **found, place: message(" ".join(problems))}

    gr.on([asking.text.submit, asking.go.click], show, [seen, asking.text], [asking.example, *answer], **decodes)
    asking.example.input(show_example, [seen, asking.example], [asking.text, *answer], **decodes)
    asking.model.input(show_model, [seen, asking.text, asking.model], everything, **decodes)
    board.choose(choose, [seen], [asking.model, *answer], **decodes)
    tab.select(open_view, [seen], everything, **decodes)
