"""A GRU layer over a whole sequence with a manual gradient, for training on a CPU.

PyTorch's GRU on a CPU records every small operation of every step. Here a step is one matrix product and a few elementwise
operations; everything that does not depend on the step before (factors of the gradient, gradients of the weights) is one
operation for all steps. On a GPU cuDNN is faster, and decoding needs no gradient: both use `nn.GRU`.

Symbols: B sentences, T positions, H units.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function

from seq2seq.models.layers import widen


class _Scan(Function):
    """h_t = (1 - z) n + z h_(t-1), with n = tanh(x_n + r (W_n h + b_n)): Cho et al. 2014, in PyTorch's variant of the reset."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, start: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """Gate inputs [T, B, 3H], start [B, H], weight [3H, H], bias [3H] -> states [T, B, H]."""
        length, batch, size = inputs.shape[0], inputs.shape[1], weight.shape[1]
        matrix, offset = weight.to(inputs.dtype), bias.to(inputs.dtype)
        states = inputs.new_empty(length + 1, batch, size)
        states[0] = start
        gates = inputs.new_empty(length, batch, 2 * size)  # reset and update
        news, hiddens = inputs.new_empty(2, length, batch, size)
        for t in range(length):
            product = torch.addmm(offset, states[t], matrix.T)
            torch.add(inputs[t, :, : 2 * size], product[:, : 2 * size], out=gates[t]).sigmoid_()
            hiddens[t] = product[:, 2 * size :]
            torch.addcmul(inputs[t, :, 2 * size :], gates[t, :, :size], hiddens[t], out=news[t]).tanh_()
            torch.lerp(news[t], states[t], gates[t, :, size:], out=states[t + 1])
        ctx.save_for_backward(states, gates, news, hiddens, matrix)
        return states[1:]

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, ...]:
        (grad,) = grads
        states, gates, news, hiddens, matrix = ctx.saved_tensors
        length, batch, size = news.shape
        reset, update = gates.split(size, -1)
        # Derivatives of the new state by each gate's input; they do not depend on the backward loop.
        by_new = (1 - update) * (1 - news * news)
        by_update = (states[:-1] - news) * update * (1 - update)
        by_reset = hiddens * reset * (1 - reset)
        grad_inputs = states.new_empty(length, batch, 3 * size)
        grad_products = states.new_empty(length, batch, 3 * size)
        carry = torch.zeros_like(states[0])
        for t in range(length - 1, -1, -1):
            carry = carry + grad[t]
            into = grad_inputs[t]
            new = torch.mul(carry, by_new[t], out=into[:, 2 * size :])
            torch.mul(new, by_reset[t], out=into[:, :size])
            torch.mul(carry, by_update[t], out=into[:, size : 2 * size])
            back = grad_products[t]
            back[:, : 2 * size] = into[:, : 2 * size]
            torch.mul(new, reset[t], out=back[:, 2 * size :])
            carry = torch.addmm(carry * update[t], back, matrix)
        flat = grad_products.flatten(0, 1)
        grad_weight = widen(flat.T @ states[:-1].flatten(0, 1))
        return grad_inputs, carry, grad_weight, widen(flat).sum(0)


def gru_scan(cell: nn.GRU, inputs: Tensor, start: Tensor) -> Tensor:
    """Return the outputs [B, T, H] of a one-layer, batch-first `cell` for inputs [B, T, I] and start [B, H], all with
    gradients."""
    # Time is the first dimension, so that the rows of a step are contiguous. Under autocast this product and the scan use
    # bfloat16.
    from_inputs, from_state, input_bias, state_bias = cell.all_weights[0]
    gates = nn.functional.linear(inputs.transpose(0, 1), from_inputs, input_bias)
    return _Scan.apply(gates, start, from_state, state_bias).transpose(0, 1)
