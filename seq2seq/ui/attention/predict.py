"""Predict, then reveal: link the words of a sentence and its translation, then see what the model looked at."""

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
from seq2seq.ui.kit import examples, fields, gold
from seq2seq.ui.kit.address import MODEL, REFERENCE, TEXT, Parameter
from seq2seq.ui.kit.asking import Asking, Event
from seq2seq.ui.kit.component import next_serial
from seq2seq.ui.kit.fields import Form
from seq2seq.ui.kit.view import View
from seq2seq.views.attention import predict as view
from seq2seq.views.pieces import visible

MAX_WORDS = 40  # a side: what a grid on a page can show
MAX_LINKS = 200  # what an address can hold
NO_ATTENTION = "This model has no attention: it reads the source through one fixed state, so there is nothing to reveal but {}."
_LINK = re.compile(r"([0-9]{1,3})-([0-9]{1,3})", re.ASCII)


def read_links(text: str) -> Links:
    """Links as an address writes them: 0-0.1-2. Raises ValueError for anything else, and for too many."""
    parts = [part for part in text.split(".") if part]
    if len(parts) > MAX_LINKS:
        raise ValueError(f"In this address, “links” has {len(parts)} links; at most {MAX_LINKS} can be drawn.")
    found = [_LINK.fullmatch(part) for part in parts]
    if not all(found):
        wrong = next(part for part, match in zip(parts, found, strict=True) if not match)
        raise ValueError(f"In this address, “links” should be like 0-0.1-2, and “{wrong[:20]}” is no link.")
    return frozenset((int(match[1]), int(match[2])) for match in found if match)


