"""Score a translation: the probability that the decoder gives to the visitor's own translation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from seq2seq.analysis.forcing import scoring
from seq2seq.analysis.forcing.scoring import perplexity, word_scores
from seq2seq.decoding.strategies import Beam
from seq2seq.trace import DecodingTrace
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address, examples
from seq2seq.ui.kit.address import MODEL, TEXT
from seq2seq.ui.kit.asking import Asking
from seq2seq.ui.kit.component import next_serial
from seq2seq.ui.kit.form import fields
from seq2seq.ui.kit.form.fields import Form
from seq2seq.ui.kit.view import View
from seq2seq.views.forcing import score as scores
from seq2seq.views.stage import sentences
from seq2seq.views.stage.sentences import TextSpan, to_dicts


@dataclass(frozen=True)
class ScoreRequest:
    """Everything that decides the answer. Without `other`, the best hypothesis of a beam search is used."""

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

    def show(self, answer: ScoreRequest, **start: Any) -> str:
        return score(self.services, answer)

    def form(self, request: ScoreRequest) -> Form:
        info = self.services.info(request.model)
        with gr.Row(elem_classes="ask"):
            text = fields.line(request.text, fields.sentence_label(info), "score-text")
            first = fields.line(request.first, "Your translation", "score-first")
        with gr.Row(elem_classes="ask"):
            other = fields.line(request.other, "Another translation (empty: the best of a beam)", "score-other", folded=True)
            go = gr.Button(self.button, variant="primary", scale=0, min_width=120, elem_id="score-go")
            fields.fold("score-fold")
            example = fields.example_menu(info, request.text, "score-example")
            model = fields.models(self.services, request.model, "score-model")
        return Form({"text": text, "first": first, "model": model, "other": other}, go, example)

    def fill(self, request: ScoreRequest) -> dict[str, Any]:
        return {**super().fill(request), "first": request.first, "other": request.other}

    def with_example(self, values: Mapping[str, Any], before: ScoreRequest | None) -> ScoreRequest:
        return self.example(values["model"], values["text"])

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
    model_parameter="model",
)


def score(services: Services, request: ScoreRequest) -> str:
    """Return the component's value. Raises ValueError with a message for the user about text that cannot be scored."""
    translator, beam = services.translator(request.model), Beam()
    judgement = scoring.judge(translator, request.text, request.first, beam)
    own = scores.sheet("Your translation", judgement.own, judgement.words, judgement.perplexity_per_word)
    language, pieces = translator.info.target_language, len(translator.target_vocabulary)
    verdicts = [to_dicts([TextSpan(doubt)]) for doubt in sentences.doubts(judgement.own, pieces, language)]
    verdicts.append(scores.beam_verdict(judgement, beam.size))
    if (request.other or "").strip():
        second, name = translator.score(request.text, request.other), "the other one"
    else:
        second, name = judgement.best, "what the beam found"
    words = word_scores(second.steps)
    second_sheet = scores.sheet(name.capitalize(), second, words, perplexity(second.log_prob, len(words) - 1))
    if not _same(second, judgement.own):
        verdicts.append(scores.difference(scoring.difference(judgement.own, second), "yours", name))
    info = services.info(request.model)
    return scores.payload(
        [own, second_sheet],
        verdicts,
        model={"title": info.title, "trained_on": info.trained_on},
        link=Score(services).link(request),
        serial=next_serial(),
    )


def _same(a: DecodingTrace, b: DecodingTrace) -> bool:
    return [step.token for step in a.steps] == [step.token for step in b.steps]
