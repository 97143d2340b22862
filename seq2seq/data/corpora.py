"""Read sentence pairs from files, and hold them in little memory. A pair is a source and a target text.

A language model has no source: its pairs are an empty text and a sentence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from itertools import compress
from pathlib import Path

import numpy as np

from seq2seq.data.tables import reading
from seq2seq.data.tables.findings import Tally
from seq2seq.data.tables.layout import Layout
from seq2seq.data.tables.parts import PLAIN, TEXT, Paths, Source, plain, recognise
from seq2seq.sources.normalise import normalise

Pair = tuple[str, str]
_UNUSED, _FIRST, _AGAIN = 0, 1, 2  # marks of a row in a Corpus: not used, used, used although its pair came before
_HELD_OUT_KEY = b"seq2seq-unrolled/valid-share/1"


@dataclass(frozen=True)
class PairFile:
    """A file of pairs, or two files with matching lines, and how they are read.

    Iterating yields the pairs unchanged, row by row; each iteration reads the file again. Rows without text on both sides are
    left out. Raises ValueError with the name of the file and the line of the first fault.
    """

    name: str
    files: Source
    layout: Layout
    alone: bool = False  # sentences without a source: the source of each pair is empty

    @classmethod
    def open(cls, paths: Paths, source: int | None = None, target: int | None = None, as_is: bool = False) -> PairFile:
        """Open files of any kind. A column that is not given is guessed, as is all else.

        With `as_is`, nothing is guessed: the file is tab-separated UTF-8 without header, quotes and HTML.
        """
        given = [paths] if isinstance(paths, str | Path) else list(paths)
        name = " and ".join(map(str, given))
        if min((column for column in (source, target) if column is not None), default=0) < 0:
            raise ValueError(f"columns are counted from 0: source {source} and target {target} must both be 0 or more")
        if source is not None and source == target:
            raise ValueError(f"column {source} cannot be both source and target: choose two different columns")
        with _naming(name):
            files = plain(given[0]) if as_is and len(given) == 1 else recognise(given)
            layout = reading.guess(files)
        # A guessed column makes room for a given one.
        guessed = [column for column in (layout.source, layout.target, 0, 1) if column not in (source, target)]
        source = guessed.pop(0) if source is None else source
        target = next(column for column in guessed if column != source) if target is None else target
        return cls(name, files, replace(layout, source=source, target=target))

    @classmethod
    def of_sentences(cls, paths: Paths, column: int | None = None) -> PairFile:
        """Open the sentences of a language model: a text file with one a line, or the target column of pairs of any kind.

        A text file is UTF-8 text in which every character stands for itself; tabs, if there are any, separate columns. Without
        `column`, a file of one column is read whole, and of other files the target is guessed.
        """
        given = [paths] if isinstance(paths, str | Path) else list(paths)
        name = " and ".join(map(str, given))
        if column is not None and column < 0:
            raise ValueError(f"columns are counted from 0: target {column} must be 0 or more")
        with _naming(name):
            files = recognise(given)
            files = plain(given[0]) if files.kind == TEXT and not files.parts[0].member else files
            layout = reading.guess(files)
            last = len(reading.columns(files, layout)) - 1
        column = min(layout.target, last) if column is None else column
        return cls(name, files, replace(layout, source=column, target=column), alone=True)

    def __iter__(self) -> Iterator[Pair]:
        return self.tallied(Tally())

    def tallied(self, tally: Tally) -> Iterator[Pair]:
        """Yield the pairs; count in `tally` what is left out or changed."""
        with _naming(self.name):
            for pair in reading.sides(self.files, self.layout, tally, self.alone):
                if all(text.strip() for text in pair):
                    yield ("", pair[1]) if self.alone else pair
                else:
                    tally.add("empty")

    def remarks(self, tally: Tally) -> list[str]:
        """Return sentences about how the files were read, if that is not plain tab-separated UTF-8, and about left-out rows."""
        with _naming(self.name):
            found = [*reading.remarks(self.files, self.layout), *tally.findings("malformed", "cut", "extra", "markup", "empty")]
            names = reading.columns(self.files, self.layout)
        layout, as_usual = self.layout, replace(self.layout, source=0, target=1)
        texts = [finding.text for finding in found]
        if self.files.kind not in (TEXT, PLAIN) or as_usual != Layout("utf-8", "\t", False, 0, 1) or len(names) > 2:
            how = reading.described(self.files, layout)
            pair = f"{names[layout.source]!r} to {names[layout.target]!r}"
            which = f"{pair} (columns {layout.source} and {layout.target} of {len(names)})"
            if self.alone:
                which = f"only the sentences of {names[layout.target]!r} (column {layout.target} of {len(names)})"
            texts.insert(0, f"Read as {how}, {which}.")
        return [f"{self.name}: {text}" for text in texts]


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Put the name of the file into a message about it."""
    try:
        yield
    except ValueError as error:
        text = str(error)
        start = text.removeprefix("the file ")
        raise ValueError(f"{name} {start}" if start != text else f"{name}: {text}") from None


