"""Word dropout (Bowman et al. 2016, section 3.1): hide some of the decoder's own words, so that it must look at the source.

A decoder that always reads the word before may learn which words follow each other, and then believe that more than its source.
"""

from __future__ import annotations

import torch
from torch import Tensor

from seq2seq.config import PAD, UNK


def drop_words(pieces: Tensor, share: float) -> Tensor:
    """Return the decoder's input `pieces` [B, T] with about `share` of them as “unknown”. Padding stays."""
    dropped = torch.rand(pieces.shape, device=pieces.device) < share
    return pieces.masked_fill(dropped & (pieces != PAD), UNK)
