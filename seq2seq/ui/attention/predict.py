"""Predict, then reveal: link the words of a sentence and its translation, then compare with the model's attention."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
import numpy as np

from seq2seq.analysis import alignment
from seq2seq.analysis.alignment import Aligned, Links
from seq2seq.sources.words import Words, split
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import examples, gold
from seq2seq.ui.kit.address import MODEL, REFERENCE, TEXT, Parameter
from seq2seq.ui.kit.asking import Asking, Event
from seq2seq.ui.kit.component import next_serial
from seq2seq.ui.kit.form import fields
from seq2seq.ui.kit.form.fields import Form
from seq2seq.ui.kit.view import View
from seq2seq.views.attention import predict as view
from seq2seq.views.pieces import visible

MAX_WORDS = 40  # per side, so that the grid fits on the page
MAX_LINKS = 200  # so that they fit in an address
NO_ATTENTION = (
    "This model has no attention: its decoder gets the source only as one fixed vector, so the page can only reveal {}."
)
_LINK = re.compile(r"([0-9]{1,3})-([0-9]{1,3})", re.ASCII)


def read_links(text: str) -> Links:
    """Read links in the form of an address: 0-0.1-2. Raises ValueError for another form or too many links."""
    parts = [part for part in text.split(".") if part]
    if len(parts) > MAX_LINKS:
        raise ValueError(f"In this address, “links” has {len(parts)} links; at most {MAX_LINKS} are allowed.")
    found = [_LINK.fullmatch(part) for part in parts]
    if not all(found):
        wrong = next(part for part, match in zip(parts, found, strict=True) if not match)
        raise ValueError(f"In this address, “links” should be like 0-0.1-2, and “{wrong[:20]}” is not a link.")
    return frozenset((int(match[1]), int(match[2])) for match in found if match)


def _read_flag(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError(f"In this address, “revealed” should be 0 or 1, not “{text[:20]}”.")
    return text == "1"


LINKS = Parameter("links", lambda text, _: read_links(text), lambda links: ".".join(f"{i}-{j}" for i, j in sorted(links)))
REVEALED = Parameter("revealed", lambda text, _: _read_flag(text), lambda revealed: "1" if revealed else "0")


@dataclass(frozen=True)
class PredictRequest:
    """Everything that decides the answer. An empty `reference` means the model's greedy translation."""

    text: str
    reference: str
    model: str
    links: Links = frozenset()
    revealed: bool = False


@dataclass(frozen=True)
class PredictAnswer:
    """The answer that the server keeps for one visitor."""

    request: PredictRequest
    source: Words
    target: Words
    gold: Aligned | None
    weights: np.ndarray | None  # attention between words; None until it is revealed

    @property
    def id(self) -> str:
        """Return an id of the words and the model, independent of the links."""
        words = (self.request.model, self.source.text, self.target.text)
        return hashlib.sha256("\n".join(words).encode()).hexdigest()[:16]


class Predict(Asking[PredictRequest, PredictAnswer]):
    button = "Start"
    prefix = "predict"
    parameters = (TEXT, MODEL, REFERENCE, LINKS, REVEALED)

    def example(self, model: str, text: str | None = None) -> PredictRequest:
        return PredictRequest(*examples.pair(self.services.info(model), text), model)

    def first_sight(self, model: str) -> PredictRequest:
        """Open with the first half of the target words linked, so that the page shows what to do."""
        request = self.example(model)
        found = gold.find(request.text, request.reference, self.services.info(model))
        if found is None:
            return request
        half = (1 + max(j for _, j in found.sure)) // 2
        return replace(request, links=frozenset((i, j) for i, j in found.sure if j < half))

    def request(self, values: Mapping[str, Any], before: PredictAnswer | None) -> PredictRequest:
        return PredictRequest(**values)

    def complete(self, values: Mapping[str, Any]) -> PredictRequest:
        request = self.example(values.get("model", self.services.first), values.get("text"))
        given = {name: values[name] for name in ("reference", "links", "revealed") if name in values}
        return replace(request, **given)

    def values(self, request: PredictRequest) -> dict[str, Any]:
        return {**vars(request), "links": request.links or None, "revealed": request.revealed or None}

    def attempts(self, request: PredictRequest) -> list[PredictRequest]:
        return [request, replace(request, links=frozenset())]

    def answer(self, request: PredictRequest) -> PredictAnswer:
        return compute(self.services, request)

    def request_of(self, answer: PredictAnswer) -> PredictRequest:
        return answer.request

    def show(self, answer: PredictAnswer, **start: Any) -> str:
        return payload(self.services, answer, start.get("keep", False))

    def form(self, request: PredictRequest) -> Form:
        info = self.services.info(request.model)
        with gr.Row(elem_classes="ask"):
            text = fields.line(request.text, fields.sentence_label(info), "predict-text")
            reference = fields.line(request.reference, "Translation (empty: the model’s translation)", "predict-reference")
            go = gr.Button(self.button, variant="primary", scale=0, min_width=120, elem_id="predict-go")
            fields.fold("predict-fold")
            example = fields.example_menu(info, request.text, "predict-example")
            model = fields.models(self.services, request.model, "predict-model")
        return Form({"text": text, "reference": reference, "model": model}, go, example)

    def fill(self, request: PredictRequest) -> dict[str, Any]:
        return {**super().fill(request), "reference": request.reference}

    def with_example(self, values: Mapping[str, Any], before: PredictAnswer | None) -> PredictRequest:
        return self.example(values["model"], values["text"])

    def with_model(self, values: Mapping[str, Any], before: PredictAnswer | None) -> tuple[PredictRequest, dict[str, Any]]:
        """Keep the links if the words stay the same."""
        name, text, right = (values[key] for key in ("model", "text", "reference"))
        info = self.services.info(name)
        if not (right or "").strip():
            return PredictRequest(examples.fitting(text, info), "", name), {}
        request = PredictRequest(*examples.fitting_pair(text, right, info), name)
        if before is None or (request.text, request.reference) != (before.request.text, before.request.reference):
            return request, {}
        if (
            self.services.info(before.request.model).target_language != info.target_language
        ):  # its words may be split differently
            return request, {}
        return replace(request, links=before.request.links, revealed=before.request.revealed), {"keep": True}

    def events(self) -> dict[str, Event[PredictAnswer]]:
        def reveal(answer: PredictAnswer, event: gr.EventData) -> tuple[PredictAnswer, dict[str, Any]]:
            return self.answer(replace(answer.request, links=chosen_links(answer, event), revealed=True)), {}

        def again(answer: PredictAnswer, event: gr.EventData) -> tuple[PredictAnswer, dict[str, Any]]:
            return self.answer(replace(answer.request, links=frozenset(), revealed=False)), {}

        return {"reveal": reveal, "again": again}


