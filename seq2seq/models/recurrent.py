"""Recurrent cells, the encoder of all recurrent architectures, and the default decoder. Other decoders: papers.py.

Symbols: B sentences, R rows, S source positions, T target positions, E embedding units, H encoder units per direction, M memory
units (2H for both directions, else H), D decoder units.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from seq2seq.config import ModelConfig, choose
from seq2seq.errors import SettingError
from seq2seq.models.attention import FixedContext, RecurrentMemory, build_context
from seq2seq.models.cells import gates
from seq2seq.models.cells.gates import Explanation
from seq2seq.models.cells.gru_scan import gru_scan
from seq2seq.models.layers import LockedDropout
from seq2seq.models.state import PerRow


@dataclass(frozen=True)
class Cell:
    """A recurrent cell. `module(input_size, size, batch_first=True)` is called like PyTorch's `nn.GRU`."""

    title: str
    module: type[nn.Module]
    state_parts: int = 1  # number of tensors of `size` units in its state; the first one is its output
    explanation: Explanation | None = None  # its step gate by gate; None: the view Inside cannot show it


CELLS: dict[str, Cell] = {
    "rnn": Cell("RNN", nn.RNN, explanation=Explanation(gates.rnn)),
    "gru": Cell("GRU", nn.GRU, explanation=Explanation(gates.gru, ("update", "reset"), keeps="update")),
    "lstm": Cell(
        "LSTM", nn.LSTM, state_parts=2, explanation=Explanation(gates.lstm, ("forget", "input", "output"), keeps="forget")
    ),
}


