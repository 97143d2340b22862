"""How a recurrent decoder reads the source: with attention, or as one fixed context vector.

Symbols: R rows (sentences or beam hypotheses), S source positions, T target positions, M memory units, D decoder units,
A attention units.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor, nn

from seq2seq.config import ModelConfig, choose
from seq2seq.errors import SettingError
from seq2seq.models.layers import widen
from seq2seq.models.state import PerRow


@dataclass(frozen=True, kw_only=True)
class Memory(PerRow):
    """The output of an encoder. `mask` is True at real source positions and False at padding."""

    states: Tensor  # [R, S, M]
    mask: Tensor  # [R, S]
    context: Tensor | None = None  # [R, M] the fixed context vector, for decoders that use one
    given: Tensor | None = None  # [R, S] edited attention weights that replace the decoder's; they sum to 1
    window: tuple[int, int] | None = None  # positions before and after the last heaviest one that may have weight


@dataclass(frozen=True, kw_only=True)
class RecurrentMemory(Memory):
    """The output of a recurrent encoder: the states of its top layer, and the last state of each layer."""

    summary: Tensor  # [R, M] the hidden state after the last piece, directions concatenated
    last: tuple[Tensor, ...]  # per layer, lowest first: its full last state [R, state_size], directions concatenated
    keys: Tensor | None = None  # [R, S, A or D] computed once per sentence by the score function


class Score(nn.Module):
    """How well a decoder state (the query) fits each encoder state. `reads` names the settings that only this score uses.

    `remembers`: the score also reads where the decoder has looked before, which `Attention` keeps for it.
    """

    reads: ClassVar[frozenset[str]] = frozenset()
    remembers: ClassVar[bool] = False

    def __init__(self, query_size: int, memory_size: int, config: ModelConfig):
        super().__init__()

    def keys(self, states: Tensor) -> Tensor:
        """[R, S, M] -> [R, S, units]: the part of the score that is computed once per sentence."""
        return states


class DotScore(Score):
    """query . state: Luong et al. 2015, section 3.1. It has no parameters, so both must have the same size."""

    def __init__(self, query_size: int, memory_size: int, config: ModelConfig):
        super().__init__(query_size, memory_size, config)
        if query_size != memory_size:
            raise SettingError(
                f"dot attention multiplies the decoder's {query_size} units with the encoder's {memory_size}: {{decoder_size}} "
                f"must be {memory_size} (the encoder's directions together), or attention 'general'"
            )

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Query [R, T, D] and keys [R, S, D] -> scores [R, T, S], before masking."""
        return torch.bmm(query, keys.transpose(1, 2))


class GeneralScore(DotScore):
    """query . W state: Luong et al. 2015, section 3.1."""

    def __init__(self, query_size: int, memory_size: int, config: ModelConfig):
        super().__init__(query_size, query_size, config)
        self.memory = nn.Linear(memory_size, query_size, bias=False)

    def keys(self, states: Tensor) -> Tensor:
        """[R, S, M] -> [R, S, D]"""
        return self.memory(states)


