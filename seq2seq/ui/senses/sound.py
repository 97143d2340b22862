"""Sound: a model writes the digits that a voice says; the voice is a recorded example, a file, or the visitor's own."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from seq2seq.data.synthetic import spoken
from seq2seq.decoding.strategies import Greedy
from seq2seq.sources.sound import voices
from seq2seq.sources.sound.reader import MAX_BYTES, samples, wav
from seq2seq.sources.sound.utterance import Utterance
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit.address import STEP, Parameter, number
from seq2seq.ui.kit.asking import Asking, Event
from seq2seq.ui.kit.component import next_serial
from seq2seq.ui.kit.form import fields
from seq2seq.ui.kit.form.fields import Form
from seq2seq.ui.kit.view import Slot, View
from seq2seq.ui.senses import light
from seq2seq.views.senses import sound as view

KIND = "sound"
COUNTS = (4, 7, 10)  # digits of an example; training had at most 6
FIRST = "amy; pause 150; three 0; pause 250; eight 1; pause 180; five 0; pause 300; two 1; pause 200"
WINDOW = (8, 24)  # positions: 0.4 s back and 1.2 s ahead
COMPARES = {"location": "content and location", "additive": "content alone"}
UNREADABLE = "That sound could not be read. Please try again."


@dataclass(frozen=True)
class SoundRequest:
    """An utterance of our voices, or the bytes of a visitor's own sound, which no address names."""

    say: str
    model: str
    window: bool = False
    own: bytes = b""
    light: str = light.ATTENTION
    drawn: int = 0  # examples drawn so far

    @property
    def utterance(self) -> Utterance:
        return Utterance.parse(self.say)


