"""The output layer and the cross-entropy in one, some positions at a time.

A batch's distributions (2,000 positions x 6,000 pieces) would be the largest tensors of a training step by far. Here a part of
the positions goes through the layer, its gradient is formed at once and in place, and the part is forgotten.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

CHUNK = 1024  # positions at a time: 24 MB of fp32 for 6,000 pieces


def widen(x: Tensor) -> Tensor:
    """At least fp32: sums of exponentials are never formed in bfloat16."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


class _LinearCrossEntropy(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, target: Tensor, smoothing: float) -> Tensor:
        autocast = torch.is_autocast_enabled(x.device.type)
        dtype = torch.get_autocast_dtype(x.device.type) if autocast else weight.dtype
        x, matrix, offset = x.to(dtype), weight.to(dtype), bias.to(dtype)
        even = smoothing / len(weight)
        wide = torch.promote_types(dtype, torch.float32)
        # The smoothed share of the loss needs the sum of all logits; that is one product with the summed matrix.
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
            grad = logits.copy_(softmax)  # softmax minus the smoothed target, in the logits' place
            grad.sub_(even)
            grad.scatter_(1, wanted, grad.gather(1, wanted) + (smoothing - 1))  # scatter_add_ would copy all of it
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
    """Cross-entropy in nats, summed, of softmax(x weight^T + bias) against `target`.

    x [N, E], weight [V, E], bias [V], target [N] of ids. `smoothing` in [0, 1) spreads that share of the target's probability
    evenly over the V pieces. Gradients come out in the precision of the products (bfloat16 under autocast).
    """
    return _LinearCrossEntropy.apply(x, weight, bias, target, smoothing)
