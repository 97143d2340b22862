"""The plain values of a story and its summary: rows, weights, and what is said about a step."""

from __future__ import annotations

import pytest
from support.traces import SUMMARY

from seq2seq.sources.pieces import word_indices
from seq2seq.trace import DecodingStep, DecodingTrace, Reading, SourcePosition
from seq2seq.views.senses import stories as view

TEXT = "▁Max ▁went ▁to ▁the ▁park . ▁He ▁saw ▁3 ▁ducks . ▁Lena ▁saw ▁7 ▁cows , ▁too . ▁Then ▁he ▁saw ▁8 ▁goats . </s>"
STORY = TEXT.split(" ")


def trace(written: dict[str, dict[int, float]], source: list[str] = STORY) -> DecodingTrace:
    """Return a trace of these target pieces, each with its weights by source position; the rest is on the end mark."""
    indices, words = word_indices(source), word_indices(list(written))
    positions = tuple(SourcePosition(0, piece, word, (SUMMARY,)) for piece, word in zip(source, indices, strict=True))
    steps = []
    for t, (piece, weights) in enumerate(written.items()):
        row = [weights.get(s, 0.0) for s in range(len(source))]
        row[-1] += 1 - sum(row)
        steps.append(DecodingStep(t, 0, piece, words[t], -0.1, -0.1 * (t + 1), 1, False, 0, 1.0, (), tuple(row), SUMMARY))
    reading = Reading(("forward",), ("forward",))
    given = ("stories", "GRU", "", reading, positions, None, {"name": "greedy"})
    return DecodingTrace(*given, steps=tuple(steps), text="", log_prob=0, score=0, finished=True, hypotheses=())


def said(written: str, weights: dict[int, float], source: list[str] = STORY) -> str:
    made = trace({written: weights}, source)
    return "".join(span["text"] for span in view.said(view.story(made), view.summary(made)[0]))


def test_a_row_is_a_sentence_and_the_end_mark_has_its_own() -> None:
    rows = view.view(trace({"▁Max": {}}))["rows"]
    assert rows[1] == ["He", "saw", "3", "ducks."] and rows[2][-1] == "too." and rows[-1] == ["end"] and len(rows) == 5
    without_stop = view.view(trace({"▁Max": {}}, ["▁Max", "▁ran", "</s>"]))["rows"]
    assert without_stop == [["Max", "ran"], ["end"]]


def test_the_weights_of_a_row_are_the_sum_over_its_words_and_the_full_stop_of_the_summary_counts_for_nothing() -> None:
    made = view.view(trace({"▁11": {8: 0.4, 9: 0.1, 21: 0.5}, "▁animals": {9: 0.6, 22: 0.2}, ".": {5: 1.0}, "</s>": {}}))
    number, animals = made["steps"]
    assert [number["text"], animals["text"]] == ["11", "animals."] and len(made["said"]) == 3 and made["rests_at"] == 1
    assert number["rows"] == pytest.approx([0, 0.5, 0, 0.5, 0]) and animals["rows"] == pytest.approx([0, 0.6, 0, 0.2, 0.2])
    assert all(sum(step["words"]) == pytest.approx(1) for step in made["steps"])
    assert len(number["words"]) == sum(map(len, made["rows"]))


def test_the_sentence_of_a_sum_names_its_terms_and_the_other_numbers() -> None:
    assert said("▁11", {8: 0.5, 9: 0.1, 21: 0.39, 13: 0.01}) == (
        "To write 11 the decoder looks at 3 and 8, in two sentences that get 99% of the weight; 3 + 8 = 11. "
        "The other number of the story, 7, gets 1%."
    )
    assert "; but 3 + 8 = 11: the number is wrong. " in said("▁12", {8: 0.5, 21: 0.5})
    assert said("▁3", {8: 1.0}).startswith(
        "To write 3 the decoder looks at 3, in one sentence that gets 100% of the weight. The"
    )
    assert "; but it writes another number." in said("▁4", {8: 1.0})


def test_the_sentence_of_a_word_says_whether_the_story_has_it() -> None:
    assert said("▁animals", {9: 0.6, 22: 0.34}) == (
        "To write animals the decoder looks most at ducks (60%) and goats (34%). The story does not have the word animals."
    )
    assert said("▁Max", {0: 1.0}) == "To write Max the decoder looks most at Max (100%)."
    assert "looks most at the end mark (100%)" in said("▁11", {})


def test_a_model_without_attention_is_refused() -> None:
    made = trace({"▁Max": {}})
    (step,) = made.steps
    blind = DecodingStep(*[getattr(step, name) for name in step.__slots__[:-2]], None, step.state)
    with pytest.raises(ValueError, match="has no attention"):
        view.summary(DecodingTrace(**{**{n: getattr(made, n) for n in made.__slots__}, "steps": (blind,)}))
