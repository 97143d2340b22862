"""Edit it: set the attention weights of one step by hand, and see how the output changes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address, examples
from seq2seq.ui.kit.address import MODEL, STEP, TEXT
from seq2seq.ui.kit.asking import Asking, Event
from seq2seq.ui.kit.component import next_serial
from seq2seq.ui.kit.form import fields
from seq2seq.ui.kit.view import View
from seq2seq.views.attention import edit as view

PER_MILLE = 1000  # in an address, weights are whole numbers per mille
MOST_WEIGHTS = 200  # more than any sentence has
WEIGHTS = address.numbers("weights", MOST_WEIGHTS, "no sentence has so many pieces")


@dataclass(frozen=True)
class EditRequest:
    """`step` is counted from 1. Without `weights`, nothing is edited yet."""

    text: str
    model: str
    step: int = 1
    weights: tuple[int, ...] = ()  # per mille, one for each source position


class Edit(Asking[EditRequest, EditRequest]):
    button = "Translate"
    prefix = "edit"
    parameters = (TEXT, MODEL, STEP, WEIGHTS)

    def example(self, model: str, text: str | None = None) -> EditRequest:
        return EditRequest(examples.first(self.services.info(model)) if text is None else text, model)

    def first_sight(self, model: str) -> EditRequest:
        """Open with an edit that is likely to change the translation, so that the page shows what an edit does."""
        request = self.example(model)
        trace = self.services.translate(model, request.text)
        return replace(request, **view.striking_edit(trace, PER_MILLE)) if trace.steps[0].attention else request

    def request(self, values: Mapping[str, Any], before: EditRequest | None) -> EditRequest:
        return EditRequest(**values)

    def complete(self, values: Mapping[str, Any]) -> EditRequest:
        example = self.example(values.get("model", self.services.first), values.get("text"))
        return replace(
            example, step=values.get("step", 1) or 1, weights=values.get("weights", ())
        )  # step 0 is the state before step 1

    def values(self, request: EditRequest) -> dict[str, Any]:
        return {**vars(request), "weights": request.weights or None}

    def attempts(self, request: EditRequest) -> list[EditRequest]:
        return [request, replace(request, weights=()), replace(request, step=1, weights=())]

    def show(self, answer: EditRequest, **start: Any) -> str:
        return payload(self.services, answer)

    def events(self) -> dict[str, Event[EditRequest]]:
        return {"edit": lambda answer, event: (_chosen(answer, event), {})}


VIEW = View(
    name="edit",
    title="Edit it",
    tab="attention",
    part="attention/edit",
    element="edit",
    build=Edit.open,
    parameters=Edit.parameters,
    controls={"candidates": (".edit .candidates-beside",)},
)


def _chosen(request: EditRequest, event: gr.EventData) -> EditRequest:
    step, weights = fields.from_event(event, "step"), fields.from_event(event, "weights")
    if type(step) is not int or not isinstance(weights, list) or len(weights) > MOST_WEIGHTS:
        raise ValueError("That choice could not be read. Please choose again.")
    if not all(type(weight) in (int, float) and math.isfinite(weight) and 0 <= weight <= 1 for weight in weights):
        raise ValueError("Weights are numbers from 0 to 1. Please choose again.")
    return replace(request, step=step, weights=tuple(round(PER_MILLE * weight) for weight in weights))


def payload(services: Services, request: EditRequest) -> str:
    """Return the component's value. Raises ValueError with a message for the user if the request is impossible."""
    translator = services.translator(request.model)
    before = services.translate(request.model, request.text)
    if before.steps[0].attention is None:
        raise ValueError(f"“{translator.info.title}” has no attention that could be edited. Choose a model with attention.")
    if not 1 <= request.step <= len(before.steps):
        raise ValueError(f"There is no step {request.step}: this translation has {len(before.steps)}.")
    after = translator.translate(request.text, edits={request.step - 1: request.weights}) if request.weights else None
    info = services.info(request.model)
    return json.dumps(
        {
            "before": view.side(before),
            "after": view.side(after) if after else None,
            "shared": view.common_prefix(before, after) if after else None,
            "says": view.verdict(before, after, request.step - 1) if after else "",
            "step": request.step,
            "weights": [weight / PER_MILLE for weight in request.weights],
            "averaged": before.reading.averaged,
            "model": {"title": info.title, "trained_on": info.trained_on},
            "link": Edit(services).link(request),
            "serial": next_serial(),
        },
        ensure_ascii=False,
        allow_nan=False,
    )
