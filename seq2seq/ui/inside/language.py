"""The decoder alone: a language model scores two sentences piece by piece, writes on, and shows what a source is worth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from seq2seq.analysis.inside import language_model as engine
from seq2seq.decoding.strategies import Greedy, Sample
from seq2seq.decoding.translator import Translator
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address, examples
from seq2seq.ui.kit.address import SETTINGS, STEP, TEXT, Parameter
from seq2seq.ui.kit.asking import Asking, Event
from seq2seq.ui.kit.component import next_serial
from seq2seq.ui.kit.form import fields, search
from seq2seq.ui.kit.form.fields import Form
from seq2seq.ui.kit.view import Slot, View
from seq2seq.views.inside import language as view

UNREADABLE = "That choice could not be read. Please choose again."
SEARCHES = ("greedy", "sample")
DRAWN = ("temperature", "top_k", "top_p", "seed")  # settings of sampling
FIRST_STRATEGY = Sample(temperature=0.8, seed=2)


def _read_how(text: str, _: Services) -> str:
    if text not in SEARCHES:
        raise ValueError(f"In this address, “how” should be one of {', '.join(SEARCHES)}, not “{text[:40]}”.")
    return text


@dataclass(frozen=True)
class LanguageRequest:
    """Two sentences to score (the second may be empty), the beginning to write on, and a target with two sources.

    Without a `target`, an example of ours is taken.
    """

    text: str
    second: str
    writer: str  # a language model
    start: str = view.STARTS["English"]
    strategy: Greedy | Sample = FIRST_STRATEGY
    target: str = ""
    source: str = ""
    stranger: str = ""  # somebody else's source


class LanguageView(Asking[LanguageRequest, LanguageRequest]):
    button = "Score"
    prefix = "language"
    events_change_form = True
    undropped = frozenset({"write"})
    redraws_after_fault = True  # so that every event has an answer
    parameters = (
        *(TEXT, address.words("second"), Parameter("writer", lambda text, services: services.language_model(text).name)),
        address.words("start"),
        Parameter("how", _read_how),
        *(SETTINGS[name] for name in DRAWN),
        *(address.words(name) for name in ("target", "source", "stranger")),
        STEP,
    )

    def example(self, model: str, text: str | None = None) -> LanguageRequest:
        writer = model if model in self.services.language_models else next(iter(self.services.language_models))
        pair = _pairs(self.services, writer)[0]
        start = view.start_of(self.services.language_models[writer].target_language)
        return LanguageRequest(*((pair.first, pair.second) if text is None else (text, "")), writer, start)

    def request(self, values: Mapping[str, Any], before: LanguageRequest | None) -> LanguageRequest:
        kept = before or self.example("")
        return replace(kept, text=values["text"], second=values["second"].strip(), writer=values["model"])

    def complete(self, values: Mapping[str, Any]) -> LanguageRequest:
        example = self.example(values.get("writer", ""), values.get("text"))
        given = {name: values[name] for name in ("second", "start", "target", "source", "stranger") if name in values}
        chosen = {name: values[name] for name in DRAWN if name in values}
        strategy: Any = replace(Sample(), **chosen) if chosen else example.strategy
        return replace(example, strategy=Greedy() if values.get("how") == "greedy" else strategy, **given)

    def values(self, request: LanguageRequest) -> dict[str, Any]:
        own = {name: value or None for name, value in vars(request).items() if name not in ("strategy", "start")}
        return {**own, "start": request.start, "how": request.strategy.name, **search.settings_of(request.strategy)}

    def attempts(self, request: LanguageRequest) -> list[LanguageRequest]:
        return [
            request,
            replace(request, target="", source="", stranger=""),
            replace(self.example(request.writer), text=request.text),
        ]

    def start(self, answer: LanguageRequest, values: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
        return {"step": values.get("step", 0), "play": False}

    def form(self, request: LanguageRequest) -> Form:
        offered = self.services.language_models
        with gr.Row(elem_classes="ask"):
            text = fields.line(request.text, "Sentence", "language-text")
            second = fields.line(request.second, "Another sentence (may be empty)", "language-second-text")
            go = gr.Button(self.button, variant="primary", scale=0, min_width=120, elem_id="language-go")
            fields.fold("language-fold")
            model = fields.models(
                self.services, request.writer, "language-model", scale=2, infos=offered, label="Language model"
            )
        return Form({"text": text, "second": second, "model": model}, go)

    def fill(self, request: LanguageRequest) -> dict[str, Any]:
        return {"text": request.text, "second": request.second, "model": request.writer}

    def with_model(self, values: Mapping[str, Any], before: LanguageRequest | None) -> tuple[LanguageRequest, dict[str, Any]]:
        """Keep the sentences of the visitor; those of a pair are replaced by one in the model's language."""
        request = self.request(values, before)
        last = before or self.example("")
        if any(request.text == pair.first for pair in _pairs(self.services, last.writer)) and last.writer != request.writer:
            request = self.example(request.writer)
        start = self.example(request.writer).start if request.start == self.example(last.writer).start else request.start
        return replace(request, start=start, target="", source="", stranger=""), {}

    def show(self, answer: LanguageRequest, **start: Any) -> str:
        return payload(self.services, answer, **start)

    def events(self) -> dict[str, Event[LanguageRequest]]:
        stay = {"step": None, "play": False}
        return {
            "pair": lambda answer, event: (_paired(self.services, answer, event), {}),
            "write": lambda answer, event: (_written(answer, event), {**stay, "writing": True}),
            "source": lambda answer, event: (_sourced(answer, event), stay),
        }


