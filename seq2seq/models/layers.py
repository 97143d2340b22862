"""Dropout in two forms, both sparing with random numbers: on a CPU drawing them can take a quarter of a training step."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_LEVELS = 256  # a random byte decides on a unit, so a rate is met to within 1/512


class Dropout(nn.Module):
    """Every unit of every position is dropped with probability `rate`, the others are scaled up (Srivastava et al. 2014)."""

    def __init__(self, rate: float):
        super().__init__()
        self.dropped_levels = round(rate * _LEVELS)

    def forward(self, x: Tensor) -> Tensor:
        """[.., units] -> the same; untouched unless training."""
        if not self.training or not self.dropped_levels:
            return x
        # One draw of 64 bits decides on eight units.
        drawn = torch.empty((x.numel() + 7) // 8, dtype=torch.int64, device=x.device).random_(-(2**63), None)
        keep = drawn.view(torch.uint8)[: x.numel()].view(x.shape) >= self.dropped_levels
        return x * keep.to(x.dtype).mul_(_LEVELS / (_LEVELS - self.dropped_levels))


class LockedDropout(nn.Module):
    """One mask for all positions of a sentence (Gal and Ghahramani 2016): a unit is there or not, a state cannot flicker."""

    def __init__(self, rate: float):
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """[B, T, units] -> the same; untouched unless training."""
        if not self.training or not self.rate:
            return x
        keep = torch.rand(x.shape[0], 1, x.shape[2], device=x.device) >= self.rate
        return x * (keep / (1 - self.rate)).to(x.dtype)
