"""Recurrent encoder and decoder.

Symbols: B sentences, R rows, S source positions, T target positions, E embedding units, H encoder units a direction, M = 2H,
D decoder units.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .attention import FixedContext, Memory, build_context
from .config import ModelConfig, choose
from .scan import gru_scan

CELLS: dict[str, type[nn.RNNBase]] = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


class Recurrence(nn.Module):
    """One layer of a cell in one direction. Its state is one tensor, whatever the cell: an LSTM's two lie side by side."""

    def __init__(self, cell: str, input_size: int, size: int):
        super().__init__()
        self.cell = choose("cell", cell, CELLS)(input_size, size, batch_first=True)
        self.size = size
        self.state_size = 2 * size if cell == "lstm" else size

    def forward(self, inputs: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Inputs [R, T, input_size], state [R, state_size] or None for zeros -> outputs [R, T, size], state after the last."""
        if torch.is_grad_enabled() and isinstance(self.cell, nn.GRU) and inputs.device.type == "cpu":
            start = inputs.new_zeros(inputs.shape[0], self.size) if state is None else state
            outputs = gru_scan(self.cell, inputs, start)
            return outputs, outputs[:, -1]
        if self.state_size == self.size:
            outputs, last = self.cell(inputs, None if state is None else state[None])
            return outputs, last[0]
        pair = None if state is None else tuple(part.contiguous()[None] for part in state.split(self.size, -1))
        outputs, (hidden, memory) = self.cell(inputs, pair)
        return outputs, torch.cat([hidden[0], memory[0]], -1)


class LockedDropout(nn.Module):
    """Dropout with one mask for all positions of a sentence (Gal and Ghahramani 2016).

    Kinder to recurrence than a fresh mask at each position, and it needs T times fewer random numbers, which on a CPU took up
    to a quarter of a training step.
    """

    def __init__(self, rate: float):
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """[B, T, units] -> the same"""
        if not self.training or not self.rate:
            return x
        keep = torch.rand(x.shape[0], 1, x.shape[2], device=x.device) >= self.rate
        return x * (keep / (1 - self.rate)).to(x.dtype)


class RecurrentEncoder(nn.Module):
    """Reads the source in both directions (Schuster and Paliwal 1997; Bahdanau et al. 2014, section 3.2)."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        sizes = [config.embedding_size] + [2 * config.encoder_size] * (config.encoder_layers - 1)
        self.forwards = nn.ModuleList(Recurrence(config.cell, size, config.encoder_size) for size in sizes)
        self.backwards = nn.ModuleList(Recurrence(config.cell, size, config.encoder_size) for size in sizes)
        self.dropout = LockedDropout(config.dropout)
        self.memory_size = 2 * config.encoder_size

    def forward(self, embedded: Tensor, lengths: Tensor) -> Memory:
        """Embedded source [B, S, E] and lengths [B] -> memory with states [B, S, M]."""
        positions = torch.arange(embedded.shape[1], device=embedded.device)
        mask = positions < lengths[:, None]  # [B, S]
        # Each sentence is reversed within its own length, so that the backward pass starts at its last piece, never at padding.
        reverse = torch.where(mask, lengths[:, None] - 1 - positions, positions)
        states = self.dropout(embedded)
        for forwards, backwards in zip(self.forwards, self.backwards, strict=True):
            ahead, _ = forwards(states)
            back = _reorder(backwards(_reorder(states, reverse))[0], reverse)
            states = self.dropout(torch.cat([ahead, back], -1))
        last = ahead[torch.arange(len(lengths), device=lengths.device), lengths - 1]
        # What lies behind a sentence's end is cleared: a state computed from padding must not reach anybody.
        return Memory(states * mask[..., None], mask, torch.cat([last, back[:, 0]], -1))


def _reorder(x: Tensor, order: Tensor) -> Tensor:
    """[B, S, units] with the positions of each sentence in `order` [B, S]."""
    return x.gather(1, order[..., None].expand_as(x))


@dataclass(frozen=True)
class RecurrentState:
    """The decoder's state: one tensor [R, state_size] a layer, lowest first."""

    layers: tuple[Tensor, ...]
    size: int

    def select(self, rows: Tensor) -> RecurrentState:
        """The states of `rows` [R'], in that order."""
        return RecurrentState(tuple(layer[rows] for layer in self.layers), self.size)

    @property
    def hidden(self) -> Tensor:
        """[R, D] what the top layer shows; an LSTM's inner memory stays inside."""
        return self.layers[-1][:, : self.size]


class RecurrentDecoder(nn.Module):
    """A stack whose first layer reads the target and asks, and whose other layers read its answer.

    The context joins above the first layer and is not fed back into it: the wiring of Wu et al. 2016 (GNMT), section 3. So with
    the whole target at hand every layer runs over all positions at once, and a step is the same call with one position.
    Without attention the one context vector is fed to every layer at every step and to the readout (Cho et al. 2014).
    """

    def __init__(self, config: ModelConfig, memory_size: int):
        super().__init__()
        size = config.decoder_size
        self.context = build_context(size, memory_size, config)
        self.context_everywhere = isinstance(self.context, FixedContext)
        first_size = config.embedding_size + (memory_size if self.context_everywhere else 0)
        self.first = Recurrence(config.cell, first_size, size)
        self.rest = nn.ModuleList(Recurrence(config.cell, size + memory_size, size) for _ in range(config.decoder_layers - 1))
        self.start = nn.Linear(memory_size, sum(layer.state_size for layer in self._layers()))
        self.readout = nn.Linear(size + memory_size + config.embedding_size, config.embedding_size)
        self.dropout = LockedDropout(config.dropout)
        self.size = size

    def _layers(self) -> Iterator[Recurrence]:
        yield self.first
        for layer in self.rest:
            assert isinstance(layer, Recurrence)
            yield layer

    def begin(self, memory: Memory) -> tuple[Memory, RecurrentState]:
        """The memory made ready for reading, and the state before the first piece."""
        start = torch.tanh(self.start(memory.summary))
        layers = start.split([layer.state_size for layer in self._layers()], -1)
        return self.context.prepare(memory), RecurrentState(tuple(layers), self.size)

    def forward(self, embedded: Tensor, state: RecurrentState, memory: Memory) -> tuple[Tensor, Tensor | None, RecurrentState]:
        """Embedded inputs [R, T, E] -> features [R, T, E], attention [R, T, S] or None, state after the last position."""
        embedded = self.dropout(embedded)
        inputs = embedded
        if self.context_everywhere:
            inputs = torch.cat([embedded, self.context(embedded, memory)[0]], -1)
        below, after = self.first(inputs, state.layers[0])
        states = [after]
        context, attention = self.context(below, memory)
        for layer, before in zip(self.rest, state.layers[1:], strict=True):
            below, after = layer(torch.cat([self.dropout(below), context], -1), before)
            states.append(after)
        features = torch.tanh(self.readout(torch.cat([self.dropout(below), context, embedded], -1)))
        return self.dropout(features), attention, RecurrentState(tuple(states), self.size)
