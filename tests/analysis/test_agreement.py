"""Attention compared with deletion: what agrees, what a place at random reaches, and what the command counts."""

from __future__ import annotations

import json

import pytest
from support.shell import run

from seq2seq.__main__ import main
from seq2seq.analysis.agreement import AGREES, NOTICEABLE, Agreement, agreement, region_of
from seq2seq.analysis.attribution import agreements
from seq2seq.data.synthetic import TASKS
from seq2seq.decoding.translator import Translator

MODEL = "en-fr-additive"


def test_attention_agrees_if_hiding_its_heaviest_place_costs_enough() -> None:
    losses = [2.0, 2.0 * AGREES, -1.0, 0.1]
    assert [agreement(losses, looked) for looked in range(4)] == [
        Agreement(agrees, 0.5) for agrees in (True, True, False, False)
    ]
    assert agreement(losses, None) == Agreement(False, 0.5)


def test_a_word_that_loses_little_needs_no_place() -> None:
    assert agreement([NOTICEABLE / 2, -3.0], 0) is None


def test_a_position_belongs_to_its_word_and_the_end_mark_to_none() -> None:
    words = [(0, 1), (2,)]
    assert [region_of(position, words, 4) for position in range(4)] == [0, 0, 1, None]
    neighbours = [(0, 1), (0, 1, 2), (1, 2)]
    assert [region_of(position, neighbours, 3) for position in range(3)] == [0, 1, 2]


def test_the_command_counts_the_steps_that_agree(capsys: pytest.CaptureFixture[str]) -> None:
    call = ["align", "--model", MODEL, "--task", "grammar", "--deletion", "2"]
    printed = json.loads(run(capsys, *call, "--json"))
    translator = Translator.load(MODEL)
    steps = [step for example in TASKS["grammar"].first(2) for step in agreements(translator, example.source)]
    needing = [step for step in steps if step]
    assert (printed["pieces"], printed["that_need_a_place"]) == (len(steps), len(needing))
    assert printed["agrees"] == pytest.approx(sum(step.agrees for step in needing) / len(needing))
    assert printed["at_random"] == pytest.approx(sum(step.chance for step in needing) / len(needing))
    assert f"{len(needing)} of {len(steps)} pieces need a place" in run(capsys, *call)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--task", "grammar", "--deletion", "0"], "--deletion must be between 1 and 1,000"),
        (["--data", "aligned.tsv", "--deletion", "3"], "--deletion needs the examples of a task"),
    ],
)
def test_an_impossible_count_is_refused(capsys: pytest.CaptureFixture[str], words: list[str], message: str) -> None:
    assert main(["align", "--model", MODEL, *words]) == 2
    assert message in capsys.readouterr().err


def test_a_model_without_attention_cannot_be_compared(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["align", "--model", "en-fr-plain", "--task", "grammar", "--deletion", "1"]) == 2
    assert "a model without attention looks nowhere" in capsys.readouterr().err
