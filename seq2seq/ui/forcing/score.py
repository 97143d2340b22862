"""Score a translation: the decoder as a language model that judges what a visitor wrote."""

from __future__ import annotations

import itertools
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
from seq2seq.ui.kit.component import component
from seq2seq.ui.kit.message import explain, message, message_line, reported
from seq2seq.views.forcing import score as scores
from seq2seq.views.stage import sentences
from seq2seq.views.stage.sentences import Span, told

_serial = itertools.count(1)


@dataclass(frozen=True)
class Asked:
    """Everything that decides what is shown. Without `other`, what a beam finds takes its place."""

    text: str
    first: str
    model: str
    other: str = ""


def build(services: Services) -> None:
    tab = fields.tab_in_the_making()
    info = services.info(services.first)
    opening = _example(services, services.first, None)
    seen = gr.State(False)

    with gr.Row(elem_classes="ask"):
        text = fields.line(opening.text, fields.asks(info), "score-text")
        model = fields.models(services, opening.model, "score-model")
    with gr.Row(elem_classes="ask"):
        first = fields.line(opening.first, "Your translation", "score-first")
        other = fields.line("", "Another one (empty: what a beam finds)", "score-other")
        go = gr.Button("Score", variant="primary", scale=0, min_width=120, elem_id="score-go")
    place = message_line()
    shown = component("forcing/score", elem_id="score", address=address.address(address.SCORE))
    asked = [text, first, model, other]
    everything = [*asked, shown, seen, place]
    decodes = fields.decodes(place)
    report = reported(place)

    def filled(what: Asked) -> dict[Any, Any]:
        label = fields.asks(services.info(what.model))
        return {
            text: gr.update(value=what.text, label=label),
            first: what.first,
            model: fields.chosen_model(services, what.model),
            other: what.other,
        }

    def scored(what: Asked) -> dict[Any, Any]:
        return {shown: score(services, what), seen: True}

    @report
    def show(*values: Any) -> dict[Any, Any]:
        return scored(Asked(*values))

    @report
    def show_model(*values: Any) -> dict[Any, Any]:
        written, right, name, beside = values
        kept = examples.fitting_pair(written, right, services.info(name))
        what = Asked(*kept, name, beside if kept == (written, right) else "")
        try:
            return {**filled(what), **scored(what)}
        except ValueError as error:  # the menu stands at this model all the same
            return {**filled(what), place: message(explain(error))}

    @report
    def open_view(before: bool, page: gr.Request) -> dict[Any, Any]:
        """At the first look: what the address asks for, or an example."""
        if before:
            return {}
        query = dict(page.query_params)
        if query.get("tab") != address.SCORE:
            return scored(opening)
        what, problems = read(query, services)
        try:
            return {**filled(what), place: message(" ".join(problems)), **scored(what)}
        except Exception as error:  # whatever it is, something must be drawn
            problems += [explain(error), "Here is an example instead."]
            return {**filled(opening), place: message(" ".join(problems)), **scored(opening)}

    gr.on([text.submit, first.submit, other.submit, go.click], show, asked, everything, **decodes)
    model.input(show_model, asked, everything, **decodes)
    tab.select(open_view, [seen], everything, **decodes)


def score(services: Services, asked: Asked) -> str:
    """The page's value. Raises ValueError, fit to be shown, for anything that cannot be scored."""
    translator, beam = services.translator(asked.model), Beam()
    found = scoring.judge(translator, asked.text, asked.first, beam)
    own = scores.sheet("Your translation", found.own, found.words, found.perplexity_per_word)
    language, pieces = translator.info.target_language, len(translator.target_vocabulary)
    verdicts = [told([Span(doubt)]) for doubt in sentences.doubts(found.own, pieces, language)]
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
        link=items(asked),
        serial=next(_serial),
    )


def _same(a: DecodingTrace, b: DecodingTrace) -> bool:
    return [step.token for step in a.steps] == [step.token for step in b.steps]


def items(asked: Asked) -> list[tuple[str, str]]:
    """The parameters of an address that opens `asked`."""
    pairs = [("text", asked.text), ("model", asked.model), ("first", asked.first)]
    return [*pairs, ("other", asked.other)] if asked.other else pairs


def read(query: Mapping[str, str], services: Services) -> tuple[Asked, list[str]]:
    """What an address asks for, and one sentence for each parameter that could not be used."""
    reader = address.Reader()
    name = reader.attempt(lambda: services.info(query.get("model", services.first)).name, services.first)
    asked = _example(services, name, query.get("text"))
    return replace(asked, first=query.get("first", asked.first), other=query.get("other", "")), reader.problems


def _example(services: Services, name: str, text: str | None) -> Asked:
    return Asked(*examples.pair(services.info(name), text), name)
