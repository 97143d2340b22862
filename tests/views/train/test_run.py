"""Events of a run as columns, curves and attention."""

from __future__ import annotations

import json
import math

import pytest

from seq2seq.data.synthetic import TASKS
from seq2seq.training.events import (
    DISTANCES,
    Finished,
    Measured,
    Reached,
    SampleDecoded,
    Started,
    StepDone,
    StoppedEarly,
    Validated,
)
from seq2seq.views.train import run as view

EXAMPLE = TASKS["reverse"].first(1)[0]


def test_events_become_columns_and_nan_becomes_none() -> None:
    told = view.event_payload(
        [
            Started(1000, "cpu", "fp32", 80, 40, 0),
            StepDone(1, 0, 0.1, math.nan, 1e-3, 1.0, 0.7, 40, 0.2),
            StepDone(2, 0, 0.2, 2.0, 1e-3, 1.0, math.inf, 41, 0.4),
            Validated(2, 0, 2.25, True),
            Measured(2, 64, 31.5, 12.5, 0.75, 0.5),
            StoppedEarly(40, 90, "2 validations were not better"),
            Finished(40, 2.0, 1.5, 9.75),
        ]
    )
    assert told["steps"]["update"] == [1, 2] and told["steps"]["loss"] == [None, 2.0]
    assert told["steps"]["gradient_norm"] == [0.7, None] and told["validated"]["loss"] == [2.25]
    assert told["measured"]["exact"] == [12.5] and told["finished"]["seconds"] == 9.75
    assert told["stopped"] == {"update": 40, "updates": 90, "why": "2 validations were not better"}
    assert json.dumps(told, allow_nan=False)


def test_a_reach_has_a_column_for_each_distance_and_old_runs_have_none() -> None:
    events = [Reached(0, 16, (0, 2), (3.0, 2.0), (1.5, 0.5)), Reached(9, 16, (0, 2), (3.0, math.nan), (1.25, math.nan))]
    told = view.event_payload(events)["reached"]
    assert told["update"] == [0, 9]
    assert [told[f"from_{distance}"] for distance in DISTANCES] == [[1.5, 1.25], [0.5, None], [None, None], [None, None]]
    assert view.event_payload([Measured(2, 64, 31.5, 12.5, 0.75, 0.5)])["reached"]["update"] == []


def test_every_trace_names_columns_that_events_have() -> None:
    told = view.event_payload([])
    for figure in view.figures():
        for trace in figure["figure"]["data"]:
            assert trace["meta"]["column"] in told[trace["meta"]["table"]]


@pytest.mark.parametrize("right", [True, False])
def test_the_true_alignment_is_drawn_once_the_translation_is_right(right: bool) -> None:
    source, target = (["▁" + piece for piece in text.split()] + ["</s>"] for text in (EXAMPLE.source, EXAMPLE.target))
    written = EXAMPLE.target if right else EXAMPLE.target[2:]
    attention = tuple((1 / len(source),) * len(source) for _ in target)
    event = SampleDecoded(5, EXAMPLE.source, written, tuple(source), tuple(target), attention)
    (sample,) = view.event_payload([event], [EXAMPLE])["samples"]
    digits = len(source) - 1
    assert sample["gold"] == ([(row, digits - 1 - row) for row in range(digits)] if right else [])
    assert sample["matrix"]["rows"][-1]["text"] == "end"
