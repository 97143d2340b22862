"""Pieces and words: the marks of the tokenizer, and the definition of a word."""

from hypothesis import given
from hypothesis import strategies as st

from seq2seq.sources.normalise import normalise
from seq2seq.sources.pieces import (
    END,
    byte_of,
    byte_piece,
    character_spans,
    group_words,
    has_letters,
    spell,
    word_indices,
)
from seq2seq.sources.text import Tokenizer
from seq2seq.sources.words import split


def test_words_start_at_the_mark_and_the_end_is_its_own_word() -> None:
    assert word_indices(["▁J", "'", "ai", "▁oubli", "é", "</s>"]) == [0, 0, 0, 1, 1, 2]
    assert word_indices(["é", "▁a"]) == [0, 1]
    assert word_indices([]) == []


def test_each_piece_is_a_word_in_scripts_without_spaces() -> None:
    assert word_indices(["▁", "她", "把画", "挂", "反了", "。", "</s>"]) == [0, 0, 1, 2, 3, 3, 4]
    assert word_indices(["▁私", "は", "ねこ", "です"]) == [0, 1, 2, 3]


def test_groups_have_every_piece_once_in_order() -> None:
    indices = word_indices(["▁J", "'", "ai", "▁oubli", "é", END])
    assert group_words(indices) == [[0, 1, 2], [3, 4], [5]]


@given(st.integers(0, 255))
def test_a_byte_piece_is_read_back(byte: int) -> None:
    assert byte_of(byte_piece(byte)) == byte and has_letters(byte_piece(byte))


@given(st.text(st.sampled_from("aeé1 .,'!?-(«私ね。😀"), min_size=1, max_size=30))
def test_split_words_are_inside_the_words_of_pieces(text: str) -> None:
    """`split` only divides words further: none of its parts crosses a word boundary of the pieces."""
    clean = normalise(text)
    if not clean:
        return
    pieces = ["▁" + clean[0] if clean[0] != " " else "▁"]
    pieces += ["▁" if character == " " else character for character in clean[1:]]
    assert spell(pieces) == clean
    owner = {}
    for index, (start, end) in zip(word_indices(pieces), character_spans(pieces), strict=True):
        owner |= dict.fromkeys(range(start, end), index)
    for start, end in split(clean).spans:
        assert len({owner[place] for place in range(start, end)}) == 1


def test_spans_are_those_of_the_text(tokenizer: Tokenizer) -> None:
    text = "the old man likes two apples."
    pieces = [*tokenizer.source.pieces(tokenizer.source.encode(text)), END]
    spans = character_spans(pieces)
    assert "".join(text[start:end] for start, end in spans) == text.replace(" ", "")
    assert spans[-1] == (len(text), len(text))
