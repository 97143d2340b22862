"""The decoder as a language model that judges: a translation of one's own beside the beam's, and two translations compared.

The probability of a sentence is the product of its pieces' probabilities, each given the source and all pieces before it
(Sutskever et al. 2014, equation 1).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seq2seq.decoding.hypotheses import Dropped, dropped
from seq2seq.decoding.metrics import agreeing_tail, divergence
from seq2seq.decoding.strategies import Beam
from seq2seq.decoding.translator import Translator
from seq2seq.sources.pieces import group_words, word_indices
from seq2seq.trace import DecodingStep, DecodingTrace


@dataclass(frozen=True, slots=True)
class WordScore:
    """A word of a forced translation, punctuation at its end included; the end mark counts as one."""

    start: int  # its first piece
    end: int  # behind its last
    log_prob: float  # nats, summed over its pieces
    rank: int  # of its least expected piece, among all pieces of the vocabulary


@dataclass(frozen=True)
class Judgement:
    own: DecodingTrace  # forced
    words: tuple[WordScore, ...]
    best: DecodingTrace  # what the beam found
    dropped: Dropped | None  # where the beam let go of one's own translation

    @property
    def perplexity_per_word(self) -> float:
        """exp of the mean loss of a word; the end mark's loss is shared among the words, as it is no word itself."""
        return perplexity(self.own.log_prob, len(self.words) - 1)


@dataclass(frozen=True)
class Comparison:
    """Two translations of one source, forced. Log-probabilities of `second` minus those of `first`, in nats.

    Shared first pieces have read the same, so their difference is zero: all of it arises in the pieces that differ, and in the
    shared pieces behind them, which have read something else.
    """

    first: DecodingTrace
    second: DecodingTrace
    shared: int  # pieces at the beginning that are the same
    tail: int  # pieces at the end that are the same
    differing: float
    behind: float


def perplexity(log_prob: float, units: int) -> float:
    """exp(-log_prob / units); infinity where it is too large for a number."""
    mean = -log_prob / max(1, units)
    return math.exp(mean) if mean < 700 else math.inf


def scored(trace: DecodingTrace) -> dict[str, Any]:
    """A forced translation as a shell and a program are told of it: plain values. A perplexity that no number holds is None."""
    per_piece = perplexity(trace.log_prob, len(trace.steps))
    return {
        "mode": "teacher-forced",
        "unit": "natural logarithm",
        "model": trace.model,
        "source": trace.source_text,
        "target": trace.text,
        "log_prob": trace.log_prob,
        "perplexity_per_piece": per_piece if math.isfinite(per_piece) else None,
        "pieces": [{"piece": s.piece, "token": s.token, "log_prob": s.log_prob, "rank": s.rank} for s in trace.steps],
    }


def word_scores(steps: Sequence[DecodingStep]) -> tuple[WordScore, ...]:
    scores = []
    for group in group_words(word_indices([step.piece for step in steps])):
        parts = [steps[position] for position in group]
        scores.append(WordScore(group[0], group[-1] + 1, sum(s.log_prob for s in parts), max(s.rank for s in parts)))
    return tuple(scores)


def judge(translator: Translator, source: str, target: str, beam: Beam | None = None) -> Judgement:
    """One's own translation, piece by piece, and how far a beam went along with it."""
    beam = beam or Beam()
    own, best = translator.score(source, target), translator.translate(source, beam)
    outlines = translator.search([translator.source_ids(source)], beam)
    return Judgement(own, word_scores(own.steps), best, dropped(outlines, [step.token for step in own.steps]))


def compare(translator: Translator, source: str, first: str, second: str) -> Comparison:
    """Where the difference in probability of two translations arises. Raises ValueError if they are the same."""
    return difference(translator.score(source, first), translator.score(source, second))


def difference(first: DecodingTrace, second: DecodingTrace) -> Comparison:
    """The same for two traces of one source, forced or found. Raises ValueError if they are the same."""
    one, other = ([step.token for step in trace.steps] for trace in (first, second))
    shared = divergence(one, other)
    if shared is None:
        raise ValueError("the two translations are the same: change a word in one of them")
    tail = min(agreeing_tail(one, other), min(len(one), len(other)) - shared)
    differing, behind = (
        sum(step.log_prob for step in second.steps[span(second)]) - sum(step.log_prob for step in first.steps[span(first)])
        for span in (lambda t: slice(shared, len(t.steps) - tail), lambda t: slice(len(t.steps) - tail, None))
    )
    return Comparison(first, second, shared, tail, differing, behind)