def build(slot: Slot) -> None:
    command = "python -m seq2seq train --architecture language-model"
    LanguageView.open_with(slot, slot.services.language_models, "language model", command)


VIEW = View(
    name="language",
    title="The decoder alone",
    tab="inside",
    part="inside/language/language",
    element="language",
    build=build,
    parameters=LanguageView.parameters,
    styles=("inside/language/language",),
    controls={"example": (".language-pairs",), "tools": (".language-write", ".language-worth")},
)


def _pairs(services: Services, writer: str) -> tuple[view.Pair, ...]:
    return view.pairs_of(services.language_models[writer].target_language)


def _paired(services: Services, request: LanguageRequest, event: gr.EventData) -> LanguageRequest:
    index, pairs = fields.from_event(event, "index"), _pairs(services, request.writer)
    if type(index) is not int or not 0 <= index < len(pairs):
        raise ValueError(UNREADABLE)
    return replace(request, text=pairs[index].first, second=pairs[index].second)


def _written(request: LanguageRequest, event: gr.EventData) -> LanguageRequest:
    start, name = fields.from_event(event, "start"), fields.from_event(event, "search")
    if not isinstance(start, str) or name not in SEARCHES:
        raise ValueError(UNREADABLE)
    values = {setting: fields.from_event(event, setting) for setting in DRAWN}
    strategy = Greedy() if name == "greedy" else search.strategy(name, values)
    return replace(request, start=start, strategy=strategy)


def _sourced(request: LanguageRequest, event: gr.EventData) -> LanguageRequest:
    texts = {name: fields.from_event(event, name) for name in ("target", "source", "stranger")}
    if not all(isinstance(text, str) for text in texts.values()):
        raise ValueError(UNREADABLE)
    return replace(request, **texts)


def translating(services: Services, writer: Translator) -> Translator | None:
    """Return a shared model that translates into the writer's language, in the same pieces; None if there is none."""
    for info in services.infos.values():
        if (info.target_language, info.subject) == (writer.info.target_language, writer.info.subject):
            translator = services.translator(info.name)
            if engine.same_pieces(writer, translator):
                return translator
    return None


def payload(
    services: Services, request: LanguageRequest, step: int | None = 0, play: bool = True, writing: bool = False, **_: Any
) -> str:
    """Return the component's value. Raises ValueError with a message for the user if the request is impossible."""
    writer = services.language_model(request.writer)
    texts = [request.text, *([request.second] if request.second else [])]
    traces = [writer.score(engine.NO_SOURCE, text) for text in texts]
    trace = engine.write_on(writer, request.start, request.strategy)
    given = len(writer.target_ids(request.start)) - 1 if request.start.strip() else 0
    drawn = engine.choices(writer, trace, given, request.strategy)
    return json.dumps(
        {
            "lanes": [view.lane(trace) for trace in traces],
            "shared": view.parting(*traces) if len(traces) == 2 else None,
            "sentences": view.sentences(traces),
            "verdict": view.verdict(traces),
            "pairs": [{"text": pair.first, "about": pair.about} for pair in _pairs(services, request.writer)],
            "written": view.written(trace, drawn, given),
            "start_text": request.start,
            "search": request.strategy.name,
            "settings": search.settings_of(request.strategy),
            "worth": _worth(services, writer, request),
            "model": {
                "name": writer.info.name,
                "title": writer.info.title,
                "architecture": writer.info.architecture,
                "trained_on": writer.info.trained_on,
            },
            "link": LanguageView(services).link(request),
            "start": {"step": step, "play": play and step is not None, "writing": writing},
            "serial": next_serial(),
        },
        ensure_ascii=False,
        allow_nan=False,
    )


def _worth(services: Services, writer: Translator, request: LanguageRequest) -> dict[str, Any] | None:
    """Return the target under three conditions; None if no shared model translates into this language in the same pieces."""
    translator = translating(services, writer)
    if translator is None:
        return None
    sources, targets = (
        examples.of(translator.info),
        [examples.reference(s, translator.info) for s in examples.of(translator.info)],
    )
    target = request.target or targets[0]
    source, stranger = request.source or sources[0], request.stranger or sources[2]
    found = engine.worth(writer, translator, target, source, stranger)
    rows = [
        ("no source, the language model", "", found.alone),
        ("its own source", source, found.with_source),
        ("somebody else's source", stranger, found.with_other),
    ]
    return {
        **view.worth(rows),
        "target": target,
        "source": source,
        "stranger": stranger,
        "translator": {"name": translator.name, "title": translator.info.title},
    }
