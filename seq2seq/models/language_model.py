"""The decoder alone: a language model p(target), for which there is nothing to read (Mikolov et al. 2010).

It is an encoder-decoder like the others, so that the decode loop, the strategies, the trace and the training need no second
version. Its encoder hands nothing over, and its source is the end mark alone.

Symbols: B sentences, R rows, S source positions, T target positions, E embedding units, D decoder units.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seq2seq.config import ModelConfig
from seq2seq.models.attention import RecurrentMemory
from seq2seq.models.layers import LockedDropout
from seq2seq.models.papers import Decoded, Stack
from seq2seq.models.recurrent import LearnedStart, RecurrentState


class NoEncoder(nn.Module):
    """Read nothing: the memory is one unit per position, always 0, whatever the source is."""

    names = ("nothing",)
    order = ("parallel",)
    memory_size = 1

    def __init__(self, config: ModelConfig):
        super().__init__()

    def forward(self, embedded: Tensor, lengths: Tensor) -> RecurrentMemory:
        """Embedded source [B, S, E] and lengths [B] -> memory of zeros [B, S, 1]."""
        mask = torch.arange(embedded.shape[1], device=embedded.device) < lengths[:, None]
        states = torch.zeros_like(embedded[..., :1])
        return RecurrentMemory(states=states, mask=mask, summary=states[:, 0], last=())


class LanguageModelDecoder(nn.Module):
    """A stack of recurrent layers that starts in a learned state; each step reads only the piece before it and the state."""

    def __init__(self, config: ModelConfig, memory_size: int):
        super().__init__()
        self.stack = Stack(config, config.embedding_size)
        self.start = LearnedStart(memory_size, sum(self.stack.state_sizes))
        self.readout = nn.Linear(config.decoder_size, config.embedding_size)
        self.dropout = LockedDropout(config.dropout)
        self.size = config.decoder_size

    def begin(self, memory: RecurrentMemory) -> tuple[RecurrentMemory, RecurrentState]:
        start = torch.tanh(self.start(memory.summary))
        return memory, RecurrentState(start.split(self.stack.state_sizes, -1), self.size)

    def forward(self, embedded: Tensor, state: RecurrentState, memory: RecurrentMemory) -> Decoded:
        """Embedded inputs [R, T, E]."""
        outputs, after = self.stack(self.dropout(embedded), state.layers)
        return self.dropout(self.readout(self.dropout(outputs))), None, RecurrentState(after, self.size)
