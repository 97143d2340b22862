"""Explain a piece by its source, with other methods than attention: gradients and deletion.

All values are nats of the log-probability of one piece, given the pieces before it. A positive value means that the source
position supports the piece. Symbols: S source positions, W source words (without the end mark), R regions of a source: its
words, or each position with its neighbours (`Reader.regions`), T steps, E embedding units.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from seq2seq.analysis.agreement import Agreement, agreement, region_of
from seq2seq.data.batches import Ids, Input, pad
from seq2seq.decoding.translator import Translator
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.trace import DecodingTrace

INTEGRATION_POINTS = 64
_BATCH = 32  # points per batch
_MOST_NUMBERS = 2**18  # of the inputs in a batch, so that long sounds do not fill the memory; every text fits at once


@dataclass(frozen=True)
class Attribution:
    """What the piece of one step depends on."""

    step: int  # 0-based
    log_prob: float  # of the piece, with the whole source
    gradient: tuple[float, ...]  # S: gradient x input
    integrated: tuple[float, ...]  # S: integrated gradients, from embeddings of zero
    log_prob_of_nothing: float  # of the piece with all embeddings at zero; `integrated` adds up to the difference
    words: tuple[tuple[int, ...], ...]  # W: the positions of each source word, without the end mark
    deletion: tuple[float, ...]  # W: log-probability with the whole source, minus that without the word


def attribute(translator: Translator, trace: DecodingTrace, step: int) -> Attribution:
    """Explain one step. Raises ValueError for a step that `trace` does not have."""
    if not 0 <= step < len(trace.steps):
        raise ValueError(f"there is no step {step + 1}: this translation has {len(trace.steps)}")
    ids = _ids(trace)
    written = [s.token for s in trace.steps[: step + 1]]
    words = translator.regions(ids)
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
        deletion=tuple((at_input[0] - _without(translator, ids, written)[:, -1]).tolist()),
    )


@torch.inference_mode()
def deletions(translator: Translator, trace: DecodingTrace, source: Input | None = None) -> list[list[float]]:
    """Return [T][R]: the log-probability of each step's piece, minus that with one region of the source hidden.

    `source` is the input that `trace` was decoded from, as its reader made it; that of a text is in the trace. In a picture or
    a sound, this is the sliding occlusion of Zeiler and Fergus 2014, section 4.2.
    """
    source, written = _ids(trace) if source is None else source, [step.token for step in trace.steps]
    window = trace.strategy.get("window")
    without = _without(translator, source, written, window)  # [R, T]
    whole = _log_probs(translator.model, [source], written, window)  # [1, T]
    losses: list[list[float]] = (whole - without).T.tolist()
    return losses


def agreements(translator: Translator, given: str) -> list[Agreement | None]:
    """Translate greedily; return for each step how its attention agrees with deletion, or None if it needs no single region.

    Raises ValueError for a model without attention, and for what it cannot read.
    """
    source, trace = translator.source_ids(given), translator.translate(given)
    regions = translator.regions(source)
    found = []
    for step, losses in zip(trace.steps, deletions(translator, trace, source), strict=True):
        if step.attention is None:
            raise ValueError("a model without attention looks nowhere: there is nothing to compare")
        looked = region_of(int(np.argmax(step.attention)), regions, len(trace.source))
        found.append(agreement(losses, looked))
    return found


def by_word(values: Sequence[float], words: Sequence[Sequence[int]]) -> list[float]:
    """Sum the values of the positions of each word."""
    return [sum(values[index] for index in word) for word in words]


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Return Spearman's correlation, -1 to 1; None for fewer than three values, or if all values are equal."""
    if len(first) < 3:
        return None
    value = pd.Series(first).rank().corr(pd.Series(second).rank())
    return None if math.isnan(value) else value


class _LogProb:
    """The log-probability of the last piece of `written`, as a function of the source embeddings."""

    def __init__(self, model: Seq2Seq, ids: Ids, written: Ids):
        self._model = model
        self._written = torch.tensor([written], device=model.device)
        with torch.no_grad():
            self.input = model.embed_source(torch.tensor([ids], device=model.device))  # [1, S, E]

    @torch.enable_grad()
    def with_gradient(self, shares: Tensor) -> tuple[Tensor, Tensor]:
        """Scale the embeddings by `shares` [B]; return log-probabilities [B] and their gradients [B, S, E]."""
        embedded = (shares.to(self.input)[:, None, None] * self.input).requires_grad_()
        lengths = torch.full((len(shares),), self.input.shape[1], device=self.input.device)
        written = self._written.expand(len(shares), -1)
        log_probs = self._model.next_from_embedded(embedded, lengths, written)[:, written[0, -1]]
        (gradient,) = torch.autograd.grad(log_probs.sum(), embedded)
        return log_probs.detach(), gradient


def _times_input(function: _LogProb, gradient: Tensor) -> tuple[float, ...]:
    """[S, E] -> S values: gradient x input. For a linear function, the loss if a position's embedding went to zero."""
    return tuple((gradient * function.input[0]).sum(-1).tolist())


def _mean_gradient(function: _LogProb) -> Tensor:
    """Return [S, E]: the mean gradient along the line from zero to the input, at the middles of equal parts.

    This sum approximates the integral of Sundararajan, Taly and Yan 2017, equation 3.
    """
    points = (torch.arange(INTEGRATION_POINTS) + 0.5) / INTEGRATION_POINTS
    gradients = [function.with_gradient(part)[1] for part in points.split(_BATCH)]
    return torch.cat(gradients).mean(0)


def _ids(trace: DecodingTrace) -> Ids:
    return [position.token for position in trace.source]


def _without(translator: Translator, source: Input, written: Ids, window: tuple[int, int] | None = None) -> Tensor:
    """Return [R, T]: the log-probability of each piece of `written`, with one region of the source hidden at a time."""
    regions, at_once = translator.regions(source), max(1, _MOST_NUMBERS // np.size(source))
    parts = [regions[start : start + at_once] for start in range(0, len(regions), at_once)]
    hidden = ([translator.without(source, region) for region in part] for part in parts)
    return torch.cat([_log_probs(translator.model, batch, written, window) for batch in hidden])


@torch.inference_mode()
def _log_probs(model: Seq2Seq, sources: Sequence[Input], written: Ids, window: tuple[int, int] | None = None) -> Tensor:
    """Return [B, T]: the log-probability of each piece of `written`, given the pieces before it, for each source."""
    source, lengths = (tensor.to(model.device) for tensor in pad(sources))
    target = torch.tensor([written], device=source.device).expand(len(sources), -1)
    return model(source, lengths, target, window).gather(2, target[..., None])[..., 0]
