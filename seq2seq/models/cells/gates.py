"""One step of a recurrent cell, gate by gate, as the papers write it. Slower than PyTorch's cells, and equal to them.

Each function reads x_t [R, inputs] and the state before it [R, state_size], and returns every part of the step [R, D]. A gate
can be held at another value, to see what it does. Symbols: R rows, D units.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

Held = Mapping[str, float]  # gate -> the value that it gets in all units
NOTHING: Held = {}


class Step(NamedTuple):
    """A step taken apart. The new memory of a unit is `kept + written`."""

    from_input: dict[str, Tensor]  # W x + b, by gate
    from_state: dict[str, Tensor]  # U h + b, by gate
    gates: dict[str, Tensor]  # their activations; the candidate is one of them
    kept: Tensor
    written: Tensor
    hidden: Tensor  # the cell's output
    state: Tensor  # [R, state_size] all that the next step gets


def _sums(cell: Any, x: Tensor, hidden: Tensor, names: tuple[str, ...]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Return what the input and the state give to each gate. PyTorch stacks the matrices of the gates in this order."""
    from_inputs, from_state, input_bias, state_bias = cell.all_weights[0]
    parts = F.linear(x, from_inputs, input_bias), F.linear(hidden, from_state, state_bias)
    first, second = (dict(zip(names, part.chunk(len(names), -1), strict=True)) for part in parts)
    return first, second


def _set(gates: dict[str, Tensor], held: Held) -> dict[str, Tensor]:
    return {name: torch.full_like(gate, held[name]) if name in held else gate for name, gate in gates.items()}


def gru(cell: Any, x: Tensor, state: Tensor, held: Held = NOTHING) -> Step:
    """Cho et al. 2014, equations 5 to 8, with PyTorch's reset gate, which multiplies U h instead of h:

    r = sigmoid(W_r x + U_r h);  z = sigmoid(W_z x + U_z h);  n = tanh(W x + r * U h);  h' = z * h + (1 - z) * n
    """
    w, u = _sums(cell, x, state, ("reset", "update", "candidate"))
    gates = _set({name: torch.sigmoid(w[name] + u[name]) for name in ("reset", "update")}, held)
    candidate = torch.tanh(w["candidate"] + gates["reset"] * u["candidate"])
    kept, written = gates["update"] * state, (1 - gates["update"]) * candidate
    hidden = kept + written
    return Step(w, u, {**gates, "candidate": candidate}, kept, written, hidden, hidden)


def lstm(cell: Any, x: Tensor, state: Tensor, held: Held = NOTHING) -> Step:
    """Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000:

    i, f, o = sigmoid(W x + U h);  g = tanh(W_g x + U_g h);  c' = f * c + i * g;  h' = o * tanh(c')
    """
    hidden, memory = state.chunk(2, -1)
    w, u = _sums(cell, x, hidden, ("input", "forget", "candidate", "output"))
    gates = _set({name: torch.sigmoid(w[name] + u[name]) for name in ("input", "forget", "output")}, held)
    candidate = torch.tanh(w["candidate"] + u["candidate"])
    kept, written = gates["forget"] * memory, gates["input"] * candidate
    hidden = gates["output"] * torch.tanh(kept + written)
    return Step(w, u, {**gates, "candidate": candidate}, kept, written, hidden, torch.cat([hidden, kept + written], -1))


def rnn(cell: Any, x: Tensor, state: Tensor, held: Held = NOTHING) -> Step:
    """Elman 1990: h' = tanh(W x + U h). There is no gate; the two terms are what the input and the state give."""
    w, u = _sums(cell, x, state, ("sum",))
    hidden = torch.tanh(w["sum"] + u["sum"])
    return Step(w, u, {}, u["sum"], w["sum"], hidden, hidden)


class Explanation(NamedTuple):
    """How a cell is taken apart: its step, the gates that can be held, and the gate that keeps the memory, if there is one."""

    step: Callable[..., Step]
    holdable: tuple[str, ...] = ()
    keeps: str | None = None
