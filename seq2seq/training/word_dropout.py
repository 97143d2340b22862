"""Word dropout (Bowman et al. 2016, section 3.1): hide words that the decoder reads, so that it must use the source.

In training, the decoder reads the words of the reference. If it always sees the word before, it learns which words follow each
other, and can rely on that instead of its source.
"""

from __future__ import annotations

import torch
from torch import Tensor

from seq2seq.config import PAD, UNK


def drop_words(pieces: Tensor, share: float) -> Tensor:
    """Return the decoder's input `pieces` [B, T] with about `share` of them as “unknown”. Padding stays."""
    dropped = torch.rand(pieces.shape, device=pieces.device) < share
    return pieces.masked_fill(dropped & (pieces != PAD), UNK)
