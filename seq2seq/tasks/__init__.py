"""Tasks that make their own data: small, exact, and trained to a visible result within minutes. Each knows its true alignments.

A new task is a module with a `draw` and a line in TASKS.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..corpora import Pair
from . import dates, digits, grammar, numbers
from .example import Example

__all__ = ["SPLITS", "TASKS", "Example", "Task"]

SPLITS = {"test": 1000, "valid": 500, "train": 10_000}  # different sources each; no source is in two of them
_SEED = "seq2seq unrolled"  # of every task's data: whoever trains a task trains on the same pairs
_TRIES = 1000  # draws in a row that may bring nothing new


@dataclass(frozen=True)
class Task:
    """`draw` makes an example from a source of random numbers; the same source sentence always has the same target."""

    title: str
    source_language: str
    target_language: str
    draw: Callable[[random.Random], Example]
    vocabulary_size: int  # single characters and whole words
    split_digits: bool  # where each digit has a meaning of its own and no space before it

    def examples(self, split: str) -> list[Example]:
        """The examples of "train", "valid" or "test": always the same, no source twice or in two splits."""
        found = self._distinct()
        for name, size in SPLITS.items():
            part = [next(found) for _ in range(size)]
            if name == split:
                return part
        raise ValueError(f"split must be one of {', '.join(SPLITS)}, not {split!r}")

    def pairs(self, split: str) -> list[Pair]:
        return [(example.source, example.target) for example in self.examples(split)]

    def _distinct(self) -> Iterator[Example]:
        source_of_numbers = random.Random(f"{_SEED}/{self.title}")
        seen: set[str] = set()
        for _ in range(sum(SPLITS.values())):
            for _ in range(_TRIES):
                example = self.draw(source_of_numbers)
                if example.source not in seen:
                    break
            else:
                raise AssertionError(f"the task {self.title!r} has too few different sentences")
            seen.add(example.source)
            yield example


TASKS: dict[str, Task] = {
    "reverse": Task("Digits in reverse", "digits", "digits", digits.reverse, 281, False),
    "sort": Task("Digits in order", "digits", "digits", digits.sort, 281, False),
    "dates": Task("Dates to ISO 8601", "English dates", "ISO 8601", dates.draw, 400, True),
    "numbers-en": Task("Numbers to English words", "numbers", "English", numbers.english, 380, True),
    "numbers-fr": Task("Numbers to French words", "numbers", "French", numbers.french, 390, True),
    "grammar": Task("A small grammar, English to French", "English", "French", grammar.draw, 650, False),
}
