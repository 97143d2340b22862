"""Beam tree: the whole beam search for one sentence, and how it differs from greedy decoding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import gradio as gr

from seq2seq.decoding.beam_tree import BeamTree
from seq2seq.decoding.strategies import Beam
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import examples
from seq2seq.ui.kit.address import MODEL, SETTINGS, STEP, TEXT
from seq2seq.ui.kit.asking import Asking
from seq2seq.ui.kit.component import next_serial
from seq2seq.ui.kit.form import fields, search
from seq2seq.ui.kit.form.fields import Form
from seq2seq.ui.kit.view import View
from seq2seq.ui.translate.visit import TranslateRequest, link_to
from seq2seq.views.attention import beam_tree as view


@dataclass(frozen=True)
class BeamRequest:
    """Everything that decides the answer, except the step."""

    text: str
    model: str
    beam: Beam = field(default_factory=Beam)


class BeamSearch(Asking[BeamRequest, BeamRequest]):
    button = "Search"
    prefix = "beam"
    parameters = (TEXT, MODEL, *(SETTINGS[name] for name in search.names_of(Beam.name)), STEP)

    def example(self, model: str, text: str | None = None) -> BeamRequest:
        sentences = examples.of(self.services.info(model))
        example = sentences[min(examples.SEARCHED, len(sentences) - 1)] if sentences else ""
        return BeamRequest(example if text is None else text, model)

    def request(self, values: Mapping[str, Any], before: BeamRequest | None) -> BeamRequest:
        return BeamRequest(values["text"], values["model"], search.strategy(Beam.name, values))

    def complete(self, values: Mapping[str, Any]) -> BeamRequest:
        example = self.example(values.get("model", self.services.first), values.get("text"))
        return replace(example, beam=search.strategy(Beam.name, values))

    def values(self, request: BeamRequest) -> dict[str, Any]:
        return {"text": request.text, "model": request.model, **search.settings_of(request.beam)}

    def start(self, answer: BeamRequest, values: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
        step = values.get("step")
        if step is not None and step > (steps := grow(self.services, answer).steps):
            problems.append(f"This search has {steps} steps, so there is no step {step}; this is the last step.")
            step = None
        return {"step": step}

    def show(self, answer: BeamRequest, **start: Any) -> str:
        return payload(self.services, answer, grow(self.services, answer), start.get("step"))

    def form(self, request: BeamRequest) -> Form:
        row = super().form(request)
        with gr.Row(elem_classes="settings"):
            settings = {name: fields.setting(name, "beam-") for name in search.names_of(Beam.name)}
        return replace(row, inputs={**row.inputs, **settings})

    def fill(self, request: BeamRequest) -> dict[str, Any]:
        return {**super().fill(request), **search.settings_of(request.beam)}


VIEW = View(
    name="beam",
    title="Beam tree",
    tab="attention",
    part="attention/beam-tree/beam",
    element="beam",
    build=BeamSearch.open,
    parameters=BeamSearch.parameters,
    styles=("attention/beam-tree/beam",),
    controls={"search": ("#view-beam .settings",)},
)


def grow(services: Services, request: BeamRequest) -> BeamTree:
    """Run the search. Raises ValueError with a message for the user if the model cannot read the text."""
    return services.translator(request.model).beam_tree(request.text, request.beam)


def payload(services: Services, request: BeamRequest, tree: BeamTree, step: int | None = None) -> str:
    """Return the component's value, opened at `step` or at the last step."""
    info = services.info(request.model)
    return view.payload(
        tree,
        services.translate(request.model, request.text),
        model={"title": info.title, "trained_on": info.trained_on},
        link=BeamSearch(services).link(request),
        stage=link_to(TranslateRequest(request.text, request.model, request.beam)),
        start=tree.steps if step is None else step,
        serial=next_serial(),
    )
