"""Pairs whose two sides are exchanged are found, and no others."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest
from support.files.uploads import PAIRS, TAB, counts, lines, put

from seq2seq.data import swapped_sides
from seq2seq.data.swapped_sides import swapped
from seq2seq.data.uploaded_table import read


def test_swapped_finds_exactly_the_swapped_pairs(file: Path) -> None:
    wrong = {7, 100, 101, 311}
    mixed = [pair[::-1] if i in wrong else pair for i, pair in enumerate(PAIRS)]
    assert set(swapped(mixed)) == wrong
    assert swapped(PAIRS) == []
    assert swapped(mixed[:199]) == []  # too few pairs
    put(file, lines(mixed))
    finding = read(file, TAB).findings[-1]
    assert (finding.kind, finding.count) == ("swapped", 4)
    assert finding.text.endswith(f"The first is: {PAIRS[7][1]} / {PAIRS[7][0]}")


def test_swapped_ignores_names_and_loan_words_on_both_sides() -> None:
    both = [("Yokohama, Ouagadougou.", "Yokohama, Ouagadougou !"), ("La clé, le pain, la nuit.", "La clé, le pain, la nuit !")]
    assert swapped([*PAIRS, *both]) == []


def test_swapped_works_for_scripts_with_many_characters() -> None:
    draw, han = random.Random(3), [chr(code) for code in range(0x4E00, 0x9000)]
    pairs = [(source, "".join(draw.choices(han, k=12))) for source, _ in PAIRS[:250]]
    assert swapped([pair[::-1] if i in (5, 99) else pair for i, pair in enumerate(pairs)]) == [5, 99]


@pytest.mark.parametrize("share", [0.1, 0.3, 0.45, 0.5, 0.6, 0.9])
def test_swapped_finds_any_share_of_exchanged_pairs(share: float, file: Path) -> None:
    draw = random.Random(int(100 * share))
    turned = [draw.random() < share for _ in PAIRS]
    mixed = [pair[::-1] if turn else pair for pair, turn in zip(PAIRS, turned, strict=True)]
    few = sum(turned) <= len(PAIRS) / 2  # the pairs of the smaller direction are reported
    expected = [row for row, turn in enumerate(turned) if turn == few]
    assert swapped(mixed) == expected
    put(file, lines(mixed))
    assert counts(read(file, TAB))["swapped"] == len(expected)


def test_swapped_judges_all_rows_of_a_file_larger_than_its_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swapped_sides, "_ROWS_AT_ONCE", 90)
    mixed = [pair[::-1] if row % 2 else pair for row, pair in enumerate(PAIRS)]
    assert swapped(mixed[:-1]) == list(range(1, len(PAIRS) - 1, 2))


def test_swapped_finds_nothing_with_one_language_in_both_columns() -> None:
    english = [source for source, _ in PAIRS]
    shuffled = random.Random(2).sample(english, len(english))
    assert swapped(list(zip(english, shuffled, strict=True))) == []


def test_swapped_ignores_a_few_typical_rows_of_one_language() -> None:
    english = [source for source, _ in PAIRS]
    verbs = itertools.cycle(["sing", "run", "read", "swim", "knit"])
    talk = list(zip(english, random.Random(2).sample(english, len(english)), strict=True))
    for row in range(0, len(talk), 10):
        verb = next(verbs)
        talk[row] = (f"Why would anybody {verb}?", f"Because it is lovely to {verb}.")
    for row in (10, 20):
        talk[row] = talk[row][::-1]
    assert swapped(talk) == []


def test_swapped_gives_the_same_result_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    mixed = [pair[::-1] if i in (3, 250) else pair for i, pair in enumerate(PAIRS)]
    monkeypatch.setattr(swapped_sides, "_ROWS_AT_ONCE", 100)
    assert swapped(mixed) == [3, 250]
