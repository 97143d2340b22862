"""Two lanes: one sentence fed the reference and fed its own output, step by step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gradio as gr

from seq2seq.decoding.translator import ModelInfo
from seq2seq.ui.forcing import lanes
from seq2seq.ui.forcing.lanes import Asked, Looked
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address, examples, fields
from seq2seq.ui.kit.message import explain, message, message_line, reported


def build(services: Services) -> None:
    tab = fields.tab_in_the_making()
    info = services.info(services.first)
    opening = _example(services, services.first, None)
    seen = gr.State(None)

    with gr.Row(elem_classes="ask"):
        text = fields.line(opening.text, fields.asks(info), "forcing-text")
        reference = fields.line(opening.reference, _gives(info), "forcing-reference")
        go = gr.Button("Compare", variant="primary", scale=0, min_width=120, elem_id="compare")
        example = fields.example_menu(info, opening.text, "forcing-example")
        model = fields.models(services, opening.model, "forcing-model")
    place = message_line()
    player = lanes.player("")

    asked = [text, reference, model]
    answer = [player, seen, place]
    everything = [*asked, example, *answer]
    decodes = fields.decodes(place)
    report = reported(place)

    def opened(now: Looked, **start: Any) -> dict[Any, Any]:
        return {seen: now, player: lanes.shown(services, now, **start)}

    def filled(what: Asked) -> dict[Any, Any]:
        info = services.info(what.model)
        return {
            text: gr.update(value=what.text, label=fields.asks(info)),
            reference: gr.update(value=what.reference, label=_gives(info)),
            model: fields.chosen_model(services, what.model),
            example: gr.update(choices=list(examples.of(info)), value=fields.chosen_example(info, what.text)),
        }

    @report
    def show(*values: Any) -> dict[Any, Any]:
        what = Asked(*values)
        return {example: fields.chosen_example(services.info(what.model), what.text), **opened(lanes.look(services, what))}

    @report
    def show_example(chosen: str, name: str) -> dict[Any, Any]:
        what = _example(services, name, chosen)
        return {**filled(what), **opened(lanes.look(services, what))}

    @report
    def show_model(*values: Any) -> dict[Any, Any]:
        written, right, name = values
        what = Asked(*examples.fitting_pair(written, right, services.info(name)), name)
        try:
            return {**filled(what), **opened(lanes.look(services, what))}
        except ValueError as error:  # the menu stands at this model all the same
            return {**filled(what), place: message(explain(error))}

    def third_lane(now: Looked, what: Asked) -> dict[Any, Any]:
        found = lanes.look(services, what)
        assert found.third is not None
        return opened(found, step=found.third["at"][0])

    @report
    def rescue(now: Looked, event: gr.EventData) -> dict[Any, Any]:
        return third_lane(now, lanes.chosen_rescue(now, event))

    @report
    def inject(now: Looked, event: gr.EventData) -> dict[Any, Any]:
        return third_lane(now, lanes.chosen_wrong_word(now, event))

    @report
    def every_word(now: Looked, event: gr.EventData) -> dict[Any, Any]:
        return opened(lanes.look(services, lanes.chosen_lane(now, event)), step=None, play=False)

    @report
    def clear(now: Looked) -> dict[Any, Any]:
        now = fields.still(now)
        return opened(replace(now, asked=replace(now.asked, rescue=None, inject=None), third=None), step=None, play=False)

    @report
    def open_view(now: Looked | None, page: gr.Request) -> dict[Any, Any]:
        """At the first look: what the address asks for, or an example."""
        if now is not None:
            return {}
        query = dict(page.query_params)
        if query.get("tab") != address.FORCING:
            return opened(lanes.look(services, opening))
        what, step, problems = lanes.read(
            query, lambda name, written: _example(services, name or services.first, written), services
        )
        try:
            now = lanes.look(services, what)
        except Exception as error:  # whatever it is, something must be drawn
            problems.append(explain(error))
            what = replace(what, rescue=None, inject=None, every=None)
            try:
                now = lanes.look(services, what)
            except Exception:
                what, now = opening, lanes.look(services, opening)
                problems.append("Here is an example instead.")
        return {**filled(what), place: message(" ".join(problems)), **opened(now, step=step, play=False)}

    gr.on([text.submit, reference.submit, go.click], show, asked, [example, *answer], **decodes)
    example.input(show_example, [example, model], everything, **decodes)
    model.input(show_model, asked, everything, **decodes)
    player.rescue(rescue, [seen], answer, **decodes)
    player.inject(inject, [seen], answer, **decodes)
    player.every_word(every_word, [seen], answer, **decodes)
    player.clear(clear, [seen], answer, **decodes)
    tab.select(open_view, [seen], everything, **decodes)


def _example(services: Services, name: str, text: str | None) -> Asked:
    return Asked(*examples.pair(services.info(name), text), name)


def _gives(info: ModelInfo) -> str:
    return f"Reference, in {info.target_language}"
