"""Tests of the reader of letters: what is one word, and which letters are known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.config import EOS, UNK
from seq2seq.sources.letters import MAX_LETTERS, LettersReader, spaced
from seq2seq.sources.reader import TooLong
from seq2seq.sources.text import Vocabulary

WORDS = ("knight", "o'hare", "squawk", "vex", "jazzy", "pub", "fled")
VOCABULARY, CHARACTERS = (Vocabulary.train([(spaced(word), "") for word in WORDS], 100, kind=k) for k in ("word", "character"))
READER = LettersReader(VOCABULARY, "English")


@pytest.mark.parametrize("vocabulary", [VOCABULARY, CHARACTERS])
def test_a_word_is_read_letter_by_letter_and_every_letter_is_a_word(vocabulary: Vocabulary) -> None:
    reader = LettersReader(vocabulary, "English")
    ids = reader.read("Knight")
    places = reader.places(ids)
    assert [place.piece for place in places] == ["▁k", "▁n", "▁i", "▁g", "▁h", "▁t", "</s>"]
    assert [place.word for place in places] == [*range(7)]
    assert ids == [*vocabulary.encode(spaced("KNIGHT")), EOS]  # as in training
    assert READER.read("  o\u2019hare ") == READER.read("o'hare")


def test_a_mark_on_a_letter_is_left_out_if_the_letter_with_it_is_unknown() -> None:
    assert READER.read("Zoë") == READER.read("zoe")
    own = LettersReader(Vocabulary.train([("z o ë e", "")], 100, kind="word"), "German")
    assert own.read("zoë") != own.read("zoe")


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("", "please type a word in English"),
        ("good morning", "one word at a time"),
        ("ночь", "does not know the letter “н”"),
        ("knight7", "does not know the letter “7”"),
        ("night😀", "does not know the letter “😀”"),
        ("a" * (MAX_LETTERS + 1), "has 41 letters; please keep to 40"),
        (b"night", "must be text"),
    ],
)
def test_other_text_is_refused_with_one_sentence(word: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        READER.read(word)


def test_a_word_that_is_too_long_says_so() -> None:
    with pytest.raises(TooLong):
        READER.read("e" * 10_000)


@given(st.text(max_size=50))
def test_any_text_is_read_completely_or_refused(text: str) -> None:
    try:
        ids = READER.read(text)
    except ValueError:
        return
    assert UNK not in ids and 2 <= len(ids) <= MAX_LETTERS + 1
