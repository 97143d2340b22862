"""Plain values for the page: the score of each word of a translation, and where two translations differ."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seq2seq.sources.pieces import spell
from seq2seq.trace import DecodingStep, DecodingTrace
from seq2seq.views.pieces import label, visible
from seq2seq.views.stage.sentences import TextSpan, piece_spans, to_dicts

if TYPE_CHECKING:  # for the annotations only: the views do not load the engine
    from seq2seq.analysis.forcing.scoring import Comparison, Judgement, WordScore


def sheet(title: str, trace: DecodingTrace, words: Sequence[WordScore], perplexity: float) -> dict[str, Any]:
    """Return one translation: its words in order, each with its pieces, and the totals."""
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
        "pieces": [{"text": label(step.piece).text, "log_prob": step.log_prob, "rank": step.rank} for step in steps],
    }


def beam_verdict(judgement: Judgement, size: int) -> list[dict[str, str]]:
    """Say where a beam search drops the user's translation."""
    drop, steps = judgement.dropped, judgement.own.steps
    if drop is None:
        rank = "and ranks it first" if judgement.own.text == judgement.best.text else "but ranks another translation higher"
        return to_dicts([TextSpan(f"A beam of {size} finds this translation {rank}.")])
    if drop.kept is None:
        return to_dicts(
            [
                TextSpan(f"A beam of {size} keeps this translation for {drop.step} pieces. "),
                TextSpan(f"Then {size} hypotheses have ended, and the search stops."),
            ]
        )
    step = steps[drop.step]
    return to_dicts(
        [
            TextSpan(f"A beam of {size} drops this translation at step {drop.step + 1}, at "),
            *piece_spans(step.piece, step.log_prob, step.rank),
            TextSpan(f": its log-probability so far is {_number(step.total)}; the lowest one kept is {_number(drop.kept)}."),
        ]
    )


def difference(comparison: Comparison, first: str, second: str) -> list[dict[str, str]]:
    """Say which pieces cause the difference between two translations."""
    gap = comparison.second.log_prob - comparison.first.log_prob
    if abs(gap) < 0.005:
        return to_dicts([TextSpan("To the model, both are equally probable.")])
    more = "more" if gap > 0 else "less"
    a, b = (_middle(trace, comparison) for trace in (comparison.first, comparison.second))
    spans = [
        TextSpan(f"To the model, {second} is {more} probable than {first}, by {_number(gap, sign=True)} in log-probability: "),
        TextSpan(f"{_number(comparison.differing, sign=True)} in the pieces that differ ("),
        *(TextSpan(f"“{b}”", "target"), TextSpan(" in place of "), TextSpan(f"“{a}”", "target"), TextSpan(")")),
    ]
    if comparison.tail:
        spans.append(
            TextSpan(
                f", {_number(comparison.behind, sign=True)} in the equal pieces after it, because they follow a different text"
            )
        )
    return to_dicts([*spans, TextSpan(".")])


def _middle(trace: DecodingTrace, comparison: Comparison) -> str:
    pieces = [step.piece for step in trace.steps[comparison.shared : len(trace.steps) - comparison.tail]]
    return visible(spell(pieces).strip()) or ("the end" if pieces else "nothing")


def _number(value: float, sign: bool = False) -> str:
    """Two decimals with a true minus sign."""
    return ("\u2212" if value < 0 else "+" if sign else "") + f"{abs(value):.2f}"


def payload(sheets: Sequence[dict[str, Any]], verdicts: Sequence[list[dict[str, str]]], **extra: Any) -> str:
    return json.dumps({"sheets": list(sheets), "verdicts": list(verdicts), **extra}, ensure_ascii=False, allow_nan=False)
