"""The view Sound as plain values: the weights of the trace, and true sentences about them."""

from __future__ import annotations

import numpy as np
import pytest

from seq2seq.decoding.strategies import Greedy
from seq2seq.decoding.translator import Translator
from seq2seq.sources.sound.utterance import Utterance
from seq2seq.trace import DecodingTrace
from seq2seq.views.matrix import percent
from seq2seq.views.senses import sound as view

SAY = "ben; pause 150; three 0; pause 250; eight 1; pause 200"


@pytest.fixture(scope="module")
def trace() -> DecodingTrace:
    return Translator.load("spoken-digits").translate(SAY)


@pytest.fixture(scope="module")
def spoken() -> list[view.Spoken]:
    utterance = Utterance.parse(SAY)
    return [view.Spoken(word, *span) for word, span in zip(utterance.words, utterance.spans, strict=True)]


def text(spans: list[dict[str, str]]) -> str:
    return "".join(span["text"] for span in spans)


def test_a_step_has_its_weights_and_says_on_which_word_they_lie(trace: DecodingTrace, spoken: list[view.Spoken]) -> None:
    drawn = view.view(trace, spoken)
    assert drawn["right"] is True and [step["text"] for step in drawn["steps"]] == ["three", "eight", "end"]
    assert drawn["seconds"] == pytest.approx(0.05 * drawn["places"])
    for index, step in enumerate(trace.steps[:2]):
        weights = np.array(step.attention)
        word = spoken[index]
        places = slice(int(word.start / 0.05), int(np.ceil(word.end / 0.05)))
        share = view.on_word(trace, step, word)
        assert share == pytest.approx(weights[places].sum()) and share > view.MOSTLY
        assert drawn["steps"][index]["heaviest"] == pytest.approx(0.05 * (weights.argmax() + 0.5))
        said = text(drawn["said"][index + 1])
        assert f"Of its weight, {percent(share)} lies on word {index + 1} of the recording, “{word.text}”" in said
    assert "the decoder ends" in text(drawn["said"][3])


def test_of_a_visitors_sound_nothing_is_known_but_the_heaviest_place(trace: DecodingTrace) -> None:
    drawn = view.view(trace, None)
    assert drawn["spoken"] is drawn["right"] is None
    place, share = drawn["steps"][0]["heaviest"], percent(max(trace.steps[0].attention or ()))
    assert f"Its heaviest place is at {place:.2f} s, with {share}" in text(drawn["said"][1])


def test_the_window_of_a_step_is_around_the_heaviest_place_of_the_last_one(spoken: list[view.Spoken]) -> None:
    windowed = Translator.load("spoken-digits").translate(SAY, Greedy(window=(2, 4)))
    drawn = view.view(windowed, spoken)
    assert drawn["steps"][0]["window"] == pytest.approx([0, 0.25])
    last = int(np.argmax(windowed.steps[0].attention))
    assert drawn["steps"][1]["window"] == pytest.approx([0.05 * max(0, last - 2), 0.05 * (last + 5)])
