"""Recall a digit over a gap: it is read first, then letters without a meaning. Without attention, the state must carry it.

A task for the gradient through time: Hochreiter and Schmidhuber 1997, section 5, use gaps of this kind.
"""

from __future__ import annotations

import random

from seq2seq.data.synthetic.example import Example, Part

SHORTEST, LONGEST = 1, 40  # letters of the gap
LETTERS = "abcd"


def draw(numbers: random.Random) -> Example:
    digit = str(numbers.randrange(10))
    gap: list[Part] = [(f" {letter}", ()) for letter in numbers.choices(LETTERS, k=numbers.randint(SHORTEST, LONGEST))]
    return Example.of([(digit, ("digit",)), *gap], [(digit, ("digit",))])
