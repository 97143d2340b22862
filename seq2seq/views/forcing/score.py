"""Translations as the decoder scores them, word by word, and where their difference arises: plain values for the page."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seq2seq.sources.pieces import spell
from seq2seq.trace import DecodingStep, DecodingTrace
from seq2seq.views.pieces import alone, label, visible
from seq2seq.views.stage.sentences import Span, piece_spans, told

if TYPE_CHECKING:  # the engine's records are read here, and the engine is not loaded for it
    from seq2seq.analysis.scoring import Comparison, Judgement, WordScore


def sheet(title: str, trace: DecodingTrace, words: Sequence[WordScore], perplexity: float) -> dict[str, Any]:
    """One translation: its words in order, each with its pieces, and the totals."""
    return {
        "title": title,
        "text": trace.text,
        "log_prob": trace.log_prob,
        "perplexity": perplexity if math.isfinite(perplexity) else None,
        "words": [_word(trace.steps[word.start : word.end], word) for word in words],
    }


def _word(steps: Sequence[DecodingStep], word: WordScore) -> dict[str, Any]:
    text = label(steps[0].piece).text if len(steps) == 1 else visible(spell(step.piece for step in steps).strip()) or "␣"
    return {
        "text": text,
        "kind": label(steps[0].piece).kind if len(steps) == 1 else "text",
        "log_prob": word.log_prob,
        "rank": word.rank,
        "start": word.start,
        "end": word.end,
        "pieces": [{"text": alone(step.piece), "log_prob": step.log_prob, "rank": step.rank} for step in steps],
    }


def beam_verdict(found: Judgement, size: int) -> list[dict[str, str]]:
    """How far a beam went along with one's own translation."""
    drop, steps = found.dropped, found.own.steps
    if drop is None:
        rank = "and ranks it best" if found.own.text == found.best.text else "but ranks another one higher"
        return told([Span(f"A beam of {size} finds this translation {rank}.")])
    if drop.kept is None:
        return told(
            [Span(f"A beam of {size} goes along for {drop.step} pieces; then {size} hypotheses have ended, and it stops.")]
        )
    step = steps[drop.step]
    return told(
        [
            Span(f"A beam of {size} drops this translation at step {drop.step + 1}, at "),
            *piece_spans(step.piece, step.log_prob, step.rank),
            Span(f": its log-probability so far is {_number(step.total)}; the lowest that is kept is {_number(drop.kept)}."),
        ]
    )


def difference(found: Comparison, first: str, second: str) -> list[dict[str, str]]:
    """Where the difference of two translations arises."""
    gap = found.second.log_prob - found.first.log_prob
    if abs(gap) < 0.005:
        return told([Span("To the model, both are equally probable.")])
    more = "more" if gap > 0 else "less"
    a, b = (_middle(trace, found) for trace in (found.first, found.second))
    spans = [
        Span(f"To the model, {second} is {more} probable than {first}, by {_number(gap, sign=True)} in log-probability: "),
        Span(f"{_number(found.differing, sign=True)} in what differs ("),
        *(Span(f"“{b}”", "target"), Span(" in place of "), Span(f"“{a}”", "target"), Span(")")),
    ]
    if found.tail:
        spans.append(
            Span(f", {_number(found.behind, sign=True)} in the same pieces behind it, which have read another beginning")
        )
    return told([*spans, Span(".")])


def _middle(trace: DecodingTrace, found: Comparison) -> str:
    pieces = [step.piece for step in trace.steps[found.shared : len(trace.steps) - found.tail]]
    return visible(spell(pieces).strip()) or ("the end" if pieces else "nothing")


def _number(value: float, sign: bool = False) -> str:
    """Two decimals with a true minus sign."""
    return ("\u2212" if value < 0 else "+" if sign else "") + f"{abs(value):.2f}"


def payload(sheets: Sequence[dict[str, Any]], verdicts: Sequence[list[dict[str, str]]], **extra: Any) -> str:
    return json.dumps({"sheets": list(sheets), "verdicts": list(verdicts), **extra}, ensure_ascii=False, allow_nan=False)
