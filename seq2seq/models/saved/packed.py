"""A model packed for decoding one sentence on a CPU.

With one row, reading the matrices from memory limits the speed of a step. FBGEMM, a library of PyTorch, stores a matrix in fp16
in the order in which the product reads it; sums are in fp32. A checkpoint's weights are fp16 already, so packing adds no
rounding, and rows do not influence each other. A packed cell is one call instead of a dozen.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn

from seq2seq.models.recurrent import Recurrence
from seq2seq.models.seq2seq import Seq2Seq

# The packed operator of each cell, by its name in `torch.ops.quantized`. Other cells are not packed.
_CELLS = {
    nn.GRU: "quantized_gru_cell_dynamic",
    nn.LSTM: "quantized_lstm_cell_dynamic",
    nn.RNN: "quantized_rnn_tanh_cell_dynamic",
}
SMALL = 2**16  # a smaller matrix stays in the processor's cache, so packing does not help


class PackedLinear(nn.Module):
    """A linear map with its matrix in fp16 and sums in fp32."""

    def __init__(self, linear: nn.Linear):
        super().__init__()
        self._packed = _pack(linear.weight, linear.bias)
        self._product = _operator("linear_dynamic_fp16")

    def forward(self, x: Tensor) -> Tensor:
        """[.., inputs] -> [.., outputs]"""
        return self._product(x, self._packed)


class PackedRecurrence(nn.Module):
    """A `Recurrence` whose cell is one call per position."""

    def __init__(self, recurrence: Recurrence):
        super().__init__()
        cell: Any = recurrence.cell
        from_inputs, from_state, input_bias, state_bias = cell.all_weights[0]
        self._packed = (_pack(from_inputs, input_bias), _pack(from_state, state_bias), input_bias, state_bias)
        self._cell = _operator(_CELLS[type(cell)])
        self.size, self.state_size = recurrence.size, recurrence.state_size

    def forward(self, inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Inputs [R, T, input_size], state [R, state_size] -> outputs [R, T, size], state after the last position."""
        outputs = []
        for position in inputs.unbind(1):
            if self.state_size == self.size:
                state = self._cell(position, state, *self._packed)
            else:
                state = torch.cat(self._cell(position, state.chunk(2, -1), *self._packed), -1)
            outputs.append(state[:, None, : self.size])
        return outputs[0] if len(outputs) == 1 else torch.cat(outputs, 1), state


def _operator(name: str) -> Any:
    """Return an operator of `torch.ops.quantized`, on use, because a later PyTorch may not have it.

    Raises AttributeError if this build of PyTorch lacks it.
    """
    return getattr(torch.ops.quantized, name).default


def _pack(weight: Tensor, bias: Tensor | None) -> Any:
    return _operator("linear_prepack_fp16")(weight.detach().float().contiguous(), bias)


def pack_linear(linear: nn.Linear) -> nn.Module:
    """Pack a large layer. Raises RuntimeError without FBGEMM, AttributeError if PyTorch lacks the operator."""
    return linear if linear.weight.numel() < SMALL else PackedLinear(linear)


def pack(model: Seq2Seq) -> Seq2Seq:
    """Return `model` with a packed decoder and output layer, or `model` itself if packing is not possible here.

    The encoder reads a whole sentence at once, so packing does not help; embeddings need no product.
    """
    if model.device.type != "cpu" or model.output.weight.dtype != torch.float32:
        return model
    try:
        decoder, output = copy.deepcopy(model.decoder), pack_linear(model.output)
        _pack_all(decoder)
    except (AttributeError, RuntimeError):  # no such operator in this PyTorch, or no FBGEMM on this processor
        return model
    packed = copy.copy(model)
    packed._modules = {**model._modules, "decoder": decoder, "output": output}
    return packed


def _pack_all(module: nn.Module) -> None:
    for name, child in module.named_children():
        if isinstance(child, Recurrence):
            if type(child.cell) in _CELLS:
                setattr(module, name, PackedRecurrence(child))
        elif isinstance(child, nn.Linear):
            setattr(module, name, pack_linear(child))
        else:
            _pack_all(child)
