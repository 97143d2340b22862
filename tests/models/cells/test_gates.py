"""The readable step of each cell equals PyTorch's cell, and its parts add up."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.models.recurrent import CELLS, Recurrence


@pytest.mark.parametrize("cell", CELLS)
@given(size=st.integers(1, 9), inputs=st.integers(1, 9), rows=st.integers(1, 3), seed=st.integers(0, 99))
def test_a_step_equals_the_library_and_its_terms_give_the_state(
    cell: str, size: int, inputs: int, rows: int, seed: int
) -> None:
    torch.manual_seed(seed)
    recurrence = Recurrence(cell, inputs, size).double()
    x, state = torch.randn(rows, 1, inputs).double(), torch.randn(rows, recurrence.state_size).double()
    explanation = recurrence.explanation
    assert explanation is not None
    with torch.no_grad():
        outputs, after = recurrence(x, state)
        step = explanation.step(recurrence.cell, x[:, 0], state)
    torch.testing.assert_close(step.hidden, outputs[:, 0])
    torch.testing.assert_close(step.state, after)
    memory = step.state[:, -size:]
    torch.testing.assert_close(step.kept + step.written, memory.atanh() if cell == "rnn" else memory, rtol=1e-4, atol=1e-6)
    assert set(explanation.holdable) <= step.gates.keys() and (explanation.keeps in (None, *explanation.holdable))


@pytest.mark.parametrize(
    ("cell", "gate"), [(name, cell.explanation.keeps) for name, cell in CELLS.items() if cell.explanation.keeps]
)
def test_a_held_gate_keeps_everything_or_nothing(cell: str, gate: str) -> None:
    torch.manual_seed(1)
    recurrence = Recurrence(cell, 4, 5)
    x, state = torch.randn(2, 4), torch.randn(2, recurrence.state_size)
    memory = state[:, -5:]
    for value in (0.0, 1.0):
        step = recurrence.explanation.step(recurrence.cell, x, state, {gate: value})
        torch.testing.assert_close(step.kept, value * memory)
        assert (step.gates[gate] == value).all()
