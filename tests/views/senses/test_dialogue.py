"""One answer under two questions, and the table of a report, as plain values."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from support.traces import make_trace

from seq2seq.trace import DecodingTrace
from seq2seq.views.senses import dialogue as view


def under(question: str, nats: float) -> DecodingTrace:
    """Return a forced trace of four pieces, each of which costs so many nats."""
    made = make_trace()
    steps = tuple(replace(step, log_prob=-nats) for step in made.steps)
    return replace(made, source_text=question, steps=steps, log_prob=-4 * nats)


def test_the_worth_of_a_question_is_the_difference_of_the_means() -> None:
    found = view.swap(under("mine", math.log(2)), under("yours", math.log(8)))
    assert [row["question"] for row in found["rows"]] == ["mine", "yours"] and len(found["pieces"]) == 4
    assert [row["mean"] for row in found["rows"]] == pytest.approx([1, 3]) and found["rows"][1]["bits"] == [3.0] * 4
    assert found["says"] == (
        "The answer costs 1.00 bits per piece under its own question and 3.00 under the other one: "
        "its own question is worth 2.00 bits per piece."
    )
    assert view.swap(under("a", 1.0), under("b", 1.01))["says"].endswith("it hardly cares what was asked.")
    assert view.swap(under("a", 2.0), under("b", 1.0))["says"].endswith("it fits the other question better.")


def test_a_report_becomes_a_table_of_text() -> None:
    row = {"how": "greedy", "replies": 300, "different": 17, "distinct_1": 0.032, "distinct_2": 0.041, "words": 3.1}
    row |= {"top_share": 0.91, "most_frequent": "I'm not sure.", "most_frequent_count": 185}
    question = {"own": 6.17, "swapped": 6.25, "worth": 0.08}
    found = view.varieties({"varieties": [row], "question": question, "command": "python -m seq2seq replies", "data": "x"})
    assert len(found["head"]) == len(found["rows"][0]) and found["rows"][0][2] == "17" and found["rows"][0][6] == "91%"
    assert "the question is worth 0.080 bits per piece" in found["says"]