class AdditiveScore(Score):
    """v . tanh(W query + U state): Bahdanau et al. 2014, appendix A.1.2.

    Luong et al. 2015 call it "concat": one matrix on [query; state] is W and U side by side.
    """

    reads: ClassVar[frozenset[str]] = frozenset({"attention_size"})

    def __init__(self, query_size: int, memory_size: int, config: ModelConfig):
        super().__init__(query_size, memory_size, config)
        self.query = nn.Linear(query_size, config.attention_size, bias=False)
        self.memory = nn.Linear(memory_size, config.attention_size)
        self.weight = nn.Linear(config.attention_size, 1, bias=False)

    def keys(self, states: Tensor) -> Tensor:
        """[R, S, M] -> [R, S, A]"""
        return self.memory(states)

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Query [R, T, D] and keys [R, S, A] -> scores [R, T, S], before masking."""
        compared = torch.tanh(self.query(query)[:, :, None] + keys[:, None])  # [R, T, S, A]
        return self.weight(compared).squeeze(-1)


class LocationScore(AdditiveScore):
    """Additive attention that remembers: v . tanh(W query + U state + F seen), Chorowski et al. 2015, section 2.1.

    `seen` has FILTERS values for each position: a convolution over the weights of the last step and their sum over all steps.
    """

    remembers: ClassVar[bool] = True
    FILTERS: ClassVar[int] = 8
    WIDTH: ClassVar[int] = 15  # positions that a filter reads

    def __init__(self, query_size: int, memory_size: int, config: ModelConfig):
        super().__init__(query_size, memory_size, config)
        self.filters = nn.Conv1d(2, self.FILTERS, self.WIDTH, padding=self.WIDTH // 2, bias=False)
        self.seen = nn.Linear(self.FILTERS, config.attention_size, bias=False)

    def forward(self, query: Tensor, keys: Tensor, looked: Tensor) -> Tensor:  # type: ignore[override]
        """Query [R, 1, D], keys [R, S, A] and earlier weights [R, 2, S] -> scores [R, 1, S], before masking."""
        seen = self.seen(self.filters(looked.to(keys.dtype)).transpose(1, 2))  # [R, S, A]
        return super().forward(query, keys + seen)


class Attention(nn.Module):
    """Compute a context vector for every target position: the mean of the memory, weighted with the softmax of the scores."""

    def __init__(self, score: Score):
        super().__init__()
        self.score = score

    def prepare(self, memory: RecurrentMemory) -> RecurrentMemory:
        return replace(memory, keys=self.score.keys(memory.states))

    def begin(self, memory: RecurrentMemory) -> Tensor | None:
        """Return where the decoder has looked before the first step [R, 2, S]: nowhere. None for a score that does not ask."""
        return _nowhere(memory) if self.score.remembers else None

    def forward(self, query: Tensor, memory: RecurrentMemory, looked: Tensor | None) -> tuple[Tensor, Tensor, Tensor | None]:
        """Query [R, T, D] -> contexts [R, T, M], weights [R, T, S], and where the decoder has looked after the last position.

        Padding gets a weight of exactly 0. `looked` [R, 2, S] has the weights of the last step, and their sum over all steps.
        """
        if looked is None and memory.window is not None:
            looked = _nowhere(memory)
        if looked is None:
            weights = self._weights(query, memory, looked)
        else:  # each step needs the weights of the step before it
            steps = []
            for at in query.split(1, 1):
                steps.append(self._weights(at, memory, looked))
                last = steps[-1][:, 0].to(looked.dtype)
                looked = torch.stack([last, looked[:, 1] + last], 1)
            weights = torch.cat(steps, 1)
        return torch.bmm(weights.to(memory.states.dtype), memory.states), weights, looked

    def _weights(self, query: Tensor, memory: RecurrentMemory, looked: Tensor | None) -> Tensor:
        """Return the weights [R, T, S]: given ones, or the softmax of the scores."""
        if memory.given is not None:
            return memory.given[:, None].expand(-1, query.shape[1], -1)
        scores = self.score(query, memory.keys, looked) if self.score.remembers else self.score(query, memory.keys)
        mask = memory.mask
        if memory.window is not None:
            assert looked is not None
            mask = mask & _near(looked[:, 0], memory.window)
        return masked_softmax(scores, mask[:, None])


def _nowhere(memory: Memory) -> Tensor:
    """Return where the decoder has looked before its first step [R, 2, S]."""
    return memory.states.new_zeros(len(memory.states), 2, memory.states.shape[1])


def _near(last: Tensor, window: tuple[int, int]) -> Tensor:
    """Return the positions [R, S] around the heaviest one of the `last` weights [R, S] (Chorowski et al. 2015, section 2.3); at
    the first step, whose last weights are all 0, around the first position."""
    back, ahead = window
    distance = torch.arange(last.shape[1], device=last.device) - last.argmax(1, keepdim=True)
    return (-back <= distance) & (distance <= ahead)


def masked_softmax(scores: Tensor, mask: Tensor) -> Tensor:
    """Return the softmax over the last dimension; the weight is exactly 0 where `mask` is False."""
    return widen(scores).masked_fill(~mask, float("-inf")).softmax(-1)


class FixedContext(nn.Module):
    """Compute one context vector for all steps from the encoder's last states: Cho et al. 2014, section 2.2 and appendix
    A.1."""

    def __init__(self, memory_size: int):
        super().__init__()
        self.project = nn.Linear(memory_size, memory_size)

    def prepare(self, memory: RecurrentMemory) -> RecurrentMemory:
        return replace(memory, context=torch.tanh(self.project(memory.summary)))

    def begin(self, memory: RecurrentMemory) -> None:
        return None

    def forward(self, query: Tensor, memory: RecurrentMemory, looked: None = None) -> tuple[Tensor, None, None]:
        """Return the same context for each of T positions [R, T, M], and no weights."""
        assert memory.context is not None
        return memory.context[:, None].expand(-1, query.shape[1], -1), None, None


SCORES: dict[str, type[Score]] = {
    "additive": AdditiveScore,
    "dot": DotScore,
    "general": GeneralScore,
    "location": LocationScore,
}
NO_ATTENTION = "none"


def build_context(query_size: int, memory_size: int, config: ModelConfig) -> Attention | FixedContext:
    """Build the attention or the fixed context of the configuration."""
    if config.attention == NO_ATTENTION:
        return FixedContext(memory_size)
    scores = {**SCORES, NO_ATTENTION: None}
    return Attention(choose("attention", config.attention, scores)(query_size, memory_size, config))
