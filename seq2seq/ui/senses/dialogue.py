"""Dialogue: what a small model answers by greedy search, beam, sampling and reranking, and what the question is worth to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from seq2seq.analysis import dialogue as engine
from seq2seq.decoding.strategies import Beam, Greedy, Sample
from seq2seq.models.saved import checkpoint
from seq2seq.runs import reports
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address, examples
from seq2seq.ui.kit.address import TEXT
from seq2seq.ui.kit.asking import Asking, Event
from seq2seq.ui.kit.component import next_serial
from seq2seq.ui.kit.form import fields
from seq2seq.ui.kit.form.fields import Form
from seq2seq.ui.kit.view import Slot, View
from seq2seq.views.senses import dialogue as view

DRAWN = 3  # replies that are sampled
UNREADABLE = "That choice could not be read. Please choose again."


@dataclass(frozen=True)
class DialogueRequest:
    """A turn; how the shown replies are drawn; which of them is asked about, and under which other question."""

    text: str
    model: str
    seed: int = 1
    answer: int = 0  # index among the answers
    other: int = 0  # index in engine.OTHERS


class Dialogue(Asking[DialogueRequest, DialogueRequest]):
    button = "Answer"
    prefix = "dialogue"
    parameters = (TEXT, address.SETTINGS["seed"], address.number("answer"), address.number("swap"))
    events_change_form = True

    def example(self, model: str, text: str | None = None) -> DialogueRequest:
        name = next(iter(models(self.services)))
        return DialogueRequest(examples.first(self.services.info(name)) if text is None else text, name)

    def request(self, values: Mapping[str, Any], before: DialogueRequest | None) -> DialogueRequest:
        return DialogueRequest(values["text"], values["model"], before.seed if before else 1)

    def complete(self, values: Mapping[str, Any]) -> DialogueRequest:
        given: dict[str, Any] = {name: int(values[name]) for name in ("seed", "answer") if name in values}
        return replace(self.example("", values.get("text")), other=values.get("swap", 0), **given)

    def values(self, request: DialogueRequest) -> dict[str, Any]:
        return {**vars(request), "swap": request.other}

    def attempts(self, request: DialogueRequest) -> list[DialogueRequest]:
        return [request, replace(request, answer=0, other=0)]

    def form(self, request: DialogueRequest) -> Form:
        offered = models(self.services)
        with gr.Row(elem_classes="ask"):
            text = fields.line(request.text, "Say something", "dialogue-text", scale=6, min_width=320)
            go = gr.Button(self.button, variant="primary", scale=0, min_width=120, elem_id="dialogue-go")
            choice = fields.models(self.services, request.model, "dialogue-model", scale=2, infos=offered)
        return Form({"text": text, "model": choice}, go)

    def fill(self, request: DialogueRequest) -> dict[str, Any]:
        return {"text": request.text, "model": request.model}

    def with_model(self, values: Mapping[str, Any], before: DialogueRequest | None) -> tuple[DialogueRequest, dict[str, Any]]:
        return self.request(values, before), {}

    def show(self, answer: DialogueRequest, **start: Any) -> str:
        return payload(self.services, answer)

    def events(self) -> dict[str, Event[DialogueRequest]]:
        return {
            "example": lambda answer, event: (_example(self.services, answer, event), {}),
            "draw": lambda answer, _: (replace(answer, seed=answer.seed + DRAWN, answer=0), {}),
            "choose": lambda answer, event: (replace(answer, answer=_whole(event, "answer")), {}),
            "swap": lambda answer, _: (replace(answer, other=(answer.other + 1) % len(engine.OTHERS)), {}),
        }


def build(slot: Slot) -> None:
    command = "python -m seq2seq train --data talks/train.tsv --valid talks/valid.tsv --subject dialogue"
    Dialogue.open_with(slot, models(slot.services), "model of dialogues", command)


VIEW = View(
    name="dialogue",
    title="Dialogue: what it cannot do",
    tab="senses",
    part="senses/dialogue",
    element="dialogue",
    build=build,
    parameters=Dialogue.parameters,
    styles=("senses/dialogue",),
    controls={"example": (".dialogue-examples",), "tools": (".dialogue-tools",)},
)


def models(services: Services) -> dict[str, Any]:
    return {name: info for name, info in services.infos.items() if info.subject == examples.DIALOGUE}


def _whole(event: gr.EventData, name: str) -> int:
    value = fields.from_event(event, name)
    if type(value) is not int or not 0 <= value < 100:
        raise ValueError(UNREADABLE)
    return value


def _example(services: Services, request: DialogueRequest, event: gr.EventData) -> DialogueRequest:
    index, offered = _whole(event, "index"), examples.of(services.info(request.model))
    if index >= len(offered):
        raise ValueError(UNREADABLE)
    return replace(request, text=offered[index], answer=0)


def answers(services: Services, request: DialogueRequest) -> list[dict[str, str]]:
    """Return the answers: how each was found, and its text."""
    searches = [("greedy", Greedy()), ("beam 5", Beam(5))]
    searches += [(f"drawn, seed {request.seed + i}", Sample(top_p=engine.TOP_P, seed=request.seed + i)) for i in range(DRAWN)]
    found = [{"how": how, "text": services.translate(request.model, request.text, strategy).text} for how, strategy in searches]
    best = engine.reranked(services.translator(request.model), request.text)
    return [*found, *({"how": "reranked (MMI)", "text": reply.text} for reply in best[:1])]


def payload(services: Services, request: DialogueRequest) -> str:
    """Return the component's value. Raises ValueError with a message for the user if the request is impossible."""
    translator, info = services.translator(request.model), services.info(request.model)
    found = answers(services, request)
    if request.answer >= len(found) or request.other >= len(engine.OTHERS):
        raise ValueError("In this address, there is no such answer or no such other question.")
    chosen = found[request.answer]["text"]
    swapped = None
    if chosen.strip():
        swapped = view.swap(translator.score(request.text, chosen), translator.score(engine.OTHERS[request.other], chosen))
    report = reports.read_replies(checkpoint.ROOT / request.model) if request.model in services.infos else None
    return json.dumps(
        {
            "opening": f"This model is no assistant. It was trained on {info.trained_on.partition(';')[0].rstrip('.')}.",
            "answers": found,
            "answer": request.answer,
            "swap": swapped,
            "examples": [{"text": text, "shown": text == request.text} for text in examples.of(info)],
            "varieties": view.varieties(report) if report else None,
            "settings": {"lambda": engine.LAMBDA, "gamma": engine.GAMMA, "others": len(engine.OTHERS)}
            | {"beam": engine.BEAM, "samples": engine.SAMPLES, "top_p": engine.TOP_P},
            "model": {"title": info.title, "architecture": info.architecture, "licence": info.licence},
            "link": Dialogue(services).link(request),
            "serial": next_serial(),
        },
        ensure_ascii=False,
        allow_nan=False,
    )
