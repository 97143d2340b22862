"""Tasks with generated data: small, exact, and learned to a visible result within minutes. The true alignments are known.

To add a task, write a module with a `draw` function and add a line to `_ALL`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from seq2seq.data.corpora import Pair
from seq2seq.data.synthetic import dates, digits, grammar, numbers, recall, scenes, spoken, stories
from seq2seq.data.synthetic.example import Example

__all__ = ["SPLITS", "TASKS", "Example", "Task"]

SPLITS = {"test": 1000, "valid": 500, "train": 10_000}  # number of different sources; no source is in two splits
FURTHER = 500  # examples of each further split
_SEED = "seq2seq unrolled"  # the same for everybody, so that a task has the same pairs on every machine
_TRIES = 1000  # draws in a row that may repeat known sources
Draw = Callable[[random.Random], Example]


@dataclass(frozen=True)
class Task:
    """A task: `draw` makes an example from a random number generator. Equal source sentences always have equal targets."""

    name: str  # also part of the seed, so it decides the data
    title: str
    source_language: str
    target_language: str
    draw: Draw
    vocabulary_size: int  # single characters and whole words
    split_digits: bool  # True where each digit has its own meaning and no space before it
    training: int | None = None  # examples to train on, if not as many as in SPLITS
    further: Mapping[str, Draw] = field(default_factory=dict)  # test sets of other examples than those of training, by name
    vocabulary_kind: str = "bpe"
    model: Mapping[str, Any] = field(default_factory=dict)  # settings of its model that differ from those of other tasks
    settings: Mapping[str, Any] = field(default_factory=dict)  # of its training, likewise
    origin: Callable[[], Mapping[str, str]] = dict  # where its data come from, if not all of them are made by this project

    @property
    def splits(self) -> dict[str, int]:
        """The number of examples of each split."""
        own = {} if self.training is None else {"train": self.training}
        return {**SPLITS, **own, **dict.fromkeys(self.further, FURTHER)}

    def examples(self, split: str) -> list[Example]:
        """Return the examples of "train", "valid", "test" or a further split: always the same, no source repeated or in two
        splits."""
        if split not in self.splits:
            raise ValueError(f"split must be one of {', '.join(self.splits)}, not {split!r}")
        if split in self.further:
            return list(islice(self._distinct(self.further[split], f"/{split}"), FURTHER))
        examples = self._distinct(self.draw)
        for name in SPLITS:
            part = list(islice(examples, self.splits[name]))
            if name == split:
                return part
        raise AssertionError(split)

    def first(self, count: int) -> list[Example]:
        """Return the first `count` test examples without making the others."""
        return list(islice(self._distinct(self.draw), count))

    def pairs(self, split: str) -> list[Pair]:
        return [(example.source, example.target) for example in self.examples(split)]

    def _distinct(self, draw: Draw, seed: str = "") -> Iterator[Example]:
        numbers = random.Random(f"{_SEED}/{self.name}{seed}")
        seen: set[str] = set()
        while True:
            for _ in range(_TRIES):
                example = draw(numbers)
                if example.source not in seen:
                    break
            else:
                raise AssertionError(f"the task {self.name!r} has too few different sentences")
            seen.add(example.source)
            yield example


_ALL = (
    Task("reverse", "Digits in reverse", "digits", "digits", digits.reverse, 281, False),
    Task("sort", "Digits in order", "digits", "digits", digits.sort, 281, False),
    Task("recall", "A digit after a gap", "a digit and letters", "the digit", recall.draw, 285, False),
    Task("dates", "Dates to ISO 8601", "English dates", "ISO 8601", dates.draw, 400, True),
    Task("numbers-en", "Numbers to English words", "numbers", "English", numbers.english, 380, True),
    Task("numbers-fr", "Numbers to French words", "numbers", "French", numbers.french, 390, True),
    Task("grammar", "A small grammar, English to French", "English", "French", grammar.draw, 650, False),
    Task(
        "scenes",
        "Scenes to sentences",
        "pictures",
        "English",
        scenes.draw,
        100,
        False,
        training=60_000,
        further={"unseen-pairs": scenes.unseen},
        vocabulary_kind="word",
        model=scenes.MODEL,
        settings=scenes.TRAINING,
    ),
    Task(
        "digits-spoken",
        "Spoken digits",
        "spoken digits",
        "English",
        spoken.draw,
        100,
        False,
        training=40_000,
        further={
            "unseen-voices": spoken.unseen_voices,
            "long": spoken.long,
            "unseen-recordings": spoken.unseen_recordings,
            "long-recordings": spoken.long_recordings,
            "recordings": spoken.recordings,
        },
        vocabulary_kind="word",
        model=spoken.MODEL,
        settings=spoken.TRAINING,
        origin=spoken.origin,
    ),
    Task(
        "stories",
        "Stories to one sentence",
        "stories",
        "one sentence",
        stories.draw,
        1300,
        False,
        training=40_000,
        further={"unseen-pairs": stories.unseen, "many-idle": stories.long},
    ),
)
TASKS = {task.name: task for task in _ALL}
