"""What a decoder reads of the source: attention, or one fixed context vector.

Symbols: R rows (sentences or beam hypotheses), S source positions, T target positions, M memory units, D decoder units,
A attention units.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from .config import ModelConfig, choose


@dataclass(frozen=True)
class Memory:
    """What the encoder leaves for the decoder. `mask` is True at real source positions and False at padding."""

    states: Tensor  # [R, S, M]
    mask: Tensor  # [R, S]
    summary: Tensor  # [R, M] the encoder's two final states side by side
    keys: Tensor | None = None  # [R, S, A] computed once a sentence by the score function
    context: Tensor | None = None  # [R, M] the fixed context vector, for a model without attention

    def select(self, rows: Tensor) -> Memory:
        """The memory of `rows` [R'], in that order."""
        return Memory(
            self.states[rows],
            self.mask[rows],
            self.summary[rows],
            None if self.keys is None else self.keys[rows],
            None if self.context is None else self.context[rows],
        )


class AdditiveScore(nn.Module):
    """v . tanh(W query + U state): Bahdanau et al. 2014, appendix A.1.2."""

    def __init__(self, query_size: int, memory_size: int, config: ModelConfig):
        super().__init__()
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


class Attention(nn.Module):
    """A context vector for every target position: the memory averaged with the softmax of the scores."""

    def __init__(self, score: nn.Module):
        super().__init__()
        self.score = score

    def prepare(self, memory: Memory) -> Memory:
        return replace(memory, keys=self.score.keys(memory.states))  # type: ignore[operator]

    def forward(self, query: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Query [R, T, D] -> contexts [R, T, M] and weights [R, T, S]; padding gets a weight of exactly 0."""
        scores = self.score(query, memory.keys).float()
        weights = scores.masked_fill(~memory.mask[:, None], float("-inf")).softmax(-1)
        return torch.bmm(weights.to(memory.states.dtype), memory.states), weights


class FixedContext(nn.Module):
    """One context vector for all steps, from the encoder's final states: Cho et al. 2014, section 2.2 and appendix A.1."""

    def __init__(self, memory_size: int):
        super().__init__()
        self.project = nn.Linear(memory_size, memory_size)

    def prepare(self, memory: Memory) -> Memory:
        return replace(memory, context=torch.tanh(self.project(memory.summary)))

    def forward(self, query: Tensor, memory: Memory) -> tuple[Tensor, None]:
        """The same context for each of T positions: [R, T, M]. There are no weights."""
        assert memory.context is not None
        return memory.context[:, None].expand(-1, query.shape[1], -1), None


SCORES: dict[str, type[nn.Module]] = {"additive": AdditiveScore}
NO_ATTENTION = "none"


def build_context(query_size: int, memory_size: int, config: ModelConfig) -> Attention | FixedContext:
    """The reader of the memory that the configuration names."""
    if config.attention == NO_ATTENTION:
        return FixedContext(memory_size)
    scores = {**SCORES, NO_ATTENTION: None}
    return Attention(choose("attention", config.attention, scores)(query_size, memory_size, config))
