"""Stories: a small story is summed up in one sentence, and each sentence of the story shows how much it was looked at."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import gradio as gr

from seq2seq.data.synthetic import TASKS
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit.address import STEP, TEXT
from seq2seq.ui.kit.asking import Asking, Event
from seq2seq.ui.kit.component import next_serial
from seq2seq.ui.kit.form import fields
from seq2seq.ui.kit.form.fields import Form
from seq2seq.ui.kit.view import Slot, View
from seq2seq.views.senses import stories as view

TASK = "stories"
OURS = 100  # test stories that the button shows, one after the other
FIRST = 99  # index of the one that the view opens with: three amounts of three kinds, two other people, idle sentences


@dataclass(frozen=True)
class StoryRequest:
    text: str
    model: str
    shown: int = FIRST  # index of our story that was shown last


class Stories(Asking[StoryRequest, StoryRequest]):
    button = "Sum up"
    prefix = "story"
    parameters = (TEXT, STEP)
    has_notes = True
    events_change_form = True

    def example(self, model: str, text: str | None = None) -> StoryRequest:
        return StoryRequest(list(ours())[FIRST] if text is None else text, next(iter(models(self.services))))

    def request(self, values: Mapping[str, Any], before: StoryRequest | None) -> StoryRequest:
        return StoryRequest(" ".join(values["text"].split()), values["model"], before.shown if before else FIRST)

    def complete(self, values: Mapping[str, Any]) -> StoryRequest:
        return self.example("", values.get("text"))

    def form(self, request: StoryRequest) -> Form:
        offered = models(self.services)
        with gr.Row(elem_classes="ask"):
            label = "Story: change a number, a name, or leave out a sentence"
            text = gr.Textbox(request.text, label=label, lines=2, max_lines=3, scale=6, min_width=300, elem_id="story-text")
            go = gr.Button(self.button, variant="primary", scale=0, min_width=120, elem_id="story-go")
            choice = fields.models(self.services, request.model, "story-model", scale=2, infos=offered)
        return Form({"text": text, "model": choice}, go)

    def fill(self, request: StoryRequest) -> dict[str, Any]:
        return {"text": request.text, "model": request.model}

    def with_model(self, values: Mapping[str, Any], before: StoryRequest | None) -> tuple[StoryRequest, dict[str, Any]]:
        return self.request(values, before), {}

    def start(self, answer: StoryRequest, values: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
        return {"step": values["step"], "play": False} if "step" in values else {}

    def notes(self, answer: StoryRequest) -> Sequence[str]:
        return self.services.translate(answer.model, answer.text).notes

    def show(self, answer: StoryRequest, **start: Any) -> str:
        return payload(self.services, answer, **start)

    def events(self) -> dict[str, Event[StoryRequest]]:
        return {"another": lambda answer, _: (another(answer), {})}


def build(slot: Slot) -> None:
    command = f"python -m seq2seq train --task {TASK} --out checkpoints/{TASK}"
    Stories.open_with(slot, models(slot.services), "model of stories", command)


VIEW = View(
    name="senses",
    title="Stories",
    tab="senses",
    part="senses/stories",
    element="stories",
    build=build,
    parameters=Stories.parameters,
    styles=("senses/words", "senses/stories"),
    controls={"steps": (".story-player .transport", ".story-summary"), "example": (".story-another",)},
)


def models(services: Services) -> dict[str, Any]:
    """Return the infos of the models that sum up stories and have attention, by name."""
    return {name: info for name, info in services.infos.items() if info.subject == TASK and info.has_attention}


@cache
def ours() -> dict[str, str]:
    """Return stories of the task's test examples with their true summaries; none is in the training data."""
    return {example.source: example.target for example in TASKS[TASK].first(OURS)}


def another(request: StoryRequest) -> StoryRequest:
    """Return the request for the next of our stories."""
    index = (request.shown + 1) % OURS
    return replace(request, text=list(ours())[index], shown=index)


def payload(services: Services, request: StoryRequest, step: int | None = 0, play: bool = True, **_: Any) -> str:
    """Return the component's value. Raises ValueError with a message for the user if the request is impossible."""
    trace = services.translate(request.model, request.text)
    info = services.info(request.model)
    return json.dumps(
        {
            **view.view(trace),
            "summary": trace.text,
            "right": ours().get(request.text),  # known only for our own stories
            "model": {"title": info.title, "architecture": info.architecture, "trained_on": info.trained_on},
            "link": Stories(services).link(request),
            "start": {"step": step, "play": play},
            "serial": next_serial(),
        },
        ensure_ascii=False,
        allow_nan=False,
    )
