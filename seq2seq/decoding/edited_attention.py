"""Attention by hand: a model whose decoder is given other weights than its own at some steps."""

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

Edits = Mapping[int, Sequence[float]]  # by step, from 0: a weight a source position
NO_EDITS: Edits = MappingProxyType({})


class Edited:
    """Steps of `model` as `decoding.decode` asks for them, for one decode: it counts them. At the steps of `edits` the weights
    are those given, scaled to sum to 1. At all others the decoder attends as it will, in the states that it has come to.

    A recurrent decoder gets the given weights as they are. A Transformer's last layer has the mean of its heads scaled to them
    (`transformer.MultiHead`); its other layers look where they like.
    """

    def __init__(self, model: Seq2Seq, edits: Edits, positions: int):
        """`positions`: source positions S. Raises ValueError for a model or weights with which this cannot be done."""
        if model.config.attention == NO_ATTENTION:
            raise ValueError("this model has no attention that could be edited: its decoder reads the source in another way")
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
    """[S], summing to 1."""
    if len(weights) != positions:
        raise ValueError(f"step {step + 1} is given {len(weights)} weights, but the source has {positions} positions")
    if not all(math.isfinite(weight) and weight >= 0 for weight in weights):
        raise ValueError(f"the weights of step {step + 1} must be numbers from 0 on")
    if not 0 < (total := math.fsum(weights)) < math.inf:
        raise ValueError(f"the weights of step {step + 1} are all 0: leave at least one word to look at")
    return torch.tensor([weight / total for weight in weights], dtype=torch.float64)
