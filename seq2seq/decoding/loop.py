"""The only decode loop.

At each step a strategy (strategies.py) gets the distributions of all rows and returns children: (parent row, token) pairs. The
loop selects the states of the parents and continues; it needs nothing else from the strategy.

Symbols: B sentences, R rows (live hypotheses of all sentences), C children per step, V pieces, S source positions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from seq2seq.config import BOS
from seq2seq.decoding.strategies import Choice, Rows
from seq2seq.models.attention import Memory
from seq2seq.models.seq2seq import StepOutput
from seq2seq.models.state import State


class Steps(Protocol):
    """The method of a model that decoding needs."""

    def step(self, token: Tensor, state: State, memory: Memory) -> StepOutput: ...


class Lineage(NamedTuple):
    """The parents of a step's hypotheses in the step before."""

    choice: Choice
    alive: Tensor  # [R of the next step] the children that are its rows
    sentences: Tensor  # [C]


class Frame(NamedTuple):
    """The record of one step."""

    lineage: Lineage
    log_probs: Tensor  # [R, V]
    attention: Tensor | None  # [R, S]
    hidden: Tensor  # [R, D] of the decoder's top layer


@torch.inference_mode()
def decode(model: Steps, memory: Memory, state: State, strategy: Any, limits: Tensor) -> Iterator[Frame]:
    """Decode the sentences of `model.encode` step by step, at most `limits` [B] pieces each, end mark included."""
    search = strategy.start(len(limits))
    sentences = all_rows = alive = torch.arange(len(limits), device=limits.device)
    tokens = torch.full_like(sentences, BOS)
    totals = torch.zeros(len(limits), device=limits.device)
    shortest, longest = int(limits.min()), int(limits.max())
    for position in range(longest):
        output = model.step(tokens, state, memory)
        choice = search.choose(output.log_probs, Rows(sentences, totals, position, all_rows, alive))
        owners = sentences if choice.parents is all_rows else sentences[choice.parents]
        goes_on = choice.alive if position + 1 < shortest else choice.alive & (limits[owners] > position + 1)
        unchanged = choice.parents is all_rows and bool(goes_on.all())  # every row continues in its place
        alive = all_rows if unchanged else goes_on.nonzero()[:, 0]
        yield Frame(Lineage(choice, alive, owners), output.log_probs, output.attention, output.state.hidden)
        if unchanged:
            state, tokens, totals = output.state, choice.tokens, choice.totals
            continue
        if not len(alive):
            return
        parents = choice.parents[alive]
        state = output.state.select(parents)
        if len(parents) != len(sentences) or not torch.equal(owners[alive], sentences):
            memory = memory.select(parents)
        sentences, tokens, totals = owners[alive], choice.tokens[alive], choice.totals[alive]
        all_rows = torch.arange(len(sentences), device=limits.device)
