"""The Translate tab: a translation, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import gradio as gr

from seq2seq.decoding.strategies import STRATEGIES
from seq2seq.ui.kit import examples
from seq2seq.ui.kit.asking import Asking, Event
from seq2seq.ui.kit.form import fields, search
from seq2seq.ui.kit.form.fields import Form
from seq2seq.ui.kit.view import View
from seq2seq.ui.translate.visit import (
    PARAMETERS,
    TranslateAnswer,
    TranslateRequest,
    compute,
    forced_request,
    payload,
    values_of,
)


class Translate(Asking[TranslateRequest, TranslateAnswer]):
    """The first view. Its first answer is part of the page, so that a translation plays as soon as the page is loaded."""

    button = "Translate"
    prefix = ""
    parameters = PARAMETERS
    opens_with_page = True
    marks_busy = True
    has_notes = True
    walks_history = True
    unlisted: ClassVar[str | None] = ""

    def example(self, model: str, text: str | None = None) -> TranslateRequest:
        return TranslateRequest(examples.fitting(examples.FIRST, self.services.info(model)) if text is None else text, model)

    def request(self, values: Mapping[str, Any], before: TranslateAnswer | None) -> TranslateRequest:
        return TranslateRequest(values["text"], values["model"], _strategy(values["search"], values))

    def complete(self, values: Mapping[str, Any]) -> TranslateRequest:
        request = self.example(values.get("model", self.services.first), values.get("text"))
        strategy = _strategy(values.get("search", request.search), values)
        return replace(request, strategy=strategy, prefix=values.get("prefix", ()))

    def values(self, request: TranslateRequest) -> dict[str, Any]:
        return values_of(request)

    def attempts(self, request: TranslateRequest) -> list[TranslateRequest]:
        return [request, replace(request, prefix=())]

    def start(self, answer: TranslateAnswer, values: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
        step, steps = values.get("step", 0), len(answer.trace.steps)
        if values.get("prefix", ()) != answer.request.prefix:
            step = 0  # the step belonged to a fork that cannot be shown
        if step > steps:
            problems.append(f"This translation has {steps} steps, so there is no step {step}; this is the last step.")
        return {"step": min(step, steps), "play": False}

    def answer(self, request: TranslateRequest) -> TranslateAnswer:
        return compute(self.services, request)

    def request_of(self, answer: TranslateAnswer) -> TranslateRequest:
        return answer.request

    def notes(self, answer: TranslateAnswer) -> Sequence[str]:
        return answer.trace.notes

    def show(self, answer: TranslateAnswer, **start: Any) -> str:
        return payload(self.services, answer, **start)

    def form(self, request: TranslateRequest) -> Form:
        services, info = self.services, self.services.info(request.model)
        with gr.Row(elem_classes="ask"):
            text = fields.line(request.text, fields.sentence_label(info), "text", scale=6, min_width=320)
            go = gr.Button(self.button, variant="primary", scale=0, min_width=130, elem_id="translate")
            fields.fold("fold")
            example = fields.example_menu(info, request.text, "example", self.unlisted)
            model = fields.models(services, request.model, "model", scale=5)
            kind = gr.Dropdown(
                list(STRATEGIES),
                value=request.search,
                label="Search",
                filterable=False,
                scale=1,
                min_width=120,
                elem_id="search",
                elem_classes=fields.FOLDED,
            )
        names = search.names_of(request.search)
        with gr.Row(elem_classes="settings", visible=bool(names)) as row:
            settings = {name: fields.setting(name, visible=name in (*names, search.NO_REPEAT)) for name in search.SETTINGS}

        def show_settings(chosen: str) -> dict[Any, Any]:
            updates = _settings_of(chosen) if chosen in STRATEGIES else {"row": gr.skip()}
            parts = {"row": row, **settings}
            return {parts[name]: update for name, update in updates.items()}

        quiet: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
        kind.input(show_settings, kind, [row, *settings.values()], **quiet)
        return Form({"text": text, "model": model, "search": kind, **settings}, go, example, {"row": row})

    def fill(self, request: TranslateRequest) -> dict[str, Any]:
        values = {**search.settings_of(request.strategy), search.NO_REPEAT: request.strategy.no_repeat}
        settings = _settings_of(request.search, values)
        return {**super().fill(request), "search": request.search, **settings}

    def events(self) -> dict[str, Event[TranslateAnswer]]:
        """Return `force_token` {trace_id, step, token}, which forks, and `restore`, which goes back to the original."""

        def force_token(answer: TranslateAnswer, event: gr.EventData) -> tuple[TranslateAnswer, dict[str, Any]]:
            request = forced_request(answer, event)
            trace = self.services.translate(request.model, request.text, request.strategy, request.prefix)
            return TranslateAnswer(request, trace, answer.original or answer.trace), {"step": len(request.prefix)}

        def restore(answer: TranslateAnswer, event: gr.EventData) -> tuple[TranslateAnswer, dict[str, Any]] | None:
            if answer.original is None:
                return None
            steps = zip(answer.original.steps, answer.trace.steps, strict=False)
            step = next((i for i, (a, b) in enumerate(steps) if a.token != b.token), 0)
            return TranslateAnswer(replace(answer.request, prefix=()), answer.original), {"step": step + 1, "play": False}

        return {"force_token": force_token, "restore": restore}


VIEW = View(
    name="translate",
    title="Translate",
    tab="translate",
    part="stage/player",
    element="stage",
    build=Translate.open,
    parameters=Translate.parameters,
    styles=("stage/player",),
    controls={
        "candidates": (".player .choice", ".player .compare"),
        "search": ("#search", "#tab-translate .settings"),
        "steps": (".transport",),
    },
    model_parameter="model",
)


def _strategy(kind: str, values: Mapping[str, Any]) -> Any:
    """Return the strategy `kind`. Greedy has no settings here: a row for `no_repeat` alone would push the picture down."""
    return search.strategy(kind, values if search.names_of(kind) else {})


def _settings_of(kind: str, values: Mapping[str, float] | None = None) -> dict[str, Any]:
    """Return the updates that show the settings of the search `kind`, with their `values` if given."""
    names = search.names_of(kind)
    updates: dict[str, Any] = {"row": gr.update(visible=bool(names))}
    for name in search.SETTINGS:
        value: dict[str, Any] = {"value": values[name]} if values and name in values else {}
        updates[name] = gr.update(visible=name in (*names, search.NO_REPEAT), **value)
    return updates
