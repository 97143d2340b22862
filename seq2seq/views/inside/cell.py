"""The gates of one layer at every step: strips of all units, means, and the equation of one unit with its numbers.

Symbols: T steps, D units.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seq2seq.trace import DecodingTrace
from seq2seq.views.pieces import label
from seq2seq.views.stage.sentences import TextSpan, to_dicts

if TYPE_CHECKING:  # for the annotations only: the views do not load the engine
    from seq2seq.analysis.inside.cells import Hold, Layer
    from seq2seq.analysis.inside.units import Units

START = {"text": "start", "kind": "end"}
LIVES = "half of its memory is gone after {:.1f} steps on average"
KEEPS_LONG = 100  # steps; longer half-lives are only "more than"
Line = list[TextSpan]


@dataclass(frozen=True)
class Gate:
    """A gate in words: what 0 and 1 mean. `symbol` is its letter in the paper."""

    symbol: str
    title: str
    low: str = ""
    high: str = ""


GATES: dict[str, dict[str, Gate]] = {
    "gru": {
        "update": Gate("z", "update gate", "write anew", "keep"),
        "reset": Gate("r", "reset gate", "ignore the state", "use the state"),
        "candidate": Gate("n", "candidate"),
    },
    "lstm": {
        "forget": Gate("f", "forget gate", "forget", "keep"),
        "input": Gate("i", "input gate", "write nothing", "write"),
        "output": Gate("o", "output gate", "hide", "show"),
        "candidate": Gate("g", "candidate"),
    },
    "rnn": {},
}


def title(layer: Layer) -> str:
    """Return the name of a layer on the page."""
    direction = {"forward": " →", "backward": " ←"}[layer.direction] if layer.part == "encoder" else ""
    return f"{layer.part} {layer.number}{direction}"


def strips(layer: Layer, order: Sequence[int]) -> list[dict[str, Any]]:
    """Return one strip for each gate and one for the output: the mean of each step, and all values in 8 bits [D, T].

    `signed` values are from -1 to 1, the others from 0 to 1. Row k of a strip is the unit `order[k]`.
    """
    names = GATES[layer.cell]
    parts = [(name, gate.title, gate.low, gate.high, name == "candidate", layer.gates[name]) for name, gate in names.items()]
    parts.append(("hidden", "output h", "", "", True, layer.hidden))
    return [
        {
            "name": name,
            "title": text,
            "low": low,
            "high": high,
            "signed": signed,
            "means": [round(float(value), 4) for value in (np.abs(values) if signed else values).mean(1)],
            "values": _bytes(values.T[list(order)], signed),
        }
        for name, text, low, high, signed, values in parts
    ]


def _bytes(values: np.ndarray, signed: bool) -> str:
    share = (values + 1) / 2 if signed else values
    return base64.b64encode(np.rint(255 * share.clip(0, 1)).astype(np.uint8).tobytes()).decode()


def order(layer: Layer) -> list[int]:
    """Return the units, the one that remembers longest first. A plain RNN has no gate: the one that changes least first."""
    lives = layer.half_lives()
    return [int(unit) for unit in np.argsort(layer.changes() if lives is None else -lives, kind="stable")]


def striking(layer: Layer) -> int:
    """Return the unit whose output moves most within this sentence."""
    return int(np.argmax(layer.hidden.max(0) - layer.hidden.min(0)))


def columns(layer: Layer, trace: DecodingTrace) -> dict[str, Any]:
    """Return the pieces that the layer reads, one per step, and what the decoder writes after each."""
    if layer.part == "encoder":
        return {"reads": [_label(position.piece) for position in trace.source], "writes": None}
    written = [_label(step.piece) for step in trace.steps]
    return {"reads": [START, *written[:-1]], "writes": written}


def _label(piece: str) -> dict[str, str]:
    return {"text": label(piece).text, "kind": label(piece).kind}


def unit(layer: Layer, number: int) -> dict[str, Any]:
    """Return the numbers of one unit: its value in each strip at each step, and the equations of each step."""
    lives = layer.half_lives()
    values = {name: [round(float(v), 4) for v in gate[:, number]] for name, gate in layer.gates.items()}
    values["hidden"] = [round(float(v), 4) for v in layer.hidden[:, number]]
    return {
        "number": number,
        "life": None if lives is None else _life(float(lives[number])),
        "values": values,
        "equations": [[to_dicts(line) for line in equations(layer, number, step)] for step in range(layer.steps)],
    }


def _life(steps: float) -> str:
    return f"half of its memory is gone after more than {KEEPS_LONG} steps" if steps > KEEPS_LONG else LIVES.format(steps)


def equations(layer: Layer, number: int, step: int) -> list[Line]:
    """Return the step of one unit, line by line, with its own numbers."""

    def at(values: np.ndarray) -> float:
        return float(values[step, number])

    def both(name: str) -> tuple[float, float]:
        return at(layer.from_input[name]), at(layer.from_state[name])

    lines: list[Line] = []
    kept, written, hidden = at(layer.kept), at(layer.written), at(layer.hidden)
    if layer.cell == "rnn":
        return [
            _line(
                "sum", f"{_n(written)} from the input {_plus(kept)} from the state {_equal(kept, written)} ", _n(written + kept)
            ),
            _line("output h", f"tanh({_n(written + kept)}) = ", _n(hidden)),
        ]
    for name, gate in GATES[layer.cell].items():
        first, second = both(name)
        value = at(layer.gates[name])
        if name != "candidate":
            lines.append(_line(f"{gate.title} {gate.symbol}", f"σ({_n(first)} {_plus(second)}) = ", _n(value)))
        elif layer.cell == "gru":
            reset = at(layer.gates["reset"])
            inner = f"{_n(first)} + {_n(reset)} × {_n(second)}"
            lines.append(_line(f"{gate.title} {gate.symbol}", f"tanh({inner}) = ", _n(value)))
        else:
            lines.append(_line(f"{gate.title} {gate.symbol}", f"tanh({_n(first)} {_plus(second)}) = ", _n(value)))
    before, keep = at(layer.before), at(layer.gates[str(layer.explanation.keeps)])
    write = 1 - keep if layer.cell == "gru" else at(layer.gates["input"])
    lines.append(_line("kept", f"{_n(keep)} × {_n(before)} = ", _n(kept)))
    lines.append(_line("written", f"{_n(write)} × {_n(at(layer.gates['candidate']))} = ", _n(written)))
    memory = "memory c" if layer.learned_memory else "output h"
    lines.append(_line(memory, f"{_n(kept)} kept {_plus(written)} written {_equal(kept, written)} ", _n(kept + written)))
    if layer.learned_memory:
        lines.append(_line("output h", f"{_n(at(layer.gates['output']))} × tanh({_n(kept + written)}) = ", _n(hidden)))
    return lines


def _line(name: str, terms: str, value: str) -> Line:
    return [TextSpan(name, "name"), TextSpan(terms), TextSpan(value, "value")]


def _n(value: float) -> str:
    text = f"{abs(value):.2f}"
    return f"−{text}" if value < 0 and float(text) else text


def _plus(value: float) -> str:
    return f"{'−' if _n(value).startswith('−') else '+'} {_n(abs(value))}"


def _equal(kept: float, written: float) -> str:
    """Return "=" if the rounded terms give the rounded sum, else "≈"."""
    return "=" if abs(round(kept, 2) + round(written, 2) - round(kept + written, 2)) < 0.005 else "≈"


def sentences(layer: Layer, trace: DecodingTrace, number: int) -> list[list[dict[str, str]]]:
    """Return a sentence for each step, and one for the time before the first step."""
    shown, reads = columns(layer, trace), columns(layer, trace)["reads"]
    way = " from the last piece to the first" if layer.direction == "backward" else ""
    first = [TextSpan(f"{title(layer)[0].upper()}{title(layer)[1:]} has {layer.units} units and reads the sentence{way}.")]
    told = [to_dicts(first)]
    for step in range(layer.steps):
        place = step if layer.direction == "forward" else layer.steps - 1 - step
        read, role = reads[place]["text"], "source" if layer.part == "encoder" else "target"
        spans = [TextSpan(f"Step {step + 1} reads "), TextSpan(f"“{read}”", role), *_does(layer, number, place)]
        if shown["writes"]:
            spans += [
                TextSpan(" Then the decoder writes "),
                TextSpan(f"“{shown['writes'][place]['text']}”", "target"),
                TextSpan("."),
            ]
        told.append(to_dicts(spans))
    return told


def _does(layer: Layer, number: int, place: int) -> Line:
    kept, written = float(layer.kept[place, number]), float(layer.written[place, number])
    if layer.explanation.keeps is None:
        return [TextSpan(f". Unit {number + 1}: {_n(written)} from the input, {_n(kept)} from the state.")]
    gate = layer.gates[layer.explanation.keeps][place]
    own, mean = float(gate[number]), float(gate.mean())
    keeps = f"keeps {own:.0%}, and writes {_n(written)}"
    return [TextSpan(f". The layer keeps {mean:.0%} of its memory on average; unit {number + 1} {keeps}.")]


def held(hold: Hold, layer: Layer, free: DecodingTrace, changed: DecodingTrace) -> str:
    """Say what holding a gate did to the translation."""
    gate = GATES[layer.cell][hold.gate]
    reads = columns(layer, changed)["reads"]
    value = f"{hold.value:.2f}".rstrip("0").rstrip(".")
    meaning = {0.0: f" ({gate.low})", 1.0: f" ({gate.high})"}.get(hold.value, "")
    where = f"The {gate.title} of {title(layer)} is held at {value}{meaning}, at “{reads[hold.step]['text']}”"
    if changed.text == free.text:
        return f"{where}. The translation stays the same: “{free.text}”"
    return f"{where}. The translation changes from “{free.text}” to “{changed.text}”"


def does(units: Units, layer: Layer, number: int) -> dict[str, Any]:
    """Return the words at which a unit moves most, and the unit that follows each feature of the text best."""
    titles = {name: f"encoder {name.split('-')[1]} {'→' if name.endswith('forward') else '←'}" for name in units.layers}
    known = layer.name in units.layers
    return {
        "words": [{"text": text, "change": round(change, 2)} for text, change in units.moved_by(layer.name, number)]
        if known
        else [],
        "features": [
            {
                "text": one.feature,
                "layer": one.layer,
                "unit": one.unit + 1,
                "title": f"{titles[one.layer]}, unit {one.unit + 1}",
                "correlation": round(one.correlation, 2),
                "chance": round(one.chance, 2),
            }
            for one in units.following
        ],
        "says": f"Measured on {units.sentences} sentences of our phrasebook. {units.readable} of "
        f"{units.size * len(units.layers)} units follow one of these features (correlation 0.5 or more).",
    }