VIEW = View(
    name="predict",
    title="Predict, then reveal",
    tab="attention",
    part="attention/predict",
    element="predict",
    build=Predict.open,
    parameters=Predict.parameters,
    styles=("attention/predict",),
    controls={"reveal": (".predict [data-testid=reveal]",)},
)


def compute(services: Services, request: PredictRequest) -> PredictAnswer:
    """Compute the answer. Raises ValueError with a message for the user if the request is impossible."""
    translator = services.translator(request.model)
    info = translator.info
    translator.source_ids(request.text)  # refuse empty or too long text before translating it
    translation = (
        request.reference if (request.reference or "").strip() else services.translate(request.model, request.text).text
    )
    if not translation.strip():
        raise ValueError(f"the model’s translation is empty: please type a translation in {info.target_language}")
    translator.target_ids(translation)
    source, target = split(request.text, info.source_language), split(translation, info.target_language)
    for name, side in (("sentence", source), ("translation", target)):
        if len(side) > MAX_WORDS:
            raise ValueError(f"the {name} has {len(side)} words and marks; at most {MAX_WORDS} fit here: please shorten it")
    alignment.check(request.links, len(source), len(target))
    weights = None
    if request.revealed and info.has_attention:
        weights = alignment.attention(translator, source, target)
    return PredictAnswer(request, source, target, gold.find(source.text, target.text, info), weights)


def payload(services: Services, answer: PredictAnswer, keep: bool = False) -> str:
    """Return the component's value; with `keep`, the page keeps its links."""
    info, request = services.info(answer.request.model), answer.request
    says = "" if answer.gold else "There is no manual alignment of this pair. "
    if not info.has_attention:
        says += NO_ATTENTION.format("the manual alignment" if answer.gold else "your own links")
    return view.payload(
        answer.source,
        answer.target,
        None if keep and not request.revealed else request.links,
        revealed=_revealed(answer) if request.revealed else None,
        gold=answer.gold,
        hint=says,
        own=not (request.reference or "").strip(),
        written=visible(answer.target.text),
        most=MAX_LINKS,
        model={"title": info.title, "trained_on": info.trained_on},
        link=Predict(services).link(request),
        id=answer.id,
        serial=next_serial(),
    )


def _revealed(answer: PredictAnswer) -> dict[str, Any]:
    links, gold_alignment, words = answer.request.links, answer.gold, len(answer.target)
    candidates = {"you": links, "diagonal": alignment.diagonal(len(answer.source), words)}
    if answer.weights is not None:
        candidates["attention"] = alignment.largest(answer.weights)
    agreeing = {
        name: None if answer.weights is None else alignment.agreeing(found, answer.weights)
        for name, found in candidates.items()
    }
    counts = {name: alignment.score(found, gold_alignment) if gold_alignment else None for name, found in candidates.items()}
    names = {"you": "your links", "attention": "attention", "diagonal": "diagonal"}
    rows = [
        view.score_row(title, len(candidates[name]), agreeing[name], words, counts[name])
        for name, title in names.items()
        if name in candidates
    ]
    weights = None if answer.weights is None else answer.weights.tolist()
    verdict = view.verdict(
        list(answer.source), list(answer.target), links, weights, agreeing["you"], counts["you"], counts.get("attention")
    )
    return {"weights": weights, "columns": view.COLUMNS, "rows": rows, "verdict": verdict}


def chosen_links(answer: PredictAnswer, event: gr.EventData) -> Links:
    """Read the links of the grid. They are untrusted input, so everything is checked."""
    try:
        identity, links = event.id, event.links
    except (AttributeError, TypeError):
        identity, links = None, None
    if identity != answer.id:
        raise ValueError("The picture has changed in the meantime. Please draw again.")
    if not isinstance(links, list) or len(links) > MAX_LINKS:
        raise ValueError("These links could not be read. Please draw again.")
    for pair in links:
        if not (isinstance(pair, list) and len(pair) == 2 and all(type(word) is int for word in pair)):
            raise ValueError("These links could not be read. Please draw again.")
    found = frozenset((i, j) for i, j in links)
    alignment.check(found, len(answer.source), len(answer.target))
    return found
