"""The plain values of the decoder alone."""

from __future__ import annotations

import math

import pytest
from support.small import make_checkpoint, make_model, small_config

from seq2seq.analysis.inside.language_model import choices, write_on
from seq2seq.decoding.strategies import Greedy, Sample
from seq2seq.decoding.translator import Translator
from seq2seq.sources.text import Tokenizer
from seq2seq.views.inside import language as view

FIRST, SECOND = "the old man likes two apples.", "the old man likes the key."


@pytest.fixture(scope="module")
def writer(tokenizer: Tokenizer) -> Translator:
    return Translator(make_checkpoint(make_model(small_config("language-model")), tokenizer))


@pytest.mark.parametrize(
    ("log_prob", "text"),
    [
        (0.0, "1"),
        (-0.0001, "> 0.99"),
        (math.log(0.31), "0.31"),
        (math.log(0.0042), "0.0042"),
        (math.log(1.7e-8), "1.7 × 10⁻⁸"),
        (-1000.0, "5.1 × 10⁻⁴³⁵"),
    ],
)
def test_probabilities_of_any_size_are_written(log_prob: float, text: str) -> None:
    assert view._p(log_prob) == text


def test_every_step_of_the_longer_sentence_is_described(writer: Translator) -> None:
    traces = [writer.score("", text) for text in (FIRST, SECOND)]
    said = view.sentences(traces)
    assert len(said) == 1 + max(len(trace.steps) for trace in traces)
    assert "".join(span["text"] for span in said[1]).count("the next piece is") == 2
    lane = view.lane(traces[0])
    assert sum(step["log_prob"] for step in lane["steps"]) == pytest.approx(lane["log_prob"])
    assert all(len(step["likeliest"]) == view.SHOWN for step in lane["steps"])


def test_two_sentences_part_at_their_first_different_piece(writer: Translator) -> None:
    first, second = (writer.score("", text) for text in (FIRST, SECOND))
    shared = view.parting(first, second)
    assert [step.token for step in first.steps[:shared]] == [step.token for step in second.steps[:shared]]
    assert first.steps[shared].token != second.steps[shared].token
    likelier = max(first, second, key=lambda trace: trace.log_prob)
    said = view.verdict([first, second])
    assert said.startswith(f"“{likelier.text}” is ") and f"They part at piece {shared + 1}" in said
    assert f"e^{abs(first.log_prob - second.log_prob):.1f}" in said
    assert view.verdict([first, first]) == "Both sentences are the same."
    assert f"{-first.log_prob:.1f} nats" in view.verdict([first])


@pytest.mark.parametrize("strategy", [Greedy(), Sample(temperature=0.7, top_k=3, seed=5), Sample(seed=2)], ids=str)
def test_the_drawn_piece_is_among_those_shown_and_was_possible(writer: Translator, strategy) -> None:
    trace = write_on(writer, "the old man", strategy)
    start = len(writer.target_ids("the old man")) - 1
    found = view.written(trace, choices(writer, trace, start, strategy), start)
    assert found["given"] == "the old man" and len(found["steps"]) == len(trace.steps) - start
    assert len(found["said"]) == len(found["steps"]) + 1
    for step in found["steps"]:
        (came,) = [row for row in step["rows"] if row["came"]]
        assert came["q"] > 0 and came["text"] == step["text"]
        assert sum(row["q"] for row in step["rows"]) <= 1 + 1e-5
        if strategy == Sample(temperature=0.7, top_k=3, seed=5):
            assert step["kept"] == 3 and sum(row["q"] for row in step["rows"]) == pytest.approx(1, abs=1e-5)


def test_worth_says_what_each_source_changes(writer: Translator, small: Translator) -> None:
    traces = [writer.score("", FIRST), small.score("a", FIRST), small.score("b", FIRST)]
    found = view.worth([("alone", "", traces[0]), ("own", "a", traces[1]), ("other", "b", traces[2])])
    for row, trace in zip(found["rows"], traces, strict=True):
        assert row["bits"] == pytest.approx(-trace.log_prob / math.log(2) / len(trace.steps))
        assert sum(row["steps"]) == pytest.approx(row["bits"] * len(trace.steps))
    gain = (traces[1].log_prob - traces[0].log_prob) / math.log(2)
    assert f"{'saves' if gain >= 0 else 'costs'} {abs(gain):.1f} bits" in found["says"]
