"""Which source words a written piece depends on, asked in other ways than by attention.

All values are nats of the log-probability of one piece, given the pieces written before it. A positive value says that the
source position speaks for the piece. Symbols: S source positions, W source words (the end mark is none), E embedding units.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor

from seq2seq.data.batches import Ids, pad
from seq2seq.decoding.translator import Translator
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.sources.pieces import group_words
from seq2seq.trace import DecodingTrace

INTEGRATION_POINTS = 64
_BATCH = 32  # points at a time


@dataclass(frozen=True)
class Attribution:
    """What the piece written at one step depends on."""

    step: int  # 0-based
    log_prob: float  # of the piece, as it is
    gradient: tuple[float, ...]  # S: gradient x input
    integrated: tuple[float, ...]  # S: integrated gradients, from embeddings of zero
    log_prob_of_nothing: float  # of the piece where all embeddings are zero: `integrated` accounts for the difference
    words: tuple[tuple[int, ...], ...]  # W: the positions of each source word, the end mark left out
    deletion: tuple[float, ...]  # W: log-probability as it is, less that without the word


def attribute(translator: Translator, trace: DecodingTrace, step: int) -> Attribution:
    """Raises ValueError for a step that `trace` does not have."""
    if not 0 <= step < len(trace.steps):
        raise ValueError(f"there is no step {step + 1}: this translation has {len(trace.steps)}")
    ids = [position.token for position in trace.source]
    written = [s.token for s in trace.steps[: step + 1]]
    words = source_words(trace)
    function = _LogProb(translator.model, ids, written)
    at_input, gradient = function.with_gradient(torch.ones(1))
    at_zero, _ = function.with_gradient(torch.zeros(1))
    return Attribution(
        step=step,
        log_prob=float(at_input[0]),
        gradient=_times_input(function, gradient[0]),
        integrated=_times_input(function, _mean_gradient(function)),
        log_prob_of_nothing=float(at_zero[0]),
        words=tuple(tuple(word) for word in words),
        deletion=tuple((at_input[0] - _without(translator, ids, written, words)[:, -1]).tolist()),
    )


@torch.inference_mode()
def deletions(translator: Translator, trace: DecodingTrace) -> list[list[float]]:
    """[T][W]: for every step at once, its piece's log-probability as it is, less that where one source word is deleted."""
    ids, written = [position.token for position in trace.source], [step.token for step in trace.steps]
    without = _without(translator, ids, written, source_words(trace))  # [W, T]
    as_it_is = _log_probs(translator.model, [ids], written)  # [1, T]
    found: list[list[float]] = (as_it_is - without).T.tolist()
    return found


def source_words(trace: DecodingTrace) -> list[list[int]]:
    """The source positions of each word, the end mark left out."""
    return group_words([position.word for position in trace.source[:-1]])


def by_word(values: Sequence[float], words: Sequence[Sequence[int]]) -> list[float]:
    """Values of positions, summed over those of each word."""
    return [sum(values[index] for index in word) for word in words]


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Spearman's, between -1 and 1; None where it says nothing: fewer than three values, or all of them equal."""
    if len(first) < 3:
        return None
    value = pd.Series(first).rank().corr(pd.Series(second).rank())
    return None if math.isnan(value) else value


class _LogProb:
    """The log-probability of the last piece of `written`, as a function of the source's embeddings."""

    def __init__(self, model: Seq2Seq, ids: Ids, written: Ids):
        self._model = model
        self._written = torch.tensor([written], device=model.device)
        with torch.no_grad():
            self.input = model.embed_source(torch.tensor([ids], device=model.device))  # [1, S, E]

    @torch.enable_grad()
    def with_gradient(self, shares: Tensor) -> tuple[Tensor, Tensor]:
        """Where the embeddings are `shares` [B] of what they are: values [B], and gradients [B, S, E] with respect to them."""
        embedded = (shares.to(self.input)[:, None, None] * self.input).requires_grad_()
        lengths = torch.full((len(shares),), self.input.shape[1], device=self.input.device)
        written = self._written.expand(len(shares), -1)
        log_probs = self._model.next_from_embedded(embedded, lengths, written)[:, written[0, -1]]
        (gradient,) = torch.autograd.grad(log_probs.sum(), embedded)
        return log_probs.detach(), gradient


def _times_input(function: _LogProb, gradient: Tensor) -> tuple[float, ...]:
    """[S, E] -> S values: how the log-probability would go if each position's embedding went to zero, were it linear."""
    return tuple((gradient * function.input[0]).sum(-1).tolist())


def _mean_gradient(function: _LogProb) -> Tensor:
    """[S, E]: the gradient averaged along the line from zero to the input, at the middles of equal parts of it.

    Sundararajan, Taly and Yan 2017, equation 3: the integral is that sum.
    """
    points = (torch.arange(INTEGRATION_POINTS) + 0.5) / INTEGRATION_POINTS
    gradients = [function.with_gradient(part)[1] for part in points.split(_BATCH)]
    return torch.cat(gradients).mean(0)


def _without(translator: Translator, ids: Ids, written: Ids, words: Sequence[Sequence[int]]) -> Tensor:
    """[W, T]: the log-probability of each of `written` where one word is deleted from the source, each in turn."""
    return _log_probs(translator.model, [[t for i, t in enumerate(ids) if i not in word] for word in words], written)


@torch.inference_mode()
def _log_probs(model: Seq2Seq, sources: Sequence[Ids], written: Ids) -> Tensor:
    """[B, T]: that of each piece of `written`, given those before it, for each of some sources."""
    source, lengths = (tensor.to(model.device) for tensor in pad(sources))
    target = torch.tensor([written], device=source.device).expand(len(sources), -1)
    return model(source, lengths, target).gather(2, target[..., None])[..., 0]