def _read_flag(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError(f"In this address, “revealed” should be 0 or 1, not “{text[:20]}”.")
    return text == "1"


LINKS = Parameter("links", lambda text, _: read_links(text), lambda links: ".".join(f"{i}-{j}" for i, j in sorted(links)))
REVEALED = Parameter("revealed", lambda text, _: _read_flag(text), lambda revealed: "1" if revealed else "0")


@dataclass(frozen=True)
class PredictRequest:
    """Everything that decides what is shown. An empty `reference` means the model's own greedy translation."""

    text: str
    reference: str
    model: str
    links: Links = frozenset()
    revealed: bool = False


@dataclass(frozen=True)
class Seen:
    """What one visitor is looking at."""

    asked: PredictRequest
    source: Words
    target: Words
    gold: Aligned | None
    weights: np.ndarray | None  # of the attention: only once it is revealed

    @property
    def id(self) -> str:
        """The same for the same words and model, whatever is drawn."""
        words = (self.asked.model, self.source.text, self.target.text)
        return hashlib.sha256("\n".join(words).encode()).hexdigest()[:16]


class Predict(Asking[PredictRequest, Seen]):
    button = "Begin"
    prefix = "predict"
    parameters = (TEXT, MODEL, REFERENCE, LINKS, REVEALED)

    def example(self, model: str, text: str | None = None) -> PredictRequest:
        return PredictRequest(*examples.pair(self.services.info(model), text), model)

    def request(self, values: Mapping[str, Any], before: Seen | None) -> PredictRequest:
        return PredictRequest(**values)

    def complete(self, values: Mapping[str, Any]) -> PredictRequest:
        request = self.example(values.get("model", self.services.first), values.get("text"))
        given = {name: values[name] for name in ("reference", "links", "revealed") if name in values}
        return replace(request, **given)

    def values(self, request: PredictRequest) -> dict[str, Any]:
        return {**vars(request), "links": request.links or None, "revealed": request.revealed or None}

    def attempts(self, request: PredictRequest) -> list[PredictRequest]:
        return [request, replace(request, links=frozenset())]

    def look(self, request: PredictRequest) -> Seen:
        return look(self.services, request)

    def request_of(self, seen: Seen) -> PredictRequest:
        return seen.asked

    def show(self, seen: Seen, **start: Any) -> str:
        return shown(self.services, seen, start.get("keep", False))

    def form(self, request: PredictRequest) -> Form:
        info = self.services.info(request.model)
        with gr.Row(elem_classes="ask"):
            text = fields.line(request.text, fields.asks(info), "predict-text")
            reference = fields.line(request.reference, "Translation (empty: the model’s own)", "predict-reference")
            go = gr.Button(self.button, variant="primary", scale=0, min_width=120, elem_id="predict-go")
            example = fields.example_menu(info, request.text, "predict-example")
            model = fields.models(self.services, request.model, "predict-model")
        return Form({"text": text, "reference": reference, "model": model}, go, example)

    def fill(self, request: PredictRequest) -> dict[str, Any]:
        return {**super().fill(request), "reference": request.reference}

    def with_example(self, values: Mapping[str, Any], before: Seen | None) -> PredictRequest:
        return self.example(values["model"], values["text"])

    def with_model(self, values: Mapping[str, Any], before: Seen | None) -> tuple[PredictRequest, dict[str, Any]]:
        """The links drawn so far stay where the words stay the same."""
        name, text, right = (values[key] for key in ("model", "text", "reference"))
        info = self.services.info(name)
        if not (right or "").strip():
            return PredictRequest(examples.fitting(text, info), "", name), {}
        request = PredictRequest(*examples.fitting_pair(text, right, info), name)
        if before is None or (request.text, request.reference) != (before.asked.text, before.asked.reference):
            return request, {}
        if self.services.info(before.asked.model).target_language != info.target_language:  # its words may be cut differently
            return request, {}
        return replace(request, links=before.asked.links, revealed=before.asked.revealed), {"keep": True}

    def events(self) -> dict[str, Event[Seen]]:
        def reveal(seen: Seen, event: gr.EventData) -> tuple[Seen, dict[str, Any]]:
            return self.look(replace(seen.asked, links=chosen_links(seen, event), revealed=True)), {}

        def again(seen: Seen, event: gr.EventData) -> tuple[Seen, dict[str, Any]]:
            return self.look(replace(seen.asked, links=frozenset(), revealed=False)), {}

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


def look(services: Services, asked: PredictRequest) -> Seen:
    """Raises ValueError, fit to be shown, for anything in `asked` that cannot be done."""
    translator = services.translator(asked.model)
    info = translator.info
    translator.source_ids(asked.text)  # refuses what is empty or too long, before a translation of it is tried
    translation = asked.reference if (asked.reference or "").strip() else services.translate(asked.model, asked.text).text
    if not translation.strip():
        raise ValueError(f"the model writes nothing here: please type a translation in {info.target_language}")
    translator.target_ids(translation)
    source, target = split(asked.text, info.source_language), split(translation, info.target_language)
    for name, side in (("sentence", source), ("translation", target)):
        if len(side) > MAX_WORDS:
            raise ValueError(f"the {name} has {len(side)} words and marks; at most {MAX_WORDS} fit here: please shorten it")
    alignment.check(asked.links, len(source), len(target))
    weights = None
    if asked.revealed and info.has_attention:
        weights = alignment.attention(translator, source, target)
    return Seen(asked, source, target, gold.find(source.text, target.text, info), weights)


def shown(services: Services, now: Seen, keep: bool = False) -> str:
    """The page's value; with `keep`, the links that are drawn in it stay."""
    info, asked = services.info(now.asked.model), now.asked
    says = "" if now.gold else "Nobody has aligned this pair by hand. "
    if not info.has_attention:
        says += NO_ATTENTION.format("the alignment made by hand" if now.gold else "nothing")
    return view.payload(
        now.source,
        now.target,
        None if keep and not asked.revealed else asked.links,
        revealed=_revealed(now) if asked.revealed else None,
        gold=now.gold,
        hint=says,
        own=not (asked.reference or "").strip(),
        written=visible(now.target.text),
        most=MAX_LINKS,
        model={"title": info.title, "trained_on": info.trained_on},
        link=Predict(services).link(asked),
        id=now.id,
        serial=next_serial(),
    )


def _revealed(now: Seen) -> dict[str, Any]:
    links, known, words = now.asked.links, now.gold, len(now.target)
    candidates = {"you": links, "diagonal": alignment.diagonal(len(now.source), words)}
    if now.weights is not None:
        candidates["attention"] = alignment.largest(now.weights)
    agreeing = {
        name: None if now.weights is None else alignment.agreeing(found, now.weights) for name, found in candidates.items()
    }
    counts = {name: alignment.score(found, known) if known else None for name, found in candidates.items()}
    names = {"you": "your links", "attention": "attention", "diagonal": "diagonal"}
    rows = [
        view.score_row(title, len(candidates[name]), agreeing[name], words, counts[name])
        for name, title in names.items()
        if name in candidates
    ]
    weights = None if now.weights is None else now.weights.tolist()
    said = view.verdict(
        list(now.source), list(now.target), links, weights, agreeing["you"], counts["you"], counts.get("attention")
    )
    return {"weights": weights, "columns": view.COLUMNS, "rows": rows, "verdict": said}


def chosen_links(now: Seen, event: gr.EventData) -> Links:
    """What was drawn in the grid: it comes from outside, so nothing in it is believed unchecked."""
    try:
        identity, links = event.id, event.links
    except (AttributeError, TypeError):
        identity, links = None, None
    if identity != now.id:
        raise ValueError("The picture has changed in the meantime. Please draw again.")
    if not isinstance(links, list) or len(links) > MAX_LINKS:
        raise ValueError("These links could not be read. Please draw again.")
    for pair in links:
        if not (isinstance(pair, list) and len(pair) == 2 and all(type(word) is int for word in pair)):
            raise ValueError("These links could not be read. Please draw again.")
    found = frozenset((i, j) for i, j in links)
    alignment.check(found, len(now.source), len(now.target))
    return found
