"""Digits in reverse, and digits in order: nothing to know, only to look at the right place."""

from __future__ import annotations

import random

from seq2seq.data.synthetic.example import Example, Part

FEWEST, MOST = 3, 10  # digits


def reverse(numbers: random.Random) -> Example:
    drawn = _draw(numbers)
    return Example.of(_row(drawn), _row(drawn[::-1]))


def sort(numbers: random.Random) -> Example:
    """Ascending; equal digits keep their order."""
    drawn = _draw(numbers)
    return Example.of(_row(drawn), _row(sorted(drawn)))


def _draw(numbers: random.Random) -> list[tuple[int, int]]:
    """Digits, each with its place."""
    return [(numbers.randrange(10), place) for place in range(numbers.randint(FEWEST, MOST))]


def _row(digits: list[tuple[int, int]]) -> list[Part]:
    return [(f" {digit}" if i else str(digit), (place,)) for i, (digit, place) in enumerate(digits)]
