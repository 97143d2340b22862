"""Sounds of letters: a word is read letter by letter and written in phonemes or katakana, on the stage of the tab Translate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from seq2seq.decoding.model_info import ModelInfo
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import examples
from seq2seq.ui.kit.form import fields
from seq2seq.ui.kit.form.fields import Form
from seq2seq.ui.kit.view import Slot, View
from seq2seq.ui.translate.tab import Translate
from seq2seq.ui.translate.visit import TranslateAnswer, TranslateRequest

KIND = "letters"


class Letters(Translate):
    """The stage with a model of letters. Greedy search, unless an address or a fork asks for another one."""

    button = "Sound out"
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
        label, known = word_label(self.services.info(request.model)), models(self.services)
        return fields.row(self.services, request.model, request.text, self.button, self.prefix, label, known)

    def fill(self, request: TranslateRequest) -> dict[str, Any]:
        label = word_label(self.services.info(request.model))
        return {"text": gr.update(value=request.text, label=label), "model": request.model}


def word_label(info: ModelInfo) -> str:
    """Return the label of the word; it says what the model has learned."""
    return f"{'A name' if info.subject == examples.NAMES else 'A word or a name'} in {info.source_language}"


def models(services: Services) -> dict[str, ModelInfo]:
    """Return the infos of the models that read letters, by name."""
    return {name: info for name, info in services.infos.items() if info.source == KIND}


def build(slot: Slot) -> None:
    command = "python -m seq2seq train --source-kind letters --vocabulary-kind word --no-shared-vocabulary"
    Letters.open_with(slot, models(slot.services), "model of letters", command)


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
    model_parameter="model",
    reads=(KIND,),
)