class Sound(Asking[SoundRequest, SoundRequest]):
    button = "Other digits"
    prefix = "sound"
    redraws_after_fault = True  # so that every event has an answer
    events_change_form = True
    parameters = (
        Parameter("say", lambda text, _: _said(text)),
        Parameter("memory", lambda text, services: services.reader(text, KIND).name),
        number("window"),
        light.LIGHT,
        STEP,
    )

    def example(self, model: str, text: str | None = None) -> SoundRequest:
        known = self.services.readers(KIND)
        return SoundRequest(FIRST, model if model in known else next(iter(known)))

    def request(self, values: Mapping[str, Any], before: SoundRequest | None) -> SoundRequest:
        """Return the request of the form: the same sound if only the window has changed, else a new example."""
        last = before or self.example("")
        request = replace(last, model=values["model"], window=values["window"])
        if request.window != last.window:
            return request
        voice, count = values["voice"], values["digits"] or COUNTS[0]
        if voice not in voices.ours() or count not in COUNTS:
            raise ValueError(UNREADABLE)
        drawn = last.drawn + 1
        return replace(request, say=str(spoken.example(random.Random(f"{drawn}/{voice}"), voice, count)), own=b"", drawn=drawn)

    def complete(self, values: Mapping[str, Any]) -> SoundRequest:
        example = self.example(values.get("memory", ""))
        return replace(
            example,
            say=values.get("say", example.say),
            window=bool(values.get("window", 0)),
            light=values.get("light", example.light),
        )

    def values(self, request: SoundRequest) -> dict[str, Any]:
        return {
            "say": None if request.own else request.say,
            "memory": request.model,
            "window": 1 if request.window else None,
            "light": light.in_address(request.light),
        }

    def form(self, request: SoundRequest) -> Form:
        known = self.services.readers(KIND)
        with gr.Row(elem_classes="ask"):
            labels = [(_compares(self.services, name), name) for name in known]
            label = "Attention compares"
            model = gr.Radio(labels, value=request.model, label=label, scale=3, min_width=340, elem_id="sound-model")
            go = gr.Button(self.button, variant="primary", scale=0, min_width=130, elem_id="sound-go")
            fields.fold("sound-fold")
            count = _menu(COUNTS, "How many digits?", "sound-digits")
            voice = _menu(tuple(voices.ours()), "Voice", "sound-voice")
            near, near_id = "Look only near the last place", "sound-window"
            window = gr.Checkbox(
                request.window, label=near, scale=1, min_width=230, elem_id=near_id, elem_classes=fields.FOLDED
            )
        return Form({"model": model, "window": window, "digits": count, "voice": voice}, go)

    def fill(self, request: SoundRequest) -> dict[str, Any]:
        utterance = request.utterance
        count = len(utterance.words)
        voice = utterance.voice if utterance.voice in voices.ours() else next(iter(voices.ours()))
        return {
            "model": request.model,
            "window": request.window,
            "digits": count if count in COUNTS and not request.own else None,
            "voice": voice,
        }

    def with_model(self, values: Mapping[str, Any], before: SoundRequest | None) -> tuple[SoundRequest, dict[str, Any]]:
        return replace(before or self.example(""), model=values["model"]), {}

    def start(self, answer: SoundRequest, values: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
        return {"step": values["step"], "play": False} if "step" in values else {}

    def show(self, answer: SoundRequest, **start: Any) -> str:
        return payload(self.services, answer, **start)

    def events(self) -> dict[str, Event[SoundRequest]]:
        return {
            "own": lambda answer, event: (_own(answer, event), {}),
            "light": lambda answer, event: (replace(answer, light=light.chosen(event)), light.STAY),
        }


def build(slot: Slot) -> None:
    command = "python -m seq2seq train --task digits-spoken --out checkpoints/spoken-digits"
    Sound.open_with(slot, slot.services.readers(KIND), "model of sounds", command)


VIEW = View(
    name="sound",
    title="Sound",
    tab="senses",
    part="senses/sound/sound",
    element="sound",
    build=build,
    parameters=Sound.parameters,
    styles=("senses/words", "senses/sound/sound"),
    controls={
        "steps": (".sound-player .transport", ".sound-words"),
        "example": ("#sound-go", "#sound-digits", "#sound-voice"),
        "search": ("#sound-window",),
        "tools": (".sound-tools", ".sound-view .sense-light"),
    },
    model_parameter="memory",
    reads=(KIND,),
)


def _menu(choices: tuple[Any, ...], label: str, elem_id: str) -> gr.Dropdown:
    value, folded = choices[0], fields.FOLDED
    return gr.Dropdown(
        list(choices), value=value, label=label, filterable=False, scale=1, min_width=140, elem_id=elem_id, elem_classes=folded
    )


def _compares(services: Services, name: str) -> str:
    attention = services.reader(name, KIND).model.config.attention
    return COMPARES.get(attention, attention)


def _said(text: str) -> str:
    """Return the line of an utterance by one of our voices. Raises ValueError with one sentence."""
    utterance = Utterance.parse(text)
    if utterance.voice not in voices.ours():
        raise ValueError(f"there is no voice {utterance.voice[:40]!r}; the voices are {', '.join(voices.ours())}")
    return str(utterance)


def _own(request: SoundRequest, event: gr.EventData) -> SoundRequest:
    """Return the request for a sound that the visitor gave as a data URL. It is kept only in this page's state."""
    return replace(request, own=fields.file_of(event, MAX_BYTES, "a sound"))


def payload(services: Services, request: SoundRequest, step: int | None = 0, play: bool = True, **_: Any) -> str:
    """Return the component's value. Raises ValueError with a message for the user if the request is impossible."""
    translator = services.reader(request.model, KIND)
    given = request.own or request.say
    heard = samples(given)
    trace = translator.translate(given, Greedy(window=WINDOW if request.window else None))
    utterance = None if request.own else request.utterance
    spans = zip(utterance.words, utterance.spans, strict=True) if utterance else ()
    spoken = [view.Spoken(word, *span) for word, span in spans] if utterance else None
    return json.dumps(
        {
            **view.view(trace, spoken, light.deletion(request.light, translator, trace, given)),
            "text": trace.text,
            "light": request.light,
            "voice": utterance.voice if utterance else None,
            "audio": "data:audio/wav;base64," + base64.b64encode(wav(heard)).decode(),
            "model": {
                "name": translator.name,
                "title": translator.info.title,
                "architecture": translator.info.architecture,
                "trained_on": translator.info.trained_on,
            },
            "link": Sound(services).link(request),
            "start": {"step": step, "play": play and step is not None},
            "serial": next_serial(),
        },
        ensure_ascii=False,
        allow_nan=False,
    )
