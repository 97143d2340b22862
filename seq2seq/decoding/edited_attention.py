"""Edited attention: a model whose decoder gets other attention weights than its own at some steps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import torch
from torch import Tensor

from seq2seq.models.attention import NO_ATTENTION, Memory
from seq2seq.models.seq2seq import Seq2Seq, StepOutput
from seq2seq.models.state import State

Edits = Mapping[int, Sequence[float]]  # step, counted from 0 -> one weight per source position
NO_EDITS: Edits = MappingProxyType({})


class Edited:
    """The steps of `model` for one decode; it counts them. At the steps of `edits` the weights are the given ones, scaled to
    sum to 1. At all other steps the decoder computes its own weights from its current state.

    A recurrent decoder uses the given weights directly. In a Transformer, the mean over the heads of the shown layer is scaled
    to them (`transformer.MultiHead`); the other layers are not edited.
    """

    def __init__(self, model: Seq2Seq, edits: Edits, positions: int):
        """Check the `edits` for S source `positions`. Raises ValueError for a model without attention or invalid weights."""
        if model.config.attention == NO_ATTENTION:
            raise ValueError("this model has no attention that could be edited")
        self._model = model
        self._given = {step: _weights(weights, positions, step).to(model.device) for step, weights in edits.items()}
        self._position = 0

    def step(self, token: Tensor, state: State, memory: Memory) -> StepOutput:
        given = self._given.get(self._position)
        self._position += 1
        if given is not None:
            memory = replace(memory, given=given.to(memory.states.dtype).expand(len(token), -1))
        return self._model.step(token, state, memory)


def _weights(weights: Sequence[float], positions: int, step: int) -> Tensor:
    """Return the weights [S], scaled to sum to 1."""
    if len(weights) != positions:
        raise ValueError(f"step {step + 1} is given {len(weights)} weights, but the source has {positions} positions")
    if not all(math.isfinite(weight) and weight >= 0 for weight in weights):
        raise ValueError(f"the weights of step {step + 1} must be numbers from 0 on")
    if not 0 < (total := math.fsum(weights)) < math.inf:
        raise ValueError(f"the weights of step {step + 1} are all 0: at least one must be larger")
    return torch.tensor([weight / total for weight in weights], dtype=torch.float64)
