"""Pieces have a visible label, and are joined to words."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.traces import make_trace

from seq2seq.models.saved import checkpoint
from seq2seq.sources.pieces import END, spell
from seq2seq.views.pieces import label, visible, words


@pytest.mark.parametrize(
    ("piece", "text", "kind"),
    [
        ("▁chat", "chat", "text"),
        ("s", "·s", "text"),
        ("7", "·7", "text"),
        (".", ".", "text"),
        ("▁?", "␣?", "text"),
        ("▁¿", "¿", "text"),
        ("我", "我", "text"),
        ("▁我", "␣我", "text"),
        ("·s", "[U+00B7]s", "text"),
        ("▁", "␣", "space"),
        ("<0x1F>", "byte 1F", "byte"),
        (END, "end", "end"),
        ("<unk>", "unknown", "special"),
        ("<pad>", "padding", "special"),
        ("<s>", "begin", "special"),
        ("▁a\u202eb", "a[U+202E]b", "text"),
    ],
)
def test_label_has_text_and_kind(piece, text, kind):
    assert (label(piece).text, label(piece).kind) == (text, kind)


@given(st.text())
def test_label_is_visible_and_on_one_line(piece):
    text = label(piece).text
    assert text.strip() and text.isprintable()


@pytest.mark.parametrize("name", checkpoint.available())
def test_no_two_pieces_of_a_bundled_vocabulary_look_alike(name):
    tokenizer = checkpoint.load(name).tokenizer
    for vocabulary in {tokenizer.source, tokenizer.target}:
        pieces = vocabulary.pieces(range(len(vocabulary)))
        drawn = [label(piece) for piece in pieces]
        looks = Counter((look.text, look.kind) for look in drawn)  # the end mark is not drawn like the word "end"
        assert [look for look, count in looks.items() if count > 1] == []


def test_byte_pieces_are_spelled_as_characters():
    assert spell(["▁", "<0xF0>", "<0x9F>", "<0x98>", "<0x80>", "▁ok", END]) == "😀 ok"


def test_words_group_neighbouring_pieces():
    assert words(make_trace().source) == [
        ("the", [0]),
        ("umbrella", [1, 2]),
        ("end", [3]),
    ]


@given(st.text())
def test_visible_text_is_printable(text):
    assert visible(text).isprintable()
