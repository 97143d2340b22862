"""Deletion in pictures and sounds, by bundled models; tests/test_source_kinds.py compares every kind with a plain loop."""

from __future__ import annotations

import numpy as np
import pytest

from seq2seq.analysis.attribution import deletions
from seq2seq.decoding.strategies import Greedy, Prefix
from seq2seq.decoding.translator import Translator
from seq2seq.sources.picture.scene import Scene

SCENE = "light; large blue square 16 16; small red star 46 14"
SAY = "ben; pause 150; three 0; pause 250; eight 1; pause 200"


def test_a_colour_is_lost_with_its_shape_and_with_nothing_else() -> None:
    scenes = Translator.load("scenes")
    source, trace = scenes.source_ids(SCENE), scenes.translate(SCENE)
    losses = deletions(scenes, trace, source)
    words = [step.piece for step in trace.steps]
    for word, shape in zip(("▁blue", "▁red"), Scene.parse(SCENE).shapes, strict=True):
        grid = np.reshape(losses[words.index(word)], (8, 8))
        row, column = np.unravel_index(grid.argmax(), grid.shape)
        assert grid.max() > 1 and max(abs(row - shape.y // 8), abs(column - shape.x // 8)) <= 1
        assert np.abs(grid[5:]).max() < 0.1  # no region from the sixth row on reaches a shape


def test_with_a_window_every_hidden_source_is_decoded_with_it_too() -> None:
    hearer, window = Translator.load("spoken-digits"), (2, 4)
    source, trace = hearer.source_ids(SAY), hearer.translate(SAY, Greedy(window=window))
    losses = np.array(deletions(hearer, trace, source))
    written = tuple(step.token for step in trace.steps)
    for place in range(0, len(trace.source), 9):
        hidden = hearer.without(source, hearer.regions(source)[place])
        forced = hearer._trace("", hidden, Prefix((written,), Greedy(window=window)))
        for step, without, loss in zip(trace.steps, forced.steps, losses[:, place], strict=True):
            assert loss == pytest.approx(step.log_prob - without.log_prob, abs=1e-4)
