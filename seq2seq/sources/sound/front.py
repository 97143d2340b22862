"""From a spectrogram to one vector for each 50 ms: two convolutions of stride 2, which also shorten time (Chan et al. 2016)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seq2seq.config import ModelConfig
from seq2seq.sources.sound.spectrogram import BANDS

CHANNELS = 32
LAYERS = 2
FRAMES = 2**LAYERS  # of the spectrogram, in one position


class SoundFront(nn.Module):
    def __init__(self, config: ModelConfig):
        super().__init__()
        self.filters = nn.ModuleList(nn.Conv2d(1 if not i else CHANNELS, CHANNELS, 3, 2, 1) for i in range(LAYERS))
        self.vector = nn.Linear(CHANNELS * BANDS // FRAMES, config.embedding_size)
        self.norm = nn.LayerNorm(config.embedding_size)

    def forward(self, spectrogram: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Log energies [B, F, BANDS] -> vectors [B, S, E] and their numbers [B]; S = F / FRAMES, rounded up."""
        x = spectrogram.to(self.vector.weight.dtype)[:, None]
        for filters in self.filters:
            x = torch.relu(filters(x))
            lengths = (lengths + 1) // 2
            real = torch.arange(x.shape[2], device=x.device) < lengths[:, None]
            x = x * real[:, None, :, None]  # so that padding has no effect on the next convolution
        x = x.permute(0, 2, 1, 3).flatten(2)
        return self.norm(self.vector(x)), lengths
