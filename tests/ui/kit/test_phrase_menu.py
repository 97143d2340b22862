"""The menu of examples and phrases: what it offers to which model, and what a choice in it does."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from support.small import make_info

from seq2seq.data import phrasebook
from seq2seq.decoding.model_info import ModelInfo
from seq2seq.models.saved import checkpoint
from seq2seq.sources.languages import code_of
from seq2seq.ui.kit import examples
from seq2seq.ui.kit.form import phrase_menu

EN_FR = make_info("en-fr")
LIBRARY = "Where is the library?"
PAIRS = list(permutations(("English", "French", "Spanish", "German", "Japanese", "Chinese"), 2))


def values(state: dict) -> list[str]:
    return [value for _, value in state["choices"]]


def labels(state: dict) -> list[str]:
    return [label for label, _ in state["choices"]]


def topic_of(info: ModelInfo, title: str) -> str:
    """Return the value of the choice that opens a topic."""
    return next(value for label, value in phrase_menu.sentences(info, "")["choices"] if label.startswith(title))


def test_the_examples_come_first_and_then_the_topics() -> None:
    state = phrase_menu.sentences(EN_FR, examples.FIRST, "")
    own = list(examples.of(EN_FR))
    assert values(state)[: len(own) + 1] == ["", *own] and state["value"] == examples.FIRST and state["label"] == "Example"
    topics = examples.topics(EN_FR)
    assert len(state["choices"]) == 1 + len(own) + len(topics) + 1
    assert labels(state)[len(own) + 1] == "Greetings (63 phrases)" and labels(state)[-1] == "All 605 phrases"
    assert len(set(values(state))) == len(state["choices"])


@pytest.mark.parametrize("pair", PAIRS)
def test_each_topic_opens_its_sentences_and_each_has_a_reference(pair: tuple[str, str]) -> None:
    info = make_info("any", *pair)
    listed = []
    for title in examples.topics(info):
        state = phrase_menu.opened(info, topic_of(info, title.capitalize()))
        assert state is not None and state["value"] is None and state["label"] == title.capitalize()
        phrases = values(state)[:-1]
        listed += phrases
        assert phrases and all(examples.reference(phrase, info) for phrase in phrases)
        for phrase in phrases[:3]:
            assert phrase_menu.sentences(info, phrase) == {**state, "value": phrase}
    everything = phrase_menu.opened(info, topic_of(info, "All "))
    assert everything is not None and values(everything)[:-1] == listed and len(set(listed)) == len(listed)
    assert not set(listed) & set(examples.of(info))  # an example is not in the training data


def test_the_way_back_shows_the_examples_again() -> None:
    topic = phrase_menu.opened(EN_FR, topic_of(EN_FR, "Travel"))
    assert topic is not None
    back = phrase_menu.opened(EN_FR, values(topic)[-1])
    assert back is not None and values(back) == values(phrase_menu.sentences(EN_FR, "")) and back["value"] is None


def test_a_sentence_of_ones_own_is_not_listed() -> None:
    assert phrase_menu.sentences(EN_FR, "My own sentence.", "")["value"] == ""
    assert phrase_menu.sentences(EN_FR, "My own sentence.")["value"] is None


@pytest.mark.parametrize(
    "choice", [LIBRARY, examples.FIRST, "", "travel", "Travel (51 phrases)", "topic\n", "topic\nno such", "\n"]
)
def test_anything_else_opens_no_topic(choice: str) -> None:
    assert phrase_menu.opened(EN_FR, choice) is None


@pytest.mark.parametrize(
    "info",
    [
        make_info("captions-de-en", "German", "English"),
        make_info("en-it", "English", "Italian"),
        make_info("en-fi", "English", "Finnish"),
        replace(make_info("lm-en", "English", "English"), reads_source=False),
        replace(make_info("reverse", "letters", "letters"), subject="reverse"),
    ],
    ids=lambda info: info.name,
)
def test_other_models_have_no_topics(info: ModelInfo) -> None:
    state = phrase_menu.sentences(info, LIBRARY, "")
    assert values(state) == ["", *examples.of(info)] and not state["filterable"]
    assert phrase_menu.opened(info, topic_of(EN_FR, "Travel")) is None


def test_only_a_model_that_was_trained_on_the_phrasebook_says_so() -> None:
    taught = replace(EN_FR, attribution=f"Tatoeba; {phrasebook.ATTRIBUTION}")
    assert "proves little" in phrase_menu.note(LIBRARY, taught)
    assert phrase_menu.note(LIBRARY, EN_FR) == phrase_menu.note(examples.FIRST, taught) == phrase_menu.note("", taught) == ""


def test_the_cards_of_the_bundled_models_say_which_were_trained_on_the_phrasebook() -> None:
    for info in map(ModelInfo.read, checkpoint.available()):
        says = "phrasebook" in info.trained_on and info.reads_source
        phrase = phrasebook.said_in(code_of(info.source_language), LIBRARY)
        assert bool(phrase_menu.note(phrase, info)) == says, info.name


def test_a_phrase_is_said_in_the_language_of_a_newly_chosen_model() -> None:
    fr_en, en_es = make_info("fr-en", "French", "English"), make_info("en-es", "English", "Spanish")
    french = examples.reference(LIBRARY, EN_FR)
    assert examples.fitting(LIBRARY, fr_en) == french and examples.fitting(french, EN_FR) == LIBRARY
    assert examples.fitting_pair(LIBRARY, french, fr_en) == (french, LIBRARY)
    assert examples.fitting_pair(LIBRARY, french, en_es) == (LIBRARY, examples.reference(LIBRARY, en_es))
    assert examples.fitting_pair(LIBRARY, "My own translation.", en_es) == (LIBRARY, "My own translation.")
    letters = replace(make_info("names", "Latin letters", "katakana"), subject=examples.NAMES)
    assert examples.fitting(LIBRARY, letters) == examples.first(letters)
