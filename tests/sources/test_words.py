"""The spans of words in a sentence, their pieces, and attention between words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.sources.text import Tokenizer
from seq2seq.sources.words import Words, join, merge, merge_words, split

JOINED = [
    ('He did n\'t go ; " co-ordination " cost 5 % ( or 6 ) .', "English", 'He didn\'t go; "co-ordination" cost 5% (or 6).'),
    ("dogs , ' so called ' .", "English", "dogs, 'so called'."),
    ("It 's Paul 's .", "English", "It's Paul's."),
    ("¿ Dónde está ? ¡ Hola !", "Spanish", "¿Dónde está? ¡Hola!"),
    ("Où est l' eau ? « Ici » , dit -il !", "French", "Où est l'eau ? « Ici », dit-il !"),
    ("l' eau ?", "English", "l' eau?"),
    ("我 把 伞 忘 在 你家 了 。", "Chinese", "我把伞忘在你家了。"),
    ("The – dash — is a hyphen .", "English", "The - dash - is a hyphen."),
    ("“ curly ’s ”", "English", '"curly\'s"'),
]


@pytest.mark.parametrize(("tokens", "language", "text"), JOINED)
def test_tokens_become_a_sentence_in_which_each_is_found(tokens: str, language: str, text: str) -> None:
    words = join(tokens.split(" "), language)
    plain = tokens.translate(str.maketrans("“”’–—", '""\'--'))
    assert words.text == text and list(words) == plain.split(" ")
    assert len(words) == len(tokens.split(" ")) and words[len(words) - 1] == plain.split(" ")[-1]


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("J'ai laissé l'eau, aujourd'hui !", "French", "J' ai laissé l' eau , aujourd'hui !"),
        ("Elle n'est pas d'aujourd'hui.", "French", "Elle n' est pas d' aujourd'hui ."),
        ("He doesn't know (why)...", "English", "He doesn't know ( why ) ..."),
        ("par-dessus 13,200 1/2 45%?!", "French", "par-dessus 13,200 1/2 45 % ? !"),
        ("¿Sabes?", "Spanish", "¿ Sabes ?"),
        ("我把A伞忘了。", "Chinese", "我 把 A 伞 忘 了 。"),
        ("'quoted' dogs' -", "English", "' quoted ' dogs ' -"),
        ("🙂👨‍👩‍👧 ok", "", "🙂👨‍👩‍👧 ok"),
    ],
)
def test_typed_sentence_is_split_into_words(text: str, language: str, words: str) -> None:
    found = split(text, language)
    assert found.text == text and list(found) == words.split(" ")


@given(st.text(max_size=40), st.sampled_from(["French", "English", ""]))
def test_every_character_but_spaces_is_in_one_word(text: str, language: str) -> None:
    try:
        words = split(text, language)
    except ValueError:
        return
    assert "".join(words) == words.text.replace(" ", "")
    assert all(start < end for start, end in words.spans)


@pytest.mark.parametrize("tokens", [[], ["a", "\u200b"], [" "]])
def test_words_without_a_visible_character_are_refused(tokens: list[str]) -> None:
    with pytest.raises(ValueError, match=r"no words|no character that can be seen"):
        join(tokens)


def test_a_piece_is_shared_by_the_characters_it_covers() -> None:
    words = Words("it's no", ((0, 2), (2, 4), (5, 7)))  # it 's no
    assert words.shares(["▁it", "'s", "▁no", "</s>"]).tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]
    shares = words.shares(["▁i", "t's▁", "n", "o"])  # one piece over the end of one word and all of the next
    assert shares[:, 1] == pytest.approx([1 / 3, 2 / 3, 0]) and shares[:, 0].tolist() == [1, 0, 0]


def test_bytes_belong_to_the_word_whose_character_they_spell() -> None:
    words = split("ab 伞伞")
    pieces = ["▁", "a", "b", "▁", "<0xE4>", "<0xBC>", "<0x9E>", "伞"]
    assert words.shares(pieces).argmax(0).tolist() == [0, 0, 0, 1, 1, 1, 1, 2]


@pytest.mark.parametrize("pieces", [["▁a"], ["▁ab", "c"], ["▁a", "bcd"], []])
def test_pieces_of_another_text_are_refused(pieces: list[str]) -> None:
    with pytest.raises(ValueError, match="do not spell 'ab'"):
        Words("ab", ((0, 2),)).shares(pieces)


@given(st.lists(st.text("ab éœ'-.,(伞▁😀", min_size=1, max_size=6).filter(str.strip), min_size=1, max_size=6))
def test_shares_of_every_piece_sum_to_one(tokenizer: Tokenizer, tokens: list[str]) -> None:
    words = join(tokens, "French")
    shares = words.shares([*tokenizer.source.pieces(tokenizer.source.encode(words.text)), "</s>"])
    assert np.allclose(shares.sum(0)[:-1], 1) and not shares[:, -1].any()
    assert (shares.sum(1) > 0).all()


def test_source_weights_are_summed_and_target_weights_averaged() -> None:
    weights = [[0.1, 0.2, 0.7], [0.3, 0.3, 0.4]]
    assert np.allclose(merge_words(weights, [[0, 1]], [[0, 1], [2]]), [[0.45, 0.55]])
    shared = merge(weights, np.array([[1, 0.5], [0, 0.5]]), np.array([[1, 0.5, 0], [0, 0.5, 1]]))
    # The first word has step 0 and half of step 1, so step 0 has twice the weight in its mean.
    assert np.allclose(shared[0], [(0.2 + 0.45 / 2) / 1.5, (0.8 + 0.55 / 2) / 1.5]) and np.allclose(shared[1], [0.45, 0.55])
