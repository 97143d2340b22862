"""Decoders of the papers of 2014 and 2015; recurrent.py has the encoder and the faster default.

The last map of a decoder ends in E units, because the output layer can be tied to the embeddings.
Symbols: R rows, S source positions, T target positions, E embedding units, M memory units, D decoder units.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from seq2seq.config import ModelConfig
from seq2seq.errors import SettingError
from seq2seq.models.attention import Attention, RecurrentMemory, build_context
from seq2seq.models.layers import LockedDropout
from seq2seq.models.recurrent import Recurrence, RecurrentDecoder, RecurrentState

Decoded = tuple[Tensor, Tensor | None, RecurrentState]  # features [R, T, E], attention [R, T, S], state after the last position


def maxout(x: Tensor) -> Tensor:
    """[.., 2 units] -> [.., units]: the larger of two maps, unit by unit (Goodfellow et al. 2013)."""
    return x.unflatten(-1, (-1, 2)).amax(-1)


class ChoDecoder(RecurrentDecoder):
    """Cho et al. 2014: the context vector enters every step and the readout, a maxout layer (appendix A.1.2)."""

    readout_maps: ClassVar[int] = 2

    def squash(self, x: Tensor) -> Tensor:
        """[R, T, 2E] -> [R, T, E]"""
        return maxout(x)


class Stack(nn.Module):
    """Layers of a cell; each one reads the layer below at the same position."""

    def __init__(self, config: ModelConfig, input_size: int):
        super().__init__()
        sizes = [input_size] + [config.decoder_size] * (config.decoder_layers - 1)
        layers = [Recurrence(config.cell, size, config.decoder_size) for size in sizes]
        self.layers = nn.ModuleList(layers)
        self.state_sizes = [layer.state_size for layer in layers]
        self.dropout = LockedDropout(config.dropout)

    def forward(self, inputs: Tensor, states: Sequence[Tensor]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Inputs [R, T, input_size], one state per layer -> the top layer's outputs [R, T, D], states after the last
        position."""
        after = []
        for number, (layer, before) in enumerate(zip(self.layers, states, strict=True)):
            inputs, state = layer(self.dropout(inputs) if number else inputs, before)
            after.append(state)
        return inputs, tuple(after)


def _check_carried(config: ModelConfig) -> None:
    """Check the sizes for decoders whose layers start from the last states of the encoder's layers."""
    for name in ("layers", "size"):
        encoder, decoder = getattr(config, f"encoder_{name}"), getattr(config, f"decoder_{name}")
        if encoder != decoder:
            raise SettingError(
                f"{{architecture}} {config.architecture!r} hands the encoder's states over to the decoder: "
                f"{{encoder_{name}}} {encoder} and {{decoder_{name}}} {decoder} must be equal"
            )


class SutskeverDecoder(nn.Module):
    """Sutskever et al. 2014, section 2: the decoder gets only its start state from the source."""

    def __init__(self, config: ModelConfig, memory_size: int):
        super().__init__()
        _check_carried(config)
        self.stack = Stack(config, config.embedding_size)
        self.readout = nn.Linear(config.decoder_size, config.embedding_size)
        self.dropout = LockedDropout(config.dropout)
        self.size = config.decoder_size

    def begin(self, memory: RecurrentMemory) -> tuple[RecurrentMemory, RecurrentState]:
        return memory, RecurrentState(memory.last, self.size)

    def forward(self, embedded: Tensor, state: RecurrentState, memory: RecurrentMemory) -> Decoded:
        """Embedded inputs [R, T, E]."""
        outputs, after = self.stack(self.dropout(embedded), state.layers)
        return self.dropout(self.readout(self.dropout(outputs))), None, RecurrentState(after, self.size)


