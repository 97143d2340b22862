"""Layers that all architectures share: dropout, and the output layer with its cross-entropy.

Both forms of dropout draw few random numbers, because on a CPU this can take a quarter of a training step.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function

CHUNK = 1024  # positions per call of the output layer: 24 MB of fp32 for 6,000 pieces
_LEVELS = 256  # one random byte per unit, so the rate is exact to 1/512


class Dropout(nn.Module):
    """Drop every unit of every position with probability `rate`, and scale the others up (Srivastava et al. 2014)."""

    def __init__(self, rate: float):
        super().__init__()
        self.dropped_levels = round(rate * _LEVELS)

    def forward(self, x: Tensor) -> Tensor:
        """[.., units] -> the same; untouched unless training."""
        if not self.training or not self.dropped_levels:
            return x
        # One random number of 64 bits is enough for eight units.
        drawn = torch.empty((x.numel() + 7) // 8, dtype=torch.int64, device=x.device).random_(-(2**63), None)
        keep = drawn.view(torch.uint8)[: x.numel()].view(x.shape) >= self.dropped_levels
        return x * keep.to(x.dtype).mul_(_LEVELS / (_LEVELS - self.dropped_levels))


class LockedDropout(nn.Module):
    """Use one mask for all positions of a sentence (Gal and Ghahramani 2016), so that a unit is dropped at all steps or at
    none."""

    def __init__(self, rate: float):
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """[B, T, units] -> the same; untouched unless training."""
        if not self.training or not self.rate:
            return x
        keep = torch.rand(x.shape[0], 1, x.shape[2], device=x.device) >= self.rate
        return x * (keep / (1 - self.rate)).to(x.dtype)


def widen(x: Tensor) -> Tensor:
    """Convert to at least fp32, because sums of exponentials in bfloat16 are too inaccurate."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


class _LinearCrossEntropy(Function):
    """The output layer and the cross-entropy in one function, for CHUNK positions at a time.

    The distributions of a batch (2,000 positions x 6,000 pieces) would be by far the largest tensors of a training step. Here
    the gradient of each chunk is computed at once and in place, and its logits are freed.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, target: Tensor, smoothing: float) -> Tensor:
        autocast = torch.is_autocast_enabled(x.device.type)
        dtype = torch.get_autocast_dtype(x.device.type) if autocast else weight.dtype
        x, matrix, offset = x.to(dtype), weight.to(dtype), bias.to(dtype)
        even = smoothing / len(weight)
        wide = torch.promote_types(dtype, torch.float32)
        # The smoothing term needs the sum of all logits; one product with the summed matrix gives it.
        total = -even * ((x.to(weight.dtype) @ weight.sum(0)).sum() + len(x) * bias.sum())
        grad_x = torch.empty_like(x)
        grad_weight, grad_bias = torch.zeros_like(weight), torch.zeros_like(bias)
        for part, wanted, out in zip(x.split(CHUNK), target[:, None].split(CHUNK), grad_x.split(CHUNK), strict=True):
            logits = torch.addmm(offset, part, matrix.T)  # [n, V]
            softmax = logits.softmax(-1, dtype=wide)
            wanted_logits = logits.gather(1, wanted).to(wide)
            wanted_losses = -softmax.gather(1, wanted).clamp_min(torch.finfo(wide).tiny).log()
            total = total + (wanted_losses + smoothing * wanted_logits).sum()
            if not any(ctx.needs_input_grad):
                continue
            grad = logits.copy_(softmax)  # softmax minus the smoothed target, stored in the memory of the logits
            grad.sub_(even)
            grad.scatter_(1, wanted, grad.gather(1, wanted) + (smoothing - 1))  # scatter_add_ would copy the whole tensor
            grad_bias += grad.sum(0)
            torch.mm(grad, matrix, out=out)
            grad_weight += grad.T @ part
        ctx.save_for_backward(grad_x, grad_weight, grad_bias)
        return total

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        (grad,) = grads
        grad_x, grad_weight, grad_bias = ctx.saved_tensors
        return grad_x * grad, grad_weight * grad, grad_bias * grad, None, None


def linear_cross_entropy(x: Tensor, weight: Tensor, bias: Tensor, target: Tensor, smoothing: float = 0.0) -> Tensor:
    """Return the summed cross-entropy in nats of softmax(x weight^T + bias) and `target`.

    x [N, E], weight [V, E], bias [V], target [N] of ids. `smoothing` in [0, 1) spreads that share of the target's probability
    evenly over the V pieces. Gradients have the precision of the products (bfloat16 under autocast).
    """
    return _LinearCrossEntropy.apply(x, weight, bias, target, smoothing)
