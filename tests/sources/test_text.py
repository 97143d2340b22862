import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.config import BOS, EOS, PAD, UNK, TrainConfig
from seq2seq.sources.text import CLOSED, KINDS, Tokenizer, Vocabulary

TRAIN = """
import json, sys
from seq2seq.sources import text
text.VOCABULARY_LINES = 150
pairs = json.load(open(sys.argv[1], encoding="utf-8"))
sys.stdout.buffer.write(text.Tokenizer.train(pairs, 290, shared=True).source.model)
"""
OPEN = [kind for kind in KINDS if kind not in CLOSED]  # can write any text

any_text = st.text(
    st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("▁ \x00\n\t<s>/\u00a0\u202f\u200b\ufeff😀e\u0301")),
    max_size=60,
)


@pytest.fixture(scope="module", params=OPEN)
def vocabulary(request: pytest.FixtureRequest, pairs: list[tuple[str, str]]) -> Vocabulary:
    made = Vocabulary.train([(text, "") for pair in pairs for text in pair], 310, kind=request.param)
    assert made.kind == request.param
    return made


@given(text=any_text)
def test_decode_reverses_encode_for_any_text(vocabulary: Vocabulary, text: str) -> None:
    ids = vocabulary.encode(text)
    assert vocabulary.decode(ids) == text
    assert vocabulary.decode([BOS, *ids, EOS, PAD]) == text


@given(text=any_text, seed=st.integers(0, 2**32))
def test_a_sampled_segmentation_is_of_the_same_text(vocabulary: Vocabulary, text: str, seed: int) -> None:
    assert vocabulary.decode(vocabulary.sample(text, TrainConfig(), random.Random(seed))) == text


def test_sampling_finds_other_segmentations(vocabulary: Vocabulary) -> None:
    source = random.Random(1)
    cuts = {tuple(vocabulary.sample("the old man paints the garden", TrainConfig(), source)) for _ in range(50)}
    assert len(cuts) > 1


def test_with_every_merge_byte_pairs_are_cut_as_the_library_cuts_them(pairs: list[tuple[str, str]]) -> None:
    vocabulary = Vocabulary.train([(text, "") for pair in pairs for text in pair], 310, kind="bpe")
    for text in ["the old man paints the garden", " two  spaces ", "une clé", "x", ""]:
        assert vocabulary.sample(text, TrainConfig(merge_dropout=0.0), random.Random(1)) == vocabulary.encode(text)
    letters = vocabulary.sample("the key", TrainConfig(merge_dropout=1.0), random.Random(1))
    assert vocabulary.pieces(letters) == list("▁the▁key")


def test_separate_vocabularies_are_separate(pairs: list[tuple[str, str]]) -> None:
    separate = Tokenizer.train(pairs, 290, shared=False)
    assert not separate.shared and set(separate.files()) == {"source.model", "target.model"}
    assert separate.source.model != separate.target.model


def test_training_the_vocabulary_again_gives_the_same(pairs: list[tuple[str, str]], tokenizer: Tokenizer) -> None:
    assert Tokenizer.train(pairs, 310, shared=True).source.model == tokenizer.source.model


def test_the_sample_of_training_lines_is_the_same_in_another_process(
    pairs: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    whole = Tokenizer.train(pairs, 290, shared=True)
    monkeypatch.setattr("seq2seq.sources.text.VOCABULARY_LINES", 150)
    drawn = Tokenizer.train(pairs, 290, shared=True).source.model
    (tmp_path / "pairs.json").write_text(json.dumps(pairs), encoding="utf-8")
    again = subprocess.run([sys.executable, "-c", TRAIN, str(tmp_path / "pairs.json")], capture_output=True, check=True)
    assert again.stdout == drawn != whole.source.model


@pytest.mark.parametrize("kind", OPEN)
@pytest.mark.parametrize("size", [2000, 60_000])
def test_vocabulary_too_large_for_its_text_names_the_largest_size(pairs: list[tuple[str, str]], kind: str, size: int) -> None:
    with pytest.raises(ValueError, match=f"{size:,} pieces is too large for this text, which gives at most") as raised:
        Tokenizer.train(pairs, size, shared=True, kind=kind)
    largest = int(str(raised.value).split()[-3].replace(",", ""))
    assert len(Tokenizer.train(pairs, largest, shared=True, kind=kind).source) == largest
    with pytest.raises(ValueError, match=f"gives at most {largest:,}: choose"):
        Tokenizer.train(pairs, largest + 1, shared=True, kind=kind)


@pytest.mark.parametrize("size", [10, 261])
def test_vocabulary_too_small_for_its_text_names_the_smallest_size(pairs: list[tuple[str, str]], size: int) -> None:
    with pytest.raises(ValueError, match=rf"{size} pieces is too small: the characters of this text alone need \d+"):
        Tokenizer.train(pairs, size, shared=True)


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x00" * 1000])
def test_invalid_vocabulary_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"not a SentencePiece model|special ids"):
        len(Vocabulary(content))


def test_no_piece_crosses_the_end_of_a_word() -> None:
    lines = [(text, "French") for text in ("J'ai l'eau.", "Aujourd'hui, j'ai l'ami.", "J'ai vu l'eau aujourd'hui !")] * 30
    vocabulary = Vocabulary.train(lines, 310)
    pieces = vocabulary.pieces(vocabulary.encode("J'ai l'eau aujourd'hui."))
    assert pieces == ["▁J'", "ai", "▁l'", "eau", "▁aujourd'hui", "."]


def test_digits_are_single_pieces_if_asked_for() -> None:
    lines = [(text, "") for text in ("1200 or 1200", "12 and 12", "1200 and 12")] * 30
    whole, split = (Vocabulary.train(lines, 274, split_digits=split) for split in (False, True))
    assert whole.pieces(whole.encode("1200")) != split.pieces(split.encode("1200")) == ["▁", "1", "2", "0", "0"]


def test_a_vocabulary_of_words_has_one_piece_for_each_word_and_knows_no_others() -> None:
    phonemes = Vocabulary.train([("N AY T", ""), ("K AE T", "")] * 5, 60_000, kind="word")
    ids = phonemes.encode("K AY T")
    assert phonemes.kind == "word" and phonemes.pieces(ids) == ["▁K", "▁AY", "▁T"]
    assert phonemes.decode(ids) == "K AY T" and phonemes.sample("K AY T", TrainConfig(), random.Random(1)) == ids
    assert len(phonemes) == 4 + 5 and phonemes.encode("K ZH") == [ids[0], UNK]


def test_a_vocabulary_of_characters_has_one_piece_for_each_character_and_knows_no_others() -> None:
    katakana = Vocabulary.train([("トーマス", ""), ("ア ン ナ", "")] * 5, 60_000, kind="character")
    ids = katakana.encode("アート")
    assert katakana.kind == "character" and katakana.pieces(ids) == ["ア", "ー", "ト"]
    assert katakana.decode(ids) == "アート" and katakana.sample("アート", TrainConfig(), random.Random(1)) == ids
    assert len(katakana) == 4 + 7 and katakana.encode("ア ー ト") == ids and katakana.encode("aア") == [UNK, ids[0]]
