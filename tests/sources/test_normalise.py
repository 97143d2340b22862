import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seq2seq.sources.normalise import normalise
from seq2seq.sources.text import Tokenizer

INVISIBLE = [chr(c) for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c)) == "Cf" and c != 0x200D]
INVISIBLE += ["\u034f", "\ufffc"]
WHITE = [chr(c) for c in range(sys.maxunicode + 1) if chr(c).isspace()]
any_text = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]), st.sampled_from("\x00\n\u00a0\u202f\u200b\u200d\ufeff😀👩e\u0301…’！中ﬁ")
    ),
    max_size=60,
)
SENTENCE = "Where is the station?"


@given(text=any_text)
@example(text="e\x00\u0301")
@example(text="👩\u200d\u200d🔬")
@example(text="\uff01\u200d中")
def test_normalising_twice_equals_normalising_once(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert once == once.strip() and "  " not in once and "\n" not in once


@pytest.mark.parametrize("character", INVISIBLE, ids=lambda c: f"U+{ord(c):04X}")
def test_invisible_characters_are_removed(character: str) -> None:
    assert normalise(f"sta{character}tion") == "station"
    assert normalise(character * 3) == ""


@given(text=st.text(st.sampled_from("Où est la gare, Zoë ? 中文！👍"), max_size=30), data=st.data())
def test_an_invisible_character_anywhere_leaves_the_ids_unchanged(tokenizer: Tokenizer, text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text)))
    character = data.draw(st.sampled_from(INVISIBLE))
    changed = text[:place] + character + text[place:]
    assert tokenizer.source.encode(normalise(changed)) == tokenizer.source.encode(normalise(text))


@pytest.mark.parametrize("character", WHITE, ids=lambda c: f"U+{ord(c):04X}")
def test_every_white_space_is_a_space(character: str) -> None:
    assert normalise(f"Where is{character}the station?{character}") == SENTENCE


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("I don’t know…", "I don't know..."),
        ("It‘s ʼn ´ ′", "It's 'n ' '"),
        ("„Ja“, “yes”, ″x″", '"Ja", "yes", "x"'),
        ("a – b — c ‑ d ‐ e − f", "a - b - c - d - e - f"),
        ("Ｈｅｌｌｏ！", "Hello!"),
        ("What？", "What?"),
        ("\ufb01nd the \ufb02oor", "find the floor"),
        ("ｶﾞ", "ガ"),
        ("cafe\u0301", "café"),
        ("fin\u00a0! «\u202foui\u202f»", "fin ! « oui »"),
    ],
)
def test_look_alikes_have_one_spelling(typed: str, plain: str) -> None:
    assert normalise(typed) == plain


@pytest.mark.parametrize(
    "text",
    ["x² + ½", "Product™", "5 ℃", "你好！", "本当に？", "はい。", "n° 5", "ß", "👩\u200d🔬 👍🏽"],
)
def test_characters_with_a_meaning_of_their_own_stay(text: str) -> None:
    assert normalise(text) == text


@given(text=any_text)
def test_composed_and_decomposed_text_have_one_form(text: str) -> None:
    assert normalise(unicodedata.normalize("NFC", text)) == normalise(unicodedata.normalize("NFD", text))


def test_a_joiner_outside_emoji_is_removed() -> None:
    assert normalise("sta\u200dtion") == "station"
    assert normalise("\u200d👩\u200d") == "👩"


def test_lone_surrogates_are_refused_by_position() -> None:
    with pytest.raises(ValueError, match="position 3"):
        normalise("ab\ud800")
