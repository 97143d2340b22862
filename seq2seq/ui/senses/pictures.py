"""Pictures: a model describes a scene of coloured shapes, which the visitor draws, or a picture that the visitor gives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from seq2seq.data.synthetic import TASKS, scenes
from seq2seq.sources.picture.reader import MAX_BYTES
from seq2seq.sources.picture.scene import Scene
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit.address import STEP, Parameter
from seq2seq.ui.kit.asking import Asking, Event
from seq2seq.ui.kit.component import next_serial
from seq2seq.ui.kit.form import fields
from seq2seq.ui.kit.form.fields import Form
from seq2seq.ui.kit.view import Slot, View
from seq2seq.ui.senses import light
from seq2seq.views.senses import pictures as view

KIND = "picture"
OURS = 60  # test scenes that the button shows, one after the other
FIRST = "light; large blue square 16 16; small red star 46 14; large green circle 44 44"
UNREADABLE = "That picture could not be read. Please try again."


@dataclass(frozen=True)
class PictureRequest:
    """A scene, or the bytes of a visitor's own picture, which no address names."""

    scene: str
    model: str
    own: bytes = b""
    light: str = light.ATTENTION
    shown: int = -1  # index of our scene that was shown last


class Pictures(Asking[PictureRequest, PictureRequest]):
    button = "New scene"
    prefix = "pictures"
    redraws_after_fault = True  # so that every event has an answer
    parameters = (
        Parameter("scene", lambda text, _: str(Scene.parse(text))),
        Parameter("sees", lambda text, services: services.reader(text, KIND).name),
        light.LIGHT,
        STEP,
    )

    def example(self, model: str, text: str | None = None) -> PictureRequest:
        known = self.services.readers(KIND)
        return PictureRequest(FIRST, model if model in known else next(iter(known)))

    def request(self, values: Mapping[str, Any], before: PictureRequest | None) -> PictureRequest:
        last = before or self.example("")
        shown = (last.shown + 1) % OURS
        return replace(last, scene=TASKS["scenes"].first(OURS)[shown].source, model=values["model"], own=b"", shown=shown)

    def complete(self, values: Mapping[str, Any]) -> PictureRequest:
        example = self.example(values.get("sees", ""))
        return replace(example, scene=values.get("scene", example.scene), light=values.get("light", example.light))

    def values(self, request: PictureRequest) -> dict[str, Any]:
        return {
            "scene": None if request.own else request.scene,
            "sees": request.model,
            "light": light.in_address(request.light),
        }

    def form(self, request: PictureRequest) -> Form:
        known = self.services.readers(KIND)
        with gr.Row(elem_classes="ask"):
            labels = [(_sees(self.services, name), name) for name in known]
            model = gr.Radio(labels, value=request.model, label="How far can a place see?", scale=3, elem_id="pictures-model")
            go = gr.Button(self.button, variant="primary", scale=0, min_width=120, elem_id="pictures-go")
        return Form({"model": model}, go)

    def fill(self, request: PictureRequest) -> dict[str, Any]:
        return {"model": request.model}

    def with_model(self, values: Mapping[str, Any], before: PictureRequest | None) -> tuple[PictureRequest, dict[str, Any]]:
        return replace(before or self.example(""), model=values["model"]), {"step": None}

    def start(self, answer: PictureRequest, values: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
        return {"step": values["step"], "play": False} if "step" in values else {}

    def show(self, answer: PictureRequest, **start: Any) -> str:
        return payload(self.services, answer, **start)

    def events(self) -> dict[str, Event[PictureRequest]]:
        return {
            "scene": lambda answer, event: (_drawn(answer, event), {}),
            "own": lambda answer, event: (_own(answer, event), {}),
            "light": lambda answer, event: (replace(answer, light=light.chosen(event)), light.STAY),
        }


def build(slot: Slot) -> None:
    command = "python -m seq2seq train --task scenes --out checkpoints/scenes"
    Pictures.open_with(slot, slot.services.readers(KIND), "model of pictures", command)


VIEW = View(
    name="pictures",
    title="Pictures",
    tab="senses",
    part="senses/pictures/pictures",
    element="pictures",
    build=build,
    parameters=Pictures.parameters,
    styles=("senses/words", "senses/pictures/pictures"),
    controls={
        "steps": (".pictures-player .transport", ".pictures-words"),
        "example": ("#pictures-go",),
        "tools": (".pictures-tools", ".pictures-view .sense-light"),
    },
    model_parameter="sees",
    reads=(KIND,),
)


def _sees(services: Services, name: str) -> str:
    config = services.reader(name, KIND).model.config
    return f"{config.place_sees} px"


def _drawn(request: PictureRequest, event: gr.EventData) -> PictureRequest:
    text = fields.from_event(event, "scene")
    if not isinstance(text, str) or len(text) > 400:
        raise ValueError(UNREADABLE)
    return replace(request, scene=str(Scene.parse(text)), own=b"")


def _own(request: PictureRequest, event: gr.EventData) -> PictureRequest:
    """Return the request for a picture that the visitor gave as a data URL. It is kept only in this page's state."""
    return replace(request, own=fields.file_of(event, MAX_BYTES, "a picture"))


def payload(services: Services, request: PictureRequest, step: int | None = 0, play: bool = True, **_: Any) -> str:
    """Return the component's value. Raises ValueError with a message for the user if the request is impossible."""
    translator = services.reader(request.model, KIND)
    given = request.own or request.scene
    trace = translator.translate(given)
    scene = None if request.own else Scene.parse(request.scene)
    described = scenes.describe(scene) if scene else None
    unseen = [shape.name for shape in scene.shapes if (shape.colour, shape.shape) in scenes.UNSEEN] if scene else []
    return json.dumps(
        {
            **view.view(trace, scene, light.deletion(request.light, translator, trace, given)),
            "text": trace.text,
            "light": request.light,
            "right": described.target if described else None,
            "touch": scene is not None and scenes.touching(scene),
            "unseen": unseen,
            "palette": view.PALETTE,
            "model": {
                "name": translator.name,
                "title": translator.info.title,
                "architecture": translator.info.architecture,
                "trained_on": translator.info.trained_on,
                "sees": translator.model.config.place_sees,
            },
            "link": Pictures(services).link(request),
            "start": {"step": step, "play": play and step is not None},
            "serial": next_serial(),
        },
        ensure_ascii=False,
        allow_nan=False,
    )
