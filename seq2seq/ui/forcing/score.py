"""Score a translation: the decoder as a language model that judges a translation of the visitor's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from seq2seq.analysis import scoring
from seq2seq.analysis.scoring import perplexity, word_scores
from seq2seq.decoding.strategies import Beam
from seq2seq.trace import DecodingTrace
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address, examples, fields
from seq2seq.ui.kit.address import MODEL, TEXT
from seq2seq.ui.kit.asking import Asking
from seq2seq.ui.kit.component import next_serial
from seq2seq.ui.kit.fields import Form
from seq2seq.ui.kit.view import View
from seq2seq.views.forcing import score as scores
from seq2seq.views.stage import sentences
from seq2seq.views.stage.sentences import TextSpan, to_dicts


@dataclass(frozen=True)
class ScoreRequest:
    """Everything that decides what is shown. Without `other`, the best hypothesis of a beam takes its place."""

    text: str
    first: str
    model: str
    other: str = ""


class Score(Asking[ScoreRequest, ScoreRequest]):
    button = "Score"
    prefix = "score"
    parameters = (TEXT, MODEL, address.words("first"), address.words("other"))

    def example(self, model: str, text: str | None = None) -> ScoreRequest:
        return ScoreRequest(*examples.pair(self.services.info(model), text), model)

    def request(self, values: Mapping[str, Any], before: ScoreRequest | None) -> ScoreRequest:
        return ScoreRequest(**values)

    def complete(self, values: Mapping[str, Any]) -> ScoreRequest:
        example = self.example(values.get("model", self.services.first), values.get("text"))
        return replace(example, first=values.get("first", example.first), other=values.get("other", ""))

    def values(self, request: ScoreRequest) -> dict[str, Any]:
        return {**vars(request), "other": request.other or None}

    def show(self, seen: ScoreRequest, **start: Any) -> str:
        return score(self.services, seen)

    def form(self, request: ScoreRequest) -> Form:
        with gr.Row(elem_classes="ask"):
            text = fields.line(request.text, fields.asks(self.services.info(request.model)), "score-text")
            model = fields.models(self.services, request.model, "score-model")
        with gr.Row(elem_classes="ask"):
            first = fields.line(request.first, "Your translation", "score-first")
            other = fields.line(request.other, "Another one (empty: what a beam finds)", "score-other")
            go = gr.Button(self.button, variant="primary", scale=0, min_width=120, elem_id="score-go")
        return Form({"text": text, "first": first, "model": model, "other": other}, go)

    def fill(self, request: ScoreRequest) -> dict[str, Any]:
        return {**super().fill(request), "first": request.first, "other": request.other}

    def with_model(self, values: Mapping[str, Any], before: ScoreRequest | None) -> tuple[ScoreRequest, dict[str, Any]]:
        given = (values["text"], values["first"])
        kept = examples.fitting_pair(*given, self.services.info(values["model"]))
        return ScoreRequest(*kept, values["model"], values["other"] if kept == given else ""), {}


VIEW = View(
    name="score",
    title="Score a translation",
    tab="teacher-forcing",
    part="forcing/score",
    element="score",
    build=Score.open,
    parameters=Score.parameters,
    styles=("forcing/score",),
    controls={"translation": ("#score-first", "#score-other")},
    opens_models=True,
)


def score(services: Services, asked: ScoreRequest) -> str:
    """The page's value. Raises ValueError, fit to be shown, for anything that cannot be scored."""
    translator, beam = services.translator(asked.model), Beam()
    found = scoring.judge(translator, asked.text, asked.first, beam)
    own = scores.sheet("Your translation", found.own, found.words, found.perplexity_per_word)
    language, pieces = translator.info.target_language, len(translator.target_vocabulary)
    verdicts = [to_dicts([TextSpan(doubt)]) for doubt in sentences.doubts(found.own, pieces, language)]
    verdicts.append(scores.beam_verdict(found, beam.size))
    if (asked.other or "").strip():
        second, name = translator.score(asked.text, asked.other), "the other one"
    else:
        second, name = found.best, "what the beam found"
    words = word_scores(second.steps)
    beside = scores.sheet(name.capitalize(), second, words, perplexity(second.log_prob, len(words) - 1))
    if not _same(second, found.own):
        verdicts.append(scores.difference(scoring.difference(found.own, second), "yours", name))
    info = services.info(asked.model)
    return scores.payload(
        [own, beside],
        verdicts,
        model={"title": info.title, "trained_on": info.trained_on},
        link=Score(services).link(asked),
        serial=next_serial(),
    )


def _same(a: DecodingTrace, b: DecodingTrace) -> bool:
    return [step.token for step in a.steps] == [step.token for step in b.steps]