class Recurrence(nn.Module):
    """One layer of a cell in one direction. Its state is always one tensor; the two of an LSTM are concatenated."""

    def __init__(self, cell: str, input_size: int, size: int):
        super().__init__()
        kind: Cell = choose("cell", cell, CELLS)
        self.explanation = kind.explanation
        self.cell = kind.module(input_size, size, batch_first=True)
        self.size = size
        self.state_size = kind.state_parts * size

    def forward(self, inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Inputs [R, T, input_size], state [R, state_size] -> outputs [R, T, size], state after the last position."""
        if torch.is_grad_enabled() and isinstance(self.cell, nn.GRU) and inputs.device.type == "cpu":
            outputs = gru_scan(self.cell, inputs, state)
            return outputs, outputs[:, -1]
        if self.state_size == self.size:
            outputs, last = self.cell(inputs, state[None])
            return outputs, last[0]
        outputs, (hidden, memory) = self.cell(inputs, self._pair(state))
        return outputs, torch.cat([hidden[0], memory[0]], -1)

    def read(self, inputs: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Padded inputs [B, S, input_size] from a state of zeros -> outputs [B, S, size], state after each row's own end."""
        start = inputs.new_zeros(inputs.shape[0], self.state_size)
        if self.state_size == self.size:
            outputs, _ = self(inputs, start)
            return outputs, outputs[torch.arange(len(lengths), device=lengths.device), lengths - 1]
        # An LSTM's inner memory is not part of the outputs, so the library must stop at the end of each row.
        packed = nn.utils.rnn.pack_padded_sequence(inputs, lengths.cpu(), batch_first=True, enforce_sorted=False)
        outputs, (hidden, memory) = self.cell(packed, self._pair(start))
        padded, _ = nn.utils.rnn.pad_packed_sequence(outputs, batch_first=True, total_length=inputs.shape[1])
        return padded, torch.cat([hidden[0], memory[0]], -1)

    def _pair(self, state: Tensor) -> tuple[Tensor, ...]:
        return tuple(part.contiguous()[None] for part in state.split(self.size, -1))


class RecurrentEncoder(nn.Module):
    """Read the source forwards, backwards, or in both directions (Schuster and Paliwal 1997; Bahdanau et al. 2014, 3.2).

    `names` are the directions, in the order in which their states are concatenated.
    """

    def __init__(self, config: ModelConfig):
        super().__init__()
        if config.bidirectional and config.reverse_source:
            raise SettingError("{reverse_source} needs {bidirectional} off: a bidirectional encoder reads backwards already")
        self.names: tuple[str, ...] = ("backward",) if config.reverse_source else ("forward",)
        if config.bidirectional:
            self.names = ("forward", "backward")
        self.order = self.names
        self.memory_size = config.encoder_size * len(self.names)
        sizes = [config.embedding_size] + [self.memory_size] * (config.encoder_layers - 1)
        for direction in self.names:
            layers = nn.ModuleList(Recurrence(config.cell, size, config.encoder_size) for size in sizes)
            self.add_module(f"{direction}s", layers)
        self.dropout = LockedDropout(config.dropout)
        self.depth, self.size = config.encoder_layers, config.encoder_size

    def forward(self, embedded: Tensor, lengths: Tensor) -> RecurrentMemory:
        """Embedded source [B, S, E] and lengths [B] -> memory with states [B, S, M]."""
        positions = torch.arange(embedded.shape[1], device=embedded.device)
        mask = positions < lengths[:, None]  # [B, S]
        # Each sentence is reversed within its own length, so that the backward direction starts at its last piece, not at
        # padding.
        reverse = torch.where(mask, lengths[:, None] - 1 - positions, positions)
        states, last = self.dropout(embedded), []
        for layer in range(self.depth):
            read = [self._read(direction, layer, states, lengths, reverse) for direction in self.names]
            outputs, ends = zip(*read, strict=True)
            last.append(torch.cat(ends, -1))
            states = self.dropout(torch.cat(outputs, -1))
        summary = torch.cat([end[:, : self.size] for end in ends], -1)
        # States after the end of a sentence are set to 0, so that padding has no effect.
        return RecurrentMemory(states=states * mask[..., None], mask=mask, summary=summary, last=tuple(last))

    def _read(self, direction: str, layer: int, inputs: Tensor, lengths: Tensor, reverse: Tensor) -> tuple[Tensor, Tensor]:
        recurrence = self.get_submodule(f"{direction}s.{layer}")
        assert isinstance(recurrence, Recurrence)
        if direction == "forward":
            return recurrence.read(inputs, lengths)
        outputs, end = recurrence.read(_reorder(inputs, reverse), lengths)
        return _reorder(outputs, reverse), end


def _reorder(x: Tensor, order: Tensor) -> Tensor:
    """Reorder the positions of each sentence of [B, S, units] by `order` [B, S]."""
    return x.gather(1, order[..., None].expand_as(x))


@dataclass(frozen=True)
class RecurrentState(PerRow):
    """The decoder's state: one tensor [R, state_size] per layer, lowest first."""

    layers: tuple[Tensor, ...]
    size: int
    fed: Tensor | None = None  # [R, E] the vector of input feeding for the next step
    looked: Tensor | None = None  # [R, 2, S] where the decoder has looked, for a score that asks (attention.py)

    @property
    def hidden(self) -> Tensor:
        """Return the hidden state [R, D] of the top layer, without an LSTM's inner memory."""
        return self.layers[-1][:, : self.size]


class LearnedStart(nn.Module):
    """One learned start state for all sentences. It holds nothing of the source, so the first step must look its word up."""

    def __init__(self, memory_size: int, size: int):
        super().__init__()
        self.state = nn.Parameter(torch.zeros(size))

    def forward(self, summary: Tensor) -> Tensor:
        """Summary of the source [R, M] -> start state [R, size] before the tanh, the same in each row."""
        return self.state.expand(len(summary), -1)


# How the decoder of the family `recurrent` starts: in a state made from the encoder's final states (Cho et al. 2014), or in a
# learned one.
STARTS: dict[str, Callable[[int, int], nn.Linear | LearnedStart]] = {"encoder": nn.Linear, "learned": LearnedStart}


class RecurrentDecoder(nn.Module):
    """A stack whose first layer reads the target and makes the queries; the other layers also read the context vectors.

    The context does not enter the first layer, as in Wu et al. 2016 (GNMT), section 3. So in training every layer runs over all
    positions at once, and a decoding step is the same call with one position. Without attention, the fixed context vector
    enters every layer at every step, and the readout (Cho et al. 2014).
    """

    readout_maps: ClassVar[int] = 1

    def __init__(self, config: ModelConfig, memory_size: int):
        super().__init__()
        size = config.decoder_size
        self.context = build_context(size, memory_size, config)
        self.context_everywhere = isinstance(self.context, FixedContext)
        first_size = config.embedding_size + (memory_size if self.context_everywhere else 0)
        self.first = Recurrence(config.cell, first_size, size)
        self.rest = nn.ModuleList(Recurrence(config.cell, size + memory_size, size) for _ in range(config.decoder_layers - 1))
        self.state_sizes = [self.first.state_size] * config.decoder_layers  # all layers have the same size
        self.start: nn.Linear | LearnedStart = choose("start", config.start, STARTS)(memory_size, sum(self.state_sizes))
        self.readout = nn.Linear(size + memory_size + config.embedding_size, self.readout_maps * config.embedding_size)
        self.dropout = LockedDropout(config.dropout)
        self.size = size

    def squash(self, x: Tensor) -> Tensor:
        """[R, T, maps * E] -> [R, T, E]"""
        return torch.tanh(x)

    def begin(self, memory: RecurrentMemory) -> tuple[RecurrentMemory, RecurrentState]:
        """Return the prepared memory, and the state before the first piece."""
        start = torch.tanh(self.start(memory.summary))
        layers = start.split(self.state_sizes, -1)
        return self.context.prepare(memory), RecurrentState(tuple(layers), self.size, looked=self.context.begin(memory))

    def forward(
        self, embedded: Tensor, state: RecurrentState, memory: RecurrentMemory
    ) -> tuple[Tensor, Tensor | None, RecurrentState]:
        """Embedded inputs [R, T, E] -> features [R, T, E], attention [R, T, S] or None, state after the last position."""
        embedded = self.dropout(embedded)
        inputs = embedded
        if self.context_everywhere:
            inputs = torch.cat([embedded, self.context(embedded, memory)[0]], -1)
        below, after = self.first(inputs, state.layers[0])
        states = [after]
        context, attention, looked = self.context(below, memory, state.looked)
        for layer, before in zip(self.rest, state.layers[1:], strict=True):
            below, after = layer(torch.cat([self.dropout(below), context], -1), before)
            states.append(after)
        features = self.squash(self.readout(torch.cat([self.dropout(below), context, embedded], -1)))
        return self.dropout(features), attention, RecurrentState(tuple(states), self.size, looked=looked)
