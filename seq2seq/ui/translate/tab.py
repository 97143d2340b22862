"""The Translate tab: what does it do, step by step?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gradio as gr
from gradio.context import Context

from seq2seq.decoding.strategies import STRATEGIES
from seq2seq.decoding.translator import ModelInfo
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address, examples, fields, search
from seq2seq.ui.kit.address import Request
from seq2seq.ui.kit.message import explain, message, message_line, reported
from seq2seq.ui.translate.stage import stage as make_stage
from seq2seq.ui.translate.visit import Visit, forced, shown, visit

OWN = ""  # the choice among the examples while the sentence is none of them


def build(services: Services) -> None:
    info = services.info(services.first)
    opening = Request(examples.fitting(examples.FIRST, info), services.first)
    first = visit(services, opening)
    seen = gr.State(first)

    with gr.Row(elem_classes="ask"):
        text = fields.line(opening.text, fields.asks(info), "text", scale=6, min_width=320)
        go = gr.Button("Translate", variant="primary", scale=0, min_width=130, elem_id="translate")
        example = gr.Dropdown(
            _offered(info),
            value=_chosen(opening.text, info),
            label="Example",
            filterable=False,
            scale=1,
            min_width=140,
            elem_id="example",
        )
        model = fields.models(services, opening.model, "model", scale=5)
        kind = gr.Dropdown(
            list(STRATEGIES),
            value=opening.search,
            label="Search",
            filterable=False,
            scale=1,
            min_width=120,
            elem_id="search",
        )
    with gr.Row(elem_classes="settings", visible=bool(search.names_of(opening.search))) as row:
        settings = {name: fields.setting(name, visible=name in search.names_of(opening.search)) for name in search.SETTINGS}
    place = message_line()
    stage = make_stage(shown(services, first, origin="page"))

    asked = [text, model, kind, *settings.values()]
    # What an event may change, and no more: Gradio makes each output anew that a handler leaves out.
    answer = [stage, seen, place]
    everything = [*asked, row, example, *answer]
    decodes = fields.decodes(place)
    report = reported(place)

    def opened(now: Visit, **start: Any) -> dict[Any, Any]:
        return {seen: now, stage: shown(services, now, **start)}

    def asked_of(info: ModelInfo, written: str) -> dict[Any, Any]:
        """The sentence and the examples beside it, as they belong to a model."""
        return {
            text: gr.update(value=written, label=fields.asks(info)),
            example: gr.update(choices=_offered(info), value=_chosen(written, info)),
        }

    def request_of(written: str, name: str, chosen: str, *numbers: Any) -> Request:
        return Request(
            written,
            name,
            search.strategy(chosen, dict(zip(settings, numbers, strict=True))),
        )

    @report
    def show_translation(*values: Any) -> dict[Any, Any]:
        request = request_of(*values)
        return {
            example: _chosen(request.text, services.info(request.model)),
            **opened(visit(services, request)),
        }

    @report
    def show_model(*values: Any) -> dict[Any, Any]:
        request = request_of(*values)
        info = services.info(request.model)
        request = replace(request, text=examples.fitting(request.text, info))
        changed = asked_of(info, request.text)
        try:
            return {**changed, **opened(visit(services, request))}
        except ValueError as error:  # the menu stands at this model all the same
            return {**changed, place: message(explain(error))}

    @report
    def show_example(chosen: str, *values: Any) -> dict[Any, Any]:
        if chosen == OWN:
            return {}
        return {
            text: chosen,
            **opened(visit(services, replace(request_of(*values), text=chosen))),
        }

    @report
    def show_settings(chosen: str) -> dict[Any, Any]:
        return _visible(row, settings, chosen)

    @report
    def force_token(now: Visit, event: gr.EventData) -> dict[Any, Any]:
        request = forced(now, event)
        trace = services.translate(request.model, request.text, request.strategy, request.prefix)
        fork = Visit(request, trace, now.original or now.trace)
        return opened(fork, step=len(request.prefix))

    @report
    def restore(now: Visit) -> dict[Any, Any]:
        if now.original is None:
            return {}
        step = next(
            (i for i, (a, b) in enumerate(zip(now.original.steps, now.trace.steps, strict=False)) if a.token != b.token),
            0,
        )
        return opened(
            Visit(replace(now.request, prefix=()), now.original),
            step=step + 1,
            play=False,
        )

    @report
    def open_link(page: gr.Request) -> dict[Any, Any]:
        try:
            tab = address.tab_of(dict(page.query_params))
        except ValueError as error:
            return {place: message(explain(error))}
        query = {
            name: value for name, value in dict(page.query_params).items() if name in address.PARAMETERS[address.TRANSLATE]
        }
        if not query or tab != address.TRANSLATE:
            return {}
        request, step, problems = address.read(query, opening, services)
        try:
            now = visit(services, request)
        except Exception as error:  # whatever it is, something must be drawn: the page waits for this answer
            problems.append(explain(error))
            request, step = replace(request, prefix=()), 0
            try:
                now = visit(services, request)
            except Exception:
                request, now = opening, first
                problems.append("Here is an example instead.")
        if step > len(now.trace.steps):
            problems.append(
                f"This translation has {len(now.trace.steps)} steps, so step {step} is not there; this is the last."
            )
        values = search.settings_of(request.strategy)
        return {
            **_visible(row, settings, request.search, values),
            **asked_of(services.info(request.model), request.text),
            model: fields.chosen_model(services, request.model),
            kind: request.search,
            place: message(" ".join(problems)),
            **opened(now, step=min(step, len(now.trace.steps)), play=False),
        }

    busy = {"js": f"(...values) => {{ document.body.classList.add('busy'); return values.slice(0, {len(asked)}); }}"}
    gr.on([text.submit, go.click], show_translation, asked, [example, *answer], **busy, **decodes)
    gr.on(model.input, show_model, asked, [text, example, *answer], **busy, **decodes)
    numbers = [c.release if isinstance(c, gr.Slider) else c.input for c in settings.values()]
    gr.on(numbers, show_translation, asked, [example, *answer], **decodes)
    example.input(show_example, [example, *asked], [text, *answer], **decodes)
    kind.input(
        show_settings, kind, [row, *settings.values(), place], queue=False, show_progress="hidden", api_visibility="private"
    )
    kind.input(show_translation, asked, [example, *answer], **decodes)
    stage.force_token(force_token, [seen], answer, **decodes)
    stage.restore(restore, [seen], answer, **decodes)
    page = Context.root_block
    assert page is not None  # a tab is built inside the page
    page.load(open_link, None, everything, **decodes)


def _offered(info: ModelInfo) -> list[str | tuple[str, str]]:
    return [("your own", OWN), *examples.of(info)]


def _chosen(text: str, info: ModelInfo) -> str:
    return text if text in examples.of(info) else OWN


def _visible(
    row: gr.Row,
    settings: dict[str, Any],
    chosen: str,
    values: dict[str, float] | None = None,
) -> dict[Any, Any]:
    """Show the settings that the search `chosen` takes, with `values` where there are any."""
    names = search.names_of(chosen)
    updates: dict[Any, Any] = {row: gr.update(visible=bool(names))}
    for name, control in settings.items():
        updates[control] = gr.update(visible=name in names)
        if values and name in values:
            updates[control]["value"] = values[name]
    return updates