def read_pairs(
    paths: Paths, source: int | None = None, target: int | None = None, raw: bool = False
) -> tuple[list[Pair], list[str]]:
    """Return all pairs of files of any kind, and remarks on how they were read.

    Both sides are normalised, and a pair that then has an empty side is left out; with `raw`, pairs stay as they are. Raises
    ValueError as PairFile does, and for files without any pair.
    """
    file, tally = PairFile.open(paths, source, target), Tally()
    pairs = list(file.tallied(tally))
    if not raw:
        pairs = [pair for pair in ((normalise(a), normalise(b)) for a, b in pairs) if all(pair)]
    remarks = file.remarks(tally)
    if not pairs:
        raise _no_pairs(file, tally)
    return pairs, remarks


def _no_pairs(file: PairFile, tally: Tally) -> ValueError:
    why = "".join(f" {finding.text}" for finding in tally.findings("malformed", "cut", "empty"))
    return ValueError(f"{file.name} contains no sentence pair with visible characters on both sides.{why}")


class Corpus:
    """The training pairs of a file: both sides normalised, exact duplicates removed, order kept.

    With `alone`, they are the sentences of a language model; see `PairFile.of_sentences`.
    With `repeated`, a pair counts as often as it stands in the file, so that a small corpus can be given more weight. A pair
    with a side that is empty after normalising is skipped. Each iteration reads the file again. Memory holds one byte per
    row, so the file may be larger than memory. `remarks` says how the file was read, and whether it contains pairs of
    `held_out`. Raises ValueError as PairFile does.
    """

    def __init__(
        self,
        paths: Paths,
        source: int | None = None,
        target: int | None = None,
        repeated: bool = False,
        as_is: bool = False,
        held_out: Corpus | None = None,
        alone: bool = False,
    ):
        self._file = PairFile.of_sentences(paths, target) if alone else PairFile.open(paths, source, target, as_is)
        tally = Tally()
        digests = np.fromiter(map(_digest, self._rows(tally)), np.uint64)
        self.remarks = self._file.remarks(tally)
        if not len(digests):
            raise _no_pairs(self._file, tally)
        marks = np.full(len(digests), _AGAIN if repeated else _UNUSED, np.uint8)
        marks[np.unique(digests, return_index=True)[1]] = _FIRST
        self._marks = marks.tobytes()
        if held_out and (common := int(np.isin(np.fromiter(map(_digest, held_out), np.uint64), digests).sum())):
            self.remarks.append(
                f"{held_out.name}: {common:,} of its {len(held_out):,} pairs are also in {self.name}, so the validation loss"
                " says little about new sentences. Leave them out of one of the files."
            )

    @property
    def name(self) -> str:
        return self._file.name

    def __len__(self) -> int:
        return len(self._marks) - self._marks.count(_UNUSED)

    def __iter__(self) -> Iterator[Pair]:
        return compress(self._rows(Tally()), self._marks)

    def _rows(self, tally: Tally) -> Iterator[Pair]:
        for source, target in self._file.tallied(tally):
            pair = normalise(source), normalise(target)
            if all(pair) or (self._file.alone and pair[1]):
                yield pair

    def split(self, share: float) -> tuple[Corpus, Corpus]:
        """Return training and validation pairs that have no sentence in common, on neither side.

        A keyed hash of the source sentence, or of the only one, holds out about `share` of the pairs, the same ones in every
        corpus. Training pairs with the target of a held-out pair are left out. Raises ValueError if a part is empty.
        """
        most, targets = int(share * 2**64), set()
        held = bytearray(self._marks)  # marks of the validation pairs
        for row, (source, target) in enumerate(self._rows(Tally())):
            if self._marks[row] != _FIRST or _hash(source or target, _HELD_OUT_KEY) >= most:
                held[row] = _UNUSED
            else:
                targets.add(_hash(target))
        rest = bytearray(self._marks)
        for row, (source, target) in enumerate(self._rows(Tally())):
            if _hash(source or target, _HELD_OUT_KEY) < most or _hash(target) in targets:
                rest[row] = _UNUSED
        training, validation = self._part(rest), self._part(held)
        left_out = len(self) - len(training) - len(validation)
        training.remarks.append(
            f"{self.name}: {len(validation):,} pairs are held out for validation, {len(training):,} are for training."
            + (f" {left_out:,} share a sentence with held-out pairs and are left out." if left_out else "")
        )
        if not len(training) or not len(validation):
            part = "validation" if len(training) else "training"
            raise ValueError(f"a share of {share:g} of the {len(self):,} pairs leaves none for {part}: choose another share")
        return training, validation

    def _part(self, marks: bytearray) -> Corpus:
        part = copy(self)
        part._marks, part.remarks = bytes(marks), list(self.remarks)
        return part


def _digest(pair: Pair) -> int:
    return _hash("\t".join(pair))


def _hash(text: str, key: bytes = b"") -> int:
    """Return a 64-bit hash. For a million texts, the chance that two different ones have equal hashes is 3 in 100 million."""
    return int.from_bytes(hashlib.blake2b(text.encode(), key=key, digest_size=8).digest())


def with_references(pairs: list[Pair]) -> dict[str, list[str]]:
    """Return each source sentence once with all its different references; a sentence often has several translations."""
    references: dict[str, list[str]] = {}
    for source, target in pairs:
        targets = references.setdefault(source, [])
        if target not in targets:
            targets.append(target)
    return references
