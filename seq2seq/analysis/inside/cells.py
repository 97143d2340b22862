"""Inside the recurrent cells of a model: every gate at every step of one translation, and what changes if a gate is held.

The model is run once more with the readable step of its cells (`models/cells/gates.py`), one piece after another. Symbols:
T steps, D units of a layer.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from seq2seq.decoding.translator import Translator
from seq2seq.models.cells.gates import NOTHING, Explanation, Held, Step
from seq2seq.models.recurrent import Recurrence
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.trace import DecodingTrace


@dataclass(frozen=True)
class Hold:
    """In the layer `layer`, at step `step` (from 0, in the order of the pieces), `gate` has the `value` in all units."""

    layer: str
    step: int
    gate: str
    value: float


@dataclass(frozen=True)
class Layer:
    """One layer in one direction, over all steps. Arrays are [T, D], in the order of the pieces."""

    name: str  # "encoder-1-forward", "decoder-2"; layers are counted from 1
    part: str  # "encoder" or "decoder"
    number: int
    direction: str  # "forward" or "backward"
    cell: str
    explanation: Explanation
    from_input: dict[str, np.ndarray]
    from_state: dict[str, np.ndarray]
    gates: dict[str, np.ndarray]
    before: np.ndarray  # what is kept or forgotten: the memory before the step
    kept: np.ndarray
    written: np.ndarray
    hidden: np.ndarray
    learned_memory: bool  # the memory is not the output (LSTM)

    @property
    def steps(self) -> int:
        return len(self.hidden)

    @property
    def units(self) -> int:
        return self.hidden.shape[1]

    def half_lives(self) -> np.ndarray | None:
        """Return after how many steps [D] a unit has lost half of its memory, from its mean keeping gate; None without one."""
        if self.explanation.keeps is None:
            return None
        mean = self.gates[self.explanation.keeps].mean(0).clip(1e-6, 1 - 1e-6)
        return math.log(0.5) / np.log(mean)

    def changes(self) -> np.ndarray:
        """Return how much each unit's output changes from step to step, on average [D]."""
        return np.abs(np.diff(self.hidden, axis=0, prepend=0)).mean(0)


class Explained(Recurrence):
    """A `Recurrence` that takes every step apart and keeps the parts. For one row; `held` are the holds by reading position."""

    def __init__(self, recurrence: Recurrence, backward: bool):
        nn.Module.__init__(self)  # it has the cell of another recurrence instead of a new one
        self.cell, self.explanation = recurrence.cell, recurrence.explanation
        self.size, self.state_size, self.backward = recurrence.size, recurrence.state_size, backward
        self.held: dict[int, Held] = {}
        self.steps: list[tuple[Tensor, Step]] = []  # the state before each step, and the step

    def forward(self, inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Inputs [1, T, input_size], state [1, state_size] -> outputs [1, T, size], state after the last position."""
        explanation, outputs = self.explanation, []
        assert explanation is not None
        for position, x in enumerate(inputs.unbind(1)):
            place = inputs.shape[1] - 1 - position if self.backward else len(self.steps)
            step = explanation.step(self.cell, x, state, self.held.get(place, NOTHING))
            self.steps.append((state, step))
            outputs.append(step.hidden)
            state = step.state
        return torch.stack(outputs, 1), state

    def read(self, inputs: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Do the same as `Recurrence.read`, for one sentence without padding."""
        return self(inputs, inputs.new_zeros(1, self.state_size))


def explained(model: Seq2Seq) -> tuple[Seq2Seq, dict[str, Explained]]:
    """Return a copy of `model` that shares its weights and has `Explained` layers, and these by name.

    Raises ValueError for a model without a recurrent layer that can be taken apart.
    """
    copied = copy.deepcopy(model, {id(part): part for part in (*model.parameters(), *model.buffers())})
    layers: dict[str, Explained] = {}
    for part in ("encoder", "decoder"):
        counts: dict[str, int] = {}
        module = copied.get_submodule(part)
        for path in [path for path, found in module.named_modules() if isinstance(found, Recurrence)]:
            recurrence = module.get_submodule(path)
            assert isinstance(recurrence, Recurrence)
            if recurrence.explanation is None:
                raise ValueError(
                    f"the cell “{model.config.cell}” cannot be taken apart: choose a model with RNN, GRU or LSTM cells"
                )
            direction = "backward" if path.startswith("backwards") else "forward"
            counts[direction] = number = counts.get(direction, 0) + 1
            name = f"{part}-{number}" + (f"-{direction}" if part == "encoder" else "")
            layers[name] = Explained(recurrence, direction == "backward")
            parent, _, child = path.rpartition(".")
            setattr(module.get_submodule(parent), child, layers[name])
    if not layers:
        raise ValueError("this model has no recurrent cell: choose a model with RNN, GRU or LSTM cells")
    return copied, layers


def look_inside(translator: Translator, text: str, hold: Hold | None = None) -> tuple[DecodingTrace, list[Layer]]:
    """Translate `text` greedily, and return every step of every layer.

    Raises ValueError with a message for the user about text that the model cannot read, a model without recurrent cells, or a
    hold that does not fit.
    """
    model, layers = explained(translator.model)
    if hold is not None:
        _hold(layers, hold)
    trace = translator.with_model(model).translate(text)
    found = [_layer(name, explained, model.config.cell) for name, explained in layers.items()]
    if hold is not None and not 0 <= hold.step < next(layer for layer in found if layer.name == hold.layer).steps:
        raise ValueError(f"There is no step {hold.step + 1} in this layer.")
    return trace, found


def _hold(layers: Mapping[str, Explained], hold: Hold) -> None:
    if hold.layer not in layers:
        raise ValueError(f"There is no layer “{hold.layer[:40]}”. There are: {', '.join(layers)}.")
    explanation = layers[hold.layer].explanation
    assert explanation is not None
    if hold.gate not in explanation.holdable:
        choices = ", ".join(explanation.holdable) or "none, because this cell has no gate"
        raise ValueError(f"There is no gate “{hold.gate[:40]}” to hold. There are: {choices}.")
    if not 0 <= hold.value <= 1:
        raise ValueError("A gate has a value from 0 to 1.")
    layers[hold.layer].held[hold.step] = {hold.gate: hold.value}


def _layer(name: str, explained: Explained, cell: str) -> Layer:
    part, number, *direction = name.split("-")
    steps = explained.steps[::-1] if explained.backward else explained.steps
    befores, parts = [before for before, _ in steps], [step for _, step in steps]
    explanation = explained.explanation
    assert explanation is not None

    def by_gate(dicts: list[dict[str, Tensor]]) -> dict[str, np.ndarray]:
        return {gate: _array([each[gate] for each in dicts]) for gate in dicts[0]}

    return Layer(
        name=name,
        part=part,
        number=int(number),
        direction=direction[0] if direction else "forward",
        cell=cell,
        explanation=explanation,
        from_input=by_gate([step.from_input for step in parts]),
        from_state=by_gate([step.from_state for step in parts]),
        gates=by_gate([step.gates for step in parts]),
        before=_array([before[:, -explained.size :] for before in befores]),
        kept=_array([step.kept for step in parts]),
        written=_array([step.written for step in parts]),
        hidden=_array([step.hidden for step in parts]),
        learned_memory=explained.state_size > explained.size,
    )


def _array(rows: list[Tensor]) -> np.ndarray:
    return torch.cat(rows).float().numpy()
