"""How far back: the gradient of one output piece with respect to every earlier piece, in several models."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from seq2seq.analysis.inside.reach import reach
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import examples
from seq2seq.ui.kit.address import MODEL, REFERENCE, STEP, TEXT
from seq2seq.ui.kit.asking import Asking, Event
from seq2seq.ui.kit.component import next_serial
from seq2seq.ui.kit.form import fields
from seq2seq.ui.kit.form.fields import Form
from seq2seq.ui.kit.view import View
from seq2seq.views.inside import reach as view

MOST = 5  # models in the picture


@dataclass(frozen=True)
class ReachRequest:
    """The models are fed the `reference`; without one, the first model's own translation. `step` is counted from 1."""

    text: str
    model: str
    reference: str = ""
    step: int = 0  # 0: the middle of the target


class HowFarBack(Asking[ReachRequest, ReachRequest]):
    button = "Show"
    prefix = "reach"
    parameters = (TEXT, MODEL, REFERENCE, STEP)

    def example(self, model: str, text: str | None = None) -> ReachRequest:
        return ReachRequest(examples.first(self.services.info(model)) if text is None else text, model)

    def first_sight(self, model: str) -> ReachRequest:
        """Open with the models that differ most: RNN, LSTM and GRU without attention, and with it."""
        return self.example(next((name for name in self.services.infos if len(kinds(self.services, name)) >= 4), model))

    def request(self, values: Mapping[str, Any], before: ReachRequest | None) -> ReachRequest:
        return ReachRequest(**values)

    def complete(self, values: Mapping[str, Any]) -> ReachRequest:
        first = self.first_sight(self.services.first).model
        example = self.example(values.get("model", first), values.get("text"))
        return replace(example, reference=values.get("reference", ""), step=values.get("step", 0))

    def values(self, request: ReachRequest) -> dict[str, Any]:
        return {**vars(request), "reference": request.reference or None}

    def attempts(self, request: ReachRequest) -> list[ReachRequest]:
        return [request, replace(request, step=0), replace(request, reference="", step=0)]

    def show(self, answer: ReachRequest, **start: Any) -> str:
        return payload(self.services, answer)

    def events(self) -> dict[str, Event[ReachRequest]]:
        return {"choose": lambda answer, event: (_chosen(answer, event), {})}

    def form(self, request: ReachRequest) -> Form:
        asked = (request.model, request.text, request.reference)
        return fields.pair_row(self.services, *asked, "Translation (empty: the model's own)", self.button, self.prefix)

    def fill(self, request: ReachRequest) -> dict[str, Any]:
        return {**super().fill(request), "reference": request.reference}

    def with_example(self, values: Mapping[str, Any], before: ReachRequest | None) -> ReachRequest:
        return ReachRequest(values["text"], values["model"])

    def with_model(self, values: Mapping[str, Any], before: ReachRequest | None) -> tuple[ReachRequest, dict[str, Any]]:
        return ReachRequest(examples.fitting(values["text"], self.services.info(values["model"])), values["model"]), {}


VIEW = View(
    name="reach",
    title="How far back",
    tab="inside",
    part="inside/reach",
    element="reach",
    build=HowFarBack.open,
    parameters=HowFarBack.parameters,
    styles=("inside/reach",),
    controls={"steps": (".reach .steps",)},
    model_parameter="model",
)


def kinds(services: Services, name: str) -> list[str]:
    """Return `name` and models of the same languages and subject, one for each cell or architecture, with and without
    attention."""
    info = services.info(name)
    found: dict[tuple[str, bool], str] = {}
    for other in [info, *services.infos.values()]:
        if other.family == info.family:
            found.setdefault((other.architecture.split()[0], other.has_attention), other.name)
    return list(found.values())[:MOST]


def _chosen(request: ReachRequest, event: gr.EventData) -> ReachRequest:
    step = fields.from_event(event, "step")
    if type(step) is not int:
        raise ValueError("That choice could not be read. Please choose again.")
    return replace(request, step=step)


def payload(services: Services, request: ReachRequest) -> str:
    """Return the component's value. Raises ValueError with a message for the user if the request is impossible."""
    first = services.translator(request.model)
    reference = request.reference.strip() or services.translate(request.model, request.text).text
    trace = first.score(request.text, reference)
    step = request.step or max(1, len(trace.steps) // 2)
    if not 1 <= step <= len(trace.steps):
        raise ValueError(f"There is no step {step}: this translation has {len(trace.steps)}.")
    source, target = first.source_ids(request.text), first.target_ids(reference)
    names, rows = view.columns(trace, step - 1), []
    for name in kinds(services, request.model):
        translator = services.translator(name)
        if (translator.source_ids(request.text), translator.target_ids(reference)) == (source, target):  # the same pieces
            rows.append(view.row(name, services.info(name).architecture, reach(translator.model, source, target, step - 1)))
    info = services.info(request.model)
    return json.dumps(
        {
            **names,
            "steps": view.steps(trace),
            "step": step,
            "rows": rows,
            "most": view.most(rows),
            "says": view.verdict(rows, names, view.steps(trace)[step - 1]),
            "reference": reference,
            "model": {"name": info.name, "title": info.title, "trained_on": info.trained_on},
            "link": HowFarBack(services).link(replace(request, step=step)),
            "serial": next_serial(),
        },
        ensure_ascii=False,
        allow_nan=False,
    )
