"""The view Pictures as plain values: the weights of the trace, and true sentences about them."""

from __future__ import annotations

import numpy as np
import pytest

from seq2seq.decoding.translator import Translator
from seq2seq.sources.picture.scene import Scene
from seq2seq.trace import DecodingTrace
from seq2seq.views.matrix import percent
from seq2seq.views.senses import pictures as view

SCENE = "light; large blue square 16 16; small red star 46 14"


@pytest.fixture(scope="module")
def trace() -> DecodingTrace:
    return Translator.load("scenes").translate(SCENE)


def test_a_step_has_its_weights_on_64_places(trace: DecodingTrace) -> None:
    drawn = view.view(trace, Scene.parse(SCENE))
    assert " ".join(step["text"] for step in drawn["steps"]) == trace.text
    assert len(drawn["places"]) == 64 and len(drawn["said"]) == len(drawn["steps"]) + 1
    for step, recorded in zip(drawn["steps"], trace.steps, strict=False):
        assert step["weights"] == pytest.approx(recorded.attention, abs=1e-4) and sum(step["weights"]) == pytest.approx(
            1, abs=0.01
        )
        assert step["candidates"][0]["text"] == step["text"]  # greedy


def test_the_weight_on_a_shape_is_that_of_the_places_it_covers(trace: DecodingTrace) -> None:
    square = Scene.parse(SCENE).shapes[0]
    for step in trace.steps:
        grid = np.array(step.attention).reshape(8, 8)
        assert view.on_shape(trace, step, square) == pytest.approx(
            grid[:4, :4].sum(), abs=1e-6
        )  # pixels 6 to 26: places 0 to 3


def test_a_sentence_names_the_shape_with_most_of_the_weight(trace: DecodingTrace) -> None:
    scene = Scene.parse(SCENE)
    at = [step.piece for step in trace.steps].index("▁square")
    share = view.on_shape(trace, trace.steps[at], scene.shapes[0])
    text = "".join(span["text"] for span in view.said(trace, trace.steps[at], scene.shapes))
    assert f"Word {at + 1}: the decoder writes “square”" in text
    assert share >= view.MOSTLY and f"Of its weight, {percent(share)} lies on the large blue square." in text
    alone = "".join(span["text"] for span in view.said(trace, trace.steps[at], ()))
    most = max(range(64), key=lambda i: trace.steps[at].attention[i])  # type: ignore[index]
    assert f"in row {most // 8 + 1}, column {most % 8 + 1}" in alone
