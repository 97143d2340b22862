"""From pixels to one vector per place: a small convolutional network (Xu et al. 2015, section 3.1.1, use a larger one)."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from seq2seq.config import ModelConfig
from seq2seq.errors import SettingError
from seq2seq.sources.picture.reader import GRID

CHANNELS = (32, 64, 96)
LAST = {15: 1, 31: 3}  # pixels that a place sees, and the side of the last filters


class PictureFront(nn.Module):
    """Three convolutions of stride 2, in which a place sees 15 x 15 pixels; then one of stride 1.

    A learned vector says where a place is. No map follows: the decoder reads the vectors themselves.
    """

    def __init__(self, config: ModelConfig):
        super().__init__()
        if config.place_sees not in LAST:
            choices = " or ".join(map(str, LAST))
            raise SettingError(f"{{place_sees}} must be {choices} pixels, not {config.place_sees}")
        last, size = LAST[config.place_sees], config.embedding_size
        kernels = [(3, 2), (3, 2), (3, 2), (last, 1)]
        widths = [3, *CHANNELS, size]
        self.filters = nn.ModuleList(
            nn.Conv2d(before, after, kernel, stride, kernel // 2)
            for (before, after), (kernel, stride) in zip(pairwise(widths), kernels, strict=True)
        )
        self.places = nn.Parameter(torch.zeros(GRID * GRID, size))
        self.norm = nn.LayerNorm(size)

    def forward(self, pixels: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Pixels [B, SIDE, SIDE, 3] in 0 to 255 -> vectors [B, GRID * GRID, E], row by row, and their number [B]."""
        x = pixels.permute(0, 3, 1, 2).to(self.places.dtype) / 127.5 - 1
        for filters in self.filters:
            x = torch.relu(filters(x))
        x = self.norm(x.flatten(2).transpose(1, 2) + self.places)
        return x, torch.full_like(lengths, GRID * GRID)
