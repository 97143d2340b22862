"""The pairs of a table are split into two parts without a common sentence, and saved."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.files.uploads import FEW, PAIRS

from seq2seq.data import uploaded_table
from seq2seq.data.corpora import Corpus, Pair
from seq2seq.data.uploaded_table import split, write
from seq2seq.sources.normalise import normalise

side = st.integers(0, 400).map("s{}".format)


@given(
    pairs=st.lists(st.tuples(side, side), min_size=50, max_size=300, unique=True), seed=st.integers(0, 5), order=st.randoms()
)
def test_split_parts_share_no_sentence(pairs: list[Pair], seed: int, order: random.Random) -> None:
    try:
        train, valid = split(pairs, seed)
    except ValueError:
        valid = []
    if valid:
        assert sorted(train + valid) == sorted(pairs)
        assert 10 <= len(valid) <= max(10, round(0.05 * len(pairs)))
        for column in (0, 1):
            assert not {pair[column] for pair in train} & {pair[column] for pair in valid}
        kept = set(valid)
        assert valid == [pair for pair in pairs if pair in kept] and train == [pair for pair in pairs if pair not in kept]
    shuffled = order.sample(pairs, len(pairs))
    try:
        again = set(split(shuffled, seed)[1])
    except ValueError:
        again = set()
    assert again == set(valid)


def test_split_holds_out_one_pair_in_twenty_within_limits() -> None:
    def held_out(count: int) -> int:
        return len(split([(f"a{n}", f"b{n}") for n in range(count)])[1])

    assert [held_out(count) for count in (50, 200, 1000, 30_000)] == [10, 10, 50, 1000]


def test_split_depends_on_the_seed() -> None:
    assert split(PAIRS, 1) == split(PAIRS, 1)
    assert set(split(PAIRS, 1)[1]) != set(split(PAIRS, 2)[1])


def test_split_keeps_linked_sentences_together() -> None:
    chain = [("s1", "t1"), ("s1", "t2"), ("s2", "t2"), ("s2", "t3")]
    apart = [(f"a{n}", f"b{n}") for n in range(100)]
    sides = {seed: set(chain) & set(split(apart + chain, seed)[1]) for seed in range(40)}
    assert {len(part) for part in sides.values()} == {0, 4}


def test_split_refuses_two_answers_for_all_questions() -> None:
    with pytest.raises(ValueError, match="too many share a source or a target"):
        split([(f"Question {n}?", "Yes." if n % 2 else "No.") for n in range(100)])


@given(
    texts=st.lists(
        st.tuples(*[st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("\"'\t\r\n\x85\u2028=")))] * 2),
        max_size=8,
    )
)
def test_corpus_reads_back_what_write_saved(tmp_path_factory: pytest.TempPathFactory, texts: list[Pair]) -> None:
    folder = tmp_path_factory.getbasetemp() / "kept"
    pairs = list(dict.fromkeys((normalise(a), normalise(b)) for a, b in texts))
    train = [*FEW, *(pair for pair in pairs if all(pair))]
    write(folder, train, PAIRS[60:70])
    assert list(Corpus(folder / "train.tsv", as_is=True)) == train
    assert list(Corpus(folder / "valid.tsv", as_is=True)) == PAIRS[60:70]
    assert sorted(path.name for path in folder.iterdir()) == ["train.tsv", "valid.tsv"]


def test_full_disk_is_explained_and_leaves_no_partial_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, FEW, FEW[:10])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(uploaded_table.os, "replace", full)
    with pytest.raises(ValueError, match="cannot be saved: the disk of this machine is full: make room"):
        write(tmp_path, FEW[:1], FEW[:1])
    assert list(Corpus(tmp_path / "train.tsv")) == FEW
    assert sorted(path.name for path in tmp_path.iterdir()) == ["train.tsv", "valid.tsv"]
