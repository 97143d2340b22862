"""Score translations with the decoder as a language model: the user's and the beam's, or two translations compared.

The probability of a sentence is the product of its pieces' probabilities, each given the source and all pieces before it
(Sutskever et al. 2014, equation 1).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from seq2seq.data.batches import Ids
from seq2seq.decoding.hypotheses import Dropped, dropped
from seq2seq.decoding.metrics import agreeing_tail, divergence
from seq2seq.decoding.strategies import Beam
from seq2seq.decoding.translator import BATCH_SENTENCES, Translator
from seq2seq.sources.pieces import group_words, word_indices
from seq2seq.trace import DecodingStep, DecodingTrace


@dataclass(frozen=True, slots=True)
class WordScore:
    """A word of a forced translation, with the punctuation at its end; the end mark counts as a word."""

    start: int  # its first piece
    end: int  # the piece after its last
    log_prob: float  # nats, summed over its pieces
    rank: int  # rank of its least expected piece in the whole vocabulary


@dataclass(frozen=True)
class Judgement:
    own: DecodingTrace  # the user's translation, forced
    words: tuple[WordScore, ...]
    best: DecodingTrace  # the beam's result
    dropped: Dropped | None  # where the beam dropped the user's translation

    @property
    def perplexity_per_word(self) -> float:
        """Return exp of the mean loss per word; the end mark's loss is divided among the words, because it is not a word."""
        return perplexity(self.own.log_prob, len(self.words) - 1)


@dataclass(frozen=True)
class Comparison:
    """Two translations of one source, forced. Differences are log-probabilities of `second` minus those of `first`, in nats.

    Common first pieces depend on the same input, so their difference is zero. The difference comes from the pieces that differ
    and from the common last pieces, which depend on different inputs.
    """

    first: DecodingTrace
    second: DecodingTrace
    shared: int  # number of common first pieces
    tail: int  # number of common last pieces
    differing: float
    behind: float


def perplexity(log_prob: float, units: int) -> float:
    """Return exp(-log_prob / units); infinity if it is too large for a float."""
    mean = -log_prob / max(1, units)
    return math.exp(mean) if mean < 700 else math.inf


def scored(trace: DecodingTrace) -> dict[str, Any]:
    """Return a forced translation as plain values for JSON output. An infinite perplexity is None."""
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


def log_probs(translator: Translator, sources: Sequence[Ids], targets: Sequence[Ids]) -> list[float]:
    """Return the log-probability of each target given its source, teacher-forced, in nats."""
    found: list[float] = []
    for start in range(0, len(targets), BATCH_SENTENCES):
        batch = targets[start : start + BATCH_SENTENCES]
        rows = translator.force(sources[start : start + BATCH_SENTENCES], batch)
        found += [
            float(row[torch.arange(len(ids)), torch.tensor(ids)].double().sum()) for row, ids in zip(rows, batch, strict=True)
        ]
    return found


def word_scores(steps: Sequence[DecodingStep]) -> tuple[WordScore, ...]:
    scores = []
    for group in group_words(word_indices([step.piece for step in steps])):
        parts = [steps[position] for position in group]
        scores.append(WordScore(group[0], group[-1] + 1, sum(s.log_prob for s in parts), max(s.rank for s in parts)))
    return tuple(scores)


def judge(translator: Translator, source: str, target: str, beam: Beam | None = None) -> Judgement:
    """Score the user's translation piece by piece, and find where a beam search drops it."""
    beam = beam or Beam()
    own, best = translator.score(source, target), translator.translate(source, beam)
    outlines = translator.search([translator.source_ids(source)], beam)
    return Judgement(own, word_scores(own.steps), best, dropped(outlines, [step.token for step in own.steps]))


def compare(translator: Translator, source: str, first: str, second: str) -> Comparison:
    """Compare the probabilities of two translations of one source. Raises ValueError if they are equal."""
    return difference(translator.score(source, first), translator.score(source, second))


def difference(first: DecodingTrace, second: DecodingTrace) -> Comparison:
    """Compare two traces of one source, forced or decoded. Raises ValueError if they are equal."""
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
