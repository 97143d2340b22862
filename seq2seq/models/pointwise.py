"""An encoder without recurrence: the state of a position is its own vector.

For a picture, whose vectors come from convolutions, nothing more is needed (Xu et al. 2015, section 3.1.1). For a text it is a
bag of words: the decoder can look a word up, but not see where it stands.

Symbols: B sentences, S source positions, E embedding units.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seq2seq.config import ModelConfig
from seq2seq.models.attention import RecurrentMemory
from seq2seq.models.layers import LockedDropout


class PointwiseEncoder(nn.Module):
    """The vectors themselves. The summary for the decoder's start is their mean."""

    names = ("each position alone",)
    order = ("parallel",)

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.memory_size = config.embedding_size
        self.dropout = LockedDropout(config.dropout)

    def forward(self, embedded: Tensor, lengths: Tensor) -> RecurrentMemory:
        """Embedded source [B, S, E] and lengths [B] -> memory with states [B, S, E]."""
        mask = torch.arange(embedded.shape[1], device=embedded.device) < lengths[:, None]
        states = self.dropout(embedded) * mask[..., None]
        return RecurrentMemory(states=states, mask=mask, summary=states.sum(1) / lengths[:, None], last=())
