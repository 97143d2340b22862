"""Sounds of letters: a word is read letter by letter and written sound by sound, on the stage of the tab Translate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from seq2seq.decoding.model_info import ModelInfo
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import examples, fields, menu
from seq2seq.ui.kit.fields import Form
from seq2seq.ui.kit.view import Slot, View
from seq2seq.ui.translate.tab import Translate
from seq2seq.ui.translate.visit import TranslateAnswer, TranslateRequest

KIND = "letters"


class Letters(Translate):
    """The stage with a model of letters. Greedy search, unless an address or a fork asks for another one."""

    button = "Sound it out"
    prefix = "letters"
    opens_with_page = False
    marks_busy = False
    walks_history = False
    unlisted = None

    def example(self, model: str, text: str | None = None) -> TranslateRequest:
        known = models(self.services)
        name = model if model in known else next(iter(known))
        return TranslateRequest(examples.first(known[name]) if text is None else text, name)

    def request(self, values: Mapping[str, Any], before: TranslateAnswer | None) -> TranslateRequest:
        return TranslateRequest(values["text"], values["model"])

    def form(self, request: TranslateRequest) -> Form:
        known = models(self.services)
        info = known[request.model]
        with gr.Row(elem_classes="ask"):
            text = fields.line(request.text, "A word or a name", "letters-text", scale=4)
            go = gr.Button(self.button, variant="primary", scale=0, min_width=130, elem_id="letters-go")
            fields.fold("letters-fold")
            example = fields.example_menu(info, request.text, "letters-example")
            model = gr.Dropdown(
                menu.labels(known),
                value=request.model,
                label="Model",
                filterable=False,
                scale=2,
                min_width=240,
                elem_id="letters-model",
                elem_classes=fields.FOLDED,
            )
        return Form({"text": text, "model": model}, go, example)

    def fill(self, request: TranslateRequest) -> dict[str, Any]:
        return {"text": request.text, "model": request.model}


def models(services: Services) -> dict[str, ModelInfo]:
    """Return the infos of the models that read letters, by name."""
    return {name: info for name, info in services.infos.items() if info.source == KIND}


def build(slot: Slot) -> None:
    """Build the view, or say that no model of letters is installed."""
    if models(slot.services):
        Letters.open(slot)
        return
    command = "python -m seq2seq train --source-kind letters --vocabulary-kind word --no-shared-vocabulary"
    gr.Markdown(f"No model of letters is installed. Train one with `{command}`.")
    slot.board()


VIEW = View(
    name="letters",
    title="Sounds of letters",
    tab="senses",
    part="stage/player",
    element="letters",
    build=build,
    parameters=Letters.parameters,
    styles=("stage/player",),
    controls={"candidates": (".player .choice", ".player .compare"), "steps": (".transport",)},
    opens_models=True,
)