class BahdanauDecoder(nn.Module):
    """Bahdanau et al. 2014, appendix A.2.2: the query is the state *before* a step, and the context vector enters the step.

    So each step needs the step before it, also in training, and the positions are computed one by one.
    """

    def __init__(self, config: ModelConfig, memory_size: int):
        super().__init__()
        size, embedding = config.decoder_size, config.embedding_size
        self.context = build_context(size, memory_size, config)
        self.stack = Stack(config, embedding + memory_size)
        self.start = nn.Linear(config.encoder_size, sum(self.stack.state_sizes))
        self.readout = nn.Linear(size + memory_size + embedding, 2 * embedding)
        self.dropout = LockedDropout(config.dropout)
        self.size, self.backward_size = size, config.encoder_size

    def begin(self, memory: RecurrentMemory) -> tuple[RecurrentMemory, RecurrentState]:
        """Compute the start state only from the backward encoder's state at the first piece, as in the paper."""
        start = torch.tanh(self.start(memory.summary[:, -self.backward_size :]))
        layers = start.split(self.stack.state_sizes, -1)
        return self.context.prepare(memory), RecurrentState(layers, self.size, looked=self.context.begin(memory))

    def forward(self, embedded: Tensor, state: RecurrentState, memory: RecurrentMemory) -> Decoded:
        """Embedded inputs [R, T, E]."""
        embedded = self.dropout(embedded)
        queries, contexts, weights = [], [], []
        for position in embedded.split(1, 1):
            queries.append(state.hidden[:, None])
            context, attention, looked = self.context(queries[-1], memory, state.looked)
            _, after = self.stack(torch.cat([position, context.to(position.dtype)], -1), state.layers)
            state = RecurrentState(after, self.size, looked=looked)
            contexts.append(context)
            weights.append(attention)
        readout_input = torch.cat([self.dropout(torch.cat(queries, 1)), torch.cat(contexts, 1), embedded], -1)
        attended = torch.cat(weights, 1) if isinstance(self.context, Attention) else None
        return self.dropout(maxout(self.readout(readout_input))), attended, state


class LuongDecoder(nn.Module):
    """Luong et al. 2015, section 3: the query is the state *after* a step; the output reads tanh(W [context; state]).

    With input feeding (section 3.3) this attentional vector also enters the next step, so training computes the positions one
    by one.
    """

    def __init__(self, config: ModelConfig, memory_size: int):
        super().__init__()
        _check_carried(config)
        size, embedding = config.decoder_size, config.embedding_size
        self.context = build_context(size, memory_size, config)
        self.stack = Stack(config, embedding * (2 if config.input_feeding else 1))
        self.attentional = nn.Linear(memory_size + size, embedding)
        self.dropout = LockedDropout(config.dropout)
        self.size, self.embedding_size, self.input_feeding = size, embedding, config.input_feeding

    def begin(self, memory: RecurrentMemory) -> tuple[RecurrentMemory, RecurrentState]:
        fed = memory.states.new_zeros(len(memory.states), self.embedding_size) if self.input_feeding else None
        return self.context.prepare(memory), RecurrentState(memory.last, self.size, fed, self.context.begin(memory))

    def forward(self, embedded: Tensor, state: RecurrentState, memory: RecurrentMemory) -> Decoded:
        """Embedded inputs [R, T, E]."""
        features, weights = [], []
        for inputs in self.dropout(embedded).split(1 if state.fed is not None else embedded.shape[1], 1):
            if state.fed is not None:
                inputs = torch.cat([inputs, state.fed[:, None].to(inputs.dtype)], -1)
            outputs, after = self.stack(inputs, state.layers)
            context, attention, looked = self.context(outputs, memory, state.looked)
            vector = torch.tanh(self.attentional(torch.cat([context, self.dropout(outputs)], -1)))
            state = RecurrentState(after, self.size, None if state.fed is None else vector[:, -1], looked)
            features.append(vector)
            weights.append(attention)
        attended = torch.cat(weights, 1) if isinstance(self.context, Attention) else None
        return self.dropout(torch.cat(features, 1)), attended, state
