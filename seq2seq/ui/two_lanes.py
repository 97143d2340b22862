"""Two lanes: one sentence fed the reference and fed its own output, step by step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gradio as gr
from gradio.context import Context

from seq2seq.translator import ModelInfo
from seq2seq.ui import examples, lanes, link, menu
from seq2seq.ui.lanes import Asked, Looked
from seq2seq.ui.message import explain, message, message_line, reported
from seq2seq.ui.services import PARALLEL, Services

START = 3  # the example that opens the view: one in which the lanes part


def build(services: Services) -> None:
    tab = Context.block
    assert isinstance(tab, gr.Tab)  # a view is built inside its own
    info = services.info(services.first)
    opening = _example(services, services.first, None)
    seen = gr.State(None)

    with gr.Row(elem_classes="ask"):
        text = gr.Textbox(opening.text, label=_asks(info), lines=1, max_lines=1, scale=5, min_width=300, elem_id="forcing-text")
        reference = gr.Textbox(
            opening.reference, label=_gives(info), lines=1, max_lines=1, scale=5, min_width=300, elem_id="forcing-reference"
        )
        go = gr.Button("Compare", variant="primary", scale=0, min_width=120, elem_id="compare")
        example = gr.Dropdown(
            list(examples.of(info)),
            value=opening.text,
            label="Example",
            filterable=False,
            scale=1,
            min_width=140,
            elem_id="forcing-example",
        )
        model = gr.Dropdown(
            menu.labels(services.infos),
            value=opening.model,
            label="Model",
            filterable=False,
            scale=4,
            min_width=300,
            elem_id="forcing-model",
        )
    place = message_line()
    player = lanes.player("")

    asked = [text, reference, model]
    everything = [*asked, example, player, seen, place]
    report = reported(place)

    def opened(now: Looked, **start: Any) -> dict[Any, Any]:
        return {seen: now, player: lanes.shown(services, now, **start)}

    def fields(what: Asked) -> dict[Any, Any]:
        info = services.info(what.model)
        known = examples.of(info)
        return {
            text: gr.update(value=what.text, label=_asks(info)),
            reference: gr.update(value=what.reference, label=_gives(info)),
            model: what.model,
            example: gr.update(choices=list(known), value=what.text if what.text in known else None),
        }

    @report
    def show(*values: Any) -> dict[Any, Any]:
        what = Asked(*values)
        known = examples.of(services.info(what.model))
        return {example: what.text if what.text in known else None, **opened(lanes.look(services, what))}

    @report
    def show_example(chosen: str, name: str) -> dict[Any, Any]:
        what = _example(services, name, chosen)
        return {**fields(what), **opened(lanes.look(services, what))}

    def examples_of_its_own(what: Asked) -> Asked:
        """What to show with the model just chosen: what a visitor wrote stays, an example gives way."""
        info = services.info(what.model)
        written = examples.fitting(what.text, info)
        if what.reference and not examples.is_reference(what.reference) and written == what.text:
            return what
        return replace(what, text=written, reference=examples.reference(written, info))

    @report
    def show_model(*values: Any) -> dict[Any, Any]:
        what = examples_of_its_own(Asked(*values))
        try:
            return {**fields(what), **opened(lanes.look(services, what))}
        except ValueError as error:  # the menu stands at this model all the same
            return {**fields(what), place: message(explain(error))}

    def third_lane(now: Looked, what: Asked) -> dict[Any, Any]:
        found = lanes.look(services, what)
        assert found.third is not None
        return opened(replace(found, every=now.every), step=found.third["at"][0])

    @report
    def rescue(now: Looked, event: gr.EventData) -> dict[Any, Any]:
        return third_lane(now, lanes.chosen_rescue(now, event))

    @report
    def inject(now: Looked, event: gr.EventData) -> dict[Any, Any]:
        return third_lane(now, lanes.chosen_wrong_word(now, event))

    @report
    def every_word(now: Looked, event: gr.EventData) -> dict[Any, Any]:
        table = lanes.every_word(services.translator(now.asked.model), now.lanes, lanes.chosen_lane(now, event))
        return opened(replace(now, every=table), step=None, play=False)

    @report
    def clear(now: Looked) -> dict[Any, Any]:
        return opened(replace(now, asked=replace(now.asked, rescue=None, inject=None), third=None), step=None, play=False)

    @report
    def open_view(now: Looked | None, page: gr.Request) -> dict[Any, Any]:
        """At the first look: what the address asks for, or an example."""
        if now is not None:
            return {}
        query = dict(page.query_params)
        if query.get("tab") != link.FORCING:
            return opened(lanes.look(services, opening))
        what, step, problems = lanes.read(
            query, lambda name, written: _example(services, name or services.first, written), services
        )
        try:
            now = lanes.look(services, what)
        except Exception as error:  # whatever it is, something must be drawn
            problems.append(explain(error))
            what = replace(what, rescue=None, inject=None)
            try:
                now = lanes.look(services, what)
            except Exception:
                what, now = opening, lanes.look(services, opening)
                problems.append("Here is an example instead.")
        return {**fields(what), place: message(" ".join(problems)), **opened(now, step=step, play=False)}

    private: dict[str, Any] = {
        "api_visibility": "private",
        "show_progress": "hidden",
        "concurrency_limit": PARALLEL,
        "concurrency_id": "translate",
    }
    gr.on([text.submit, reference.submit, go.click], show, asked, everything, **private)
    example.input(show_example, [example, model], everything, **private)
    model.input(show_model, asked, everything, **private)
    player.rescue(rescue, [seen], everything, **private)
    player.inject(inject, [seen], everything, **private)
    player.every_word(every_word, [seen], everything, **private)
    player.clear(clear, [seen], everything, **private)
    tab.select(open_view, [seen], everything, **private)


def _example(services: Services, name: str, text: str | None) -> Asked:
    """`text`, or else an example, with its reference where there is one, for the model `name`."""
    info = services.info(name)
    known = examples.of(info)
    written = text if text is not None else known[min(START, len(known) - 1)] if known else ""
    return Asked(written, examples.reference(written, info), name)


def _asks(info: ModelInfo) -> str:
    return f"{info.source_language} sentence"


def _gives(info: ModelInfo) -> str:
    return f"Reference, in {info.target_language}"
