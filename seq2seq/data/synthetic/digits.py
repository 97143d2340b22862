"""Reverse digits, and sort digits. The model needs no knowledge; it must only attend to the right position."""

from __future__ import annotations

import random

from seq2seq.data.synthetic.example import Example, Part

FEWEST, MOST = 3, 10  # number of digits


def reverse(numbers: random.Random) -> Example:
    drawn = _draw(numbers)
    return Example.of(_row(drawn), _row(drawn[::-1]))


def sort(numbers: random.Random) -> Example:
    """Sort in ascending order; equal digits keep their order."""
    drawn = _draw(numbers)
    return Example.of(_row(drawn), _row(sorted(drawn)))


def _draw(numbers: random.Random) -> list[tuple[int, int]]:
    """Draw digits; return each with its position."""
    return [(numbers.randrange(10), position) for position in range(numbers.randint(FEWEST, MOST))]


def _row(digits: list[tuple[int, int]]) -> list[Part]:
    return [(f" {digit}" if i else str(digit), (position,)) for i, (digit, position) in enumerate(digits)]
