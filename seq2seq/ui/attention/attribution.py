"""Does it explain? Compare the attention of one step with other explanations of the same prediction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from seq2seq.analysis import attribution as engine
from seq2seq.trace import DecodingTrace
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import examples
from seq2seq.ui.kit.address import MODEL, STEP, TEXT
from seq2seq.ui.kit.asking import Asking, Event
from seq2seq.ui.kit.component import next_serial
from seq2seq.ui.kit.form import fields
from seq2seq.ui.kit.view import View
from seq2seq.views.attention import attribution as view


@dataclass(frozen=True)
class AttributionRequest:
    """`step` is counted from 1; 0 means the step where attention and deletion agree least."""

    text: str
    model: str
    step: int = 0


class Attribution(Asking[AttributionRequest, AttributionRequest]):
    button = "Explain"
    prefix = "attribution"
    parameters = (TEXT, MODEL, STEP)

    def example(self, model: str, text: str | None = None) -> AttributionRequest:
        return AttributionRequest(examples.first(self.services.info(model)) if text is None else text, model)

    def request(self, values: Mapping[str, Any], before: AttributionRequest | None) -> AttributionRequest:
        return AttributionRequest(**values)

    def complete(self, values: Mapping[str, Any]) -> AttributionRequest:
        example = self.example(values.get("model", self.services.first), values.get("text"))
        return replace(example, step=values.get("step", 0))

    def attempts(self, request: AttributionRequest) -> list[AttributionRequest]:
        return [request, replace(request, step=0)]

    def show(self, answer: AttributionRequest, **start: Any) -> str:
        return payload(self.services, answer)

    def events(self) -> dict[str, Event[AttributionRequest]]:
        return {"choose": lambda answer, event: (_chosen(answer, event), {})}


VIEW = View(
    name="attribution",
    title="Does it explain?",
    tab="attention",
    part="attention/attribution",
    element="attribution",
    build=Attribution.open,
    parameters=Attribution.parameters,
    controls={"steps": (".attribution .steps",)},
)


def _chosen(request: AttributionRequest, event: gr.EventData) -> AttributionRequest:
    step = fields.from_event(event, "step")
    if type(step) is not int:
        raise ValueError("That choice could not be read. Please choose again.")
    return replace(request, step=step)


def payload(services: Services, request: AttributionRequest) -> str:
    """Return the component's value. Raises ValueError with a message for the user if the request is impossible."""
    translator = services.translator(request.model)
    trace = services.translate(request.model, request.text)
    words = translator.regions(translator.source_ids(request.text))
    by_step = agreements(trace, words, engine.deletions(translator, trace))
    step = request.step or _least_agreement(by_step) + 1
    attribution = engine.attribute(translator, trace, step - 1)
    table = view.rows(attribution, trace, engine.by_word)
    pairs = view.agreements(table, engine.rank_correlation)
    info = services.info(request.model)
    return json.dumps(
        {
            "source": view.columns(trace),
            "steps": view.steps(trace, by_step),
            "step": step,
            "rows": table,
            "agreements": pairs,
            "says": view.verdict(trace, attribution, table, pairs),
            "piece": view.steps(trace, by_step)[step - 1],
            "accounts": {
                "difference": attribution.log_prob - attribution.log_prob_of_nothing,
                "sum": sum(attribution.integrated),
            },
            "model": {"title": info.title, "trained_on": info.trained_on},
            "link": Attribution(services).link(replace(request, step=step)),
            "serial": next_serial(),
        },
        ensure_ascii=False,
        allow_nan=False,
    )


def agreements(trace: DecodingTrace, words: list[list[int]], deletions: list[list[float]]) -> list[float | None]:
    """Return for each step the rank correlation of attention and deletion over the source words, each a list of positions."""
    return [
        None
        if step.attention is None
        else engine.rank_correlation(engine.by_word(step.attention, words), [abs(change) for change in changes])
        for step, changes in zip(trace.steps, deletions, strict=True)
    ]


def _least_agreement(by_step: list[float | None]) -> int:
    known = [(value, step) for step, value in enumerate(by_step) if value is not None]
    return min(known)[1] if known else 0
