"""The view of a layer: equations with the unit's own numbers, strips in 8 bits, and sentences."""

from __future__ import annotations

import base64
import re

import numpy as np
import pytest
from support.small import make_checkpoint, make_model, small_config

from seq2seq.analysis.inside.cells import Hold, look_inside
from seq2seq.decoding.translator import Translator
from seq2seq.models.recurrent import CELLS
from seq2seq.sources.text import Tokenizer
from seq2seq.views.inside import cell as view

TEXT = "the old man likes two apples"


@pytest.fixture(params=CELLS)
def inside(request: pytest.FixtureRequest, tokenizer: Tokenizer):
    return look_inside(Translator(make_checkpoint(make_model(small_config(cell=request.param)), tokenizer)), TEXT)


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def test_an_equation_shows_the_numbers_of_its_unit_and_its_sum_is_right(inside) -> None:
    _, layers = inside
    for layer in layers:
        for unit, step in ((0, 0), (layer.units - 1, layer.steps - 1)):
            lines = {line[0].text: line for line in view.equations(layer, unit, step)}
            assert number(lines["output h"][-1].text) == pytest.approx(layer.hidden[step, unit], abs=0.006)
            for name, gate in view.GATES[layer.cell].items():
                assert number(lines[f"{gate.title} {gate.symbol}"][-1].text) == pytest.approx(
                    layer.gates[name][step, unit], abs=0.006
                )
            total = lines["sum" if layer.cell == "rnn" else "memory c" if layer.cell == "lstm" else "output h"]
            first, sign, second, *_ = re.findall(r"−?\d+\.\d+|(?<= )[+−](?= )", total[1].text)
            terms = number(first) + number(second) * (-1 if sign == "−" else 1)
            exact = "≈" not in total[1].text
            assert terms == pytest.approx(number(total[-1].text), abs=0.001 if exact else 0.011)


def test_a_strip_has_the_values_of_all_units(inside) -> None:
    _, layers = inside
    layer = layers[0]
    order = view.order(layer)
    assert sorted(order) == list(range(layer.units))
    for strip in view.strips(layer, order):
        values = layer.hidden if strip["name"] == "hidden" else layer.gates[strip["name"]]
        drawn = np.frombuffer(base64.b64decode(strip["values"]), np.uint8).reshape(layer.units, layer.steps) / 255
        np.testing.assert_allclose(2 * drawn - 1 if strip["signed"] else drawn, values.T[order], atol=0.005)


def test_there_is_a_sentence_for_each_step_in_the_order_of_reading(inside) -> None:
    trace, layers = inside
    for layer in layers:
        told = view.sentences(layer, trace, 0)
        assert len(told) == layer.steps + 1
        reads = [piece["text"] for piece in view.columns(layer, trace)["reads"]]
        read = [sentence[1]["text"].strip("“”") for sentence in told[1:]]
        assert read == (reads[::-1] if layer.direction == "backward" else reads)


def test_a_held_gate_is_described(inside, tokenizer: Tokenizer) -> None:
    trace, layers = inside
    if (keeps := layers[0].explanation.keeps) is None:
        return
    text = view.held(Hold(layers[0].name, 1, keeps, 0.0), layers[0], trace, trace)
    assert "is held at 0 (" in text and "stays the same" in text
