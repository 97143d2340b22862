"""Read sentence pairs. A corpus is a file of (source, target) texts, one pair per line."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from itertools import compress
from pathlib import Path

import numpy as np

from seq2seq.sources.normalise import normalise

Pair = tuple[str, str]


def stream_tsv(path: str | Path, source: int = 0, target: int = 1) -> Iterator[Pair]:
    """Yield the pairs of a tab-separated UTF-8 file without header, unchanged. `source` and `target` are 0-based columns.

    The file is read row by row. Rows with an empty side are skipped. Raises ValueError with the file and the line of the
    error.
    """
    if min(source, target) < 0:
        raise ValueError(f"columns are counted from 0: source {source} and target {target} must both be 0 or more")
    empty = True
    try:
        with open(path, encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE), start=1):
                if not row:
                    continue
                if len(row) <= max(source, target):
                    raise ValueError(
                        f"{path}, line {number}: {len(row)} column(s), but columns {source} and {target} are needed"
                    )
                pair = (row[source], row[target])
                if all(text.strip() for text in pair):
                    empty = False
                    yield pair
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is not UTF-8 text in tab-separated columns: {error}") from None
    if empty:
        raise ValueError(f"{path} contains no sentence pair: it needs lines with a source and a target, separated by a tab")


def read_tsv(path: str | Path, source: int = 0, target: int = 1, raw: bool = False) -> list[Pair]:
    """Return the pairs of `stream_tsv`, both sides normalised, without pairs that then have an empty side.

    With `raw`, return them unchanged. Raises ValueError as `stream_tsv` does, and if no pair is left.
    """
    pairs = list(stream_tsv(path, source, target))
    if raw:
        return pairs
    clean = [pair for pair in ((normalise(a), normalise(b)) for a, b in pairs) if all(pair)]
    if not clean:
        raise ValueError(f"{path} contains no sentence pair with visible characters on both sides")
    return clean


class Corpus:
    """The training pairs of a file: both sides normalised, exact duplicates removed, order kept.

    With `repeated`, a pair counts as often as it stands in the file, so that a small corpus can be given more weight. A pair
    with a side that is empty after normalising is skipped. Each iteration reads the file again. Memory holds one byte per
    row, so the file may be larger than memory. Raises ValueError as `stream_tsv` does, and for a file that cannot be read
    twice.
    """

    def __init__(self, path: str | Path, source: int = 0, target: int = 1, repeated: bool = False):
        self._path, self._columns = path, (source, target)
        if Path(path).exists() and not Path(path).is_file():
            raise ValueError(
                f"{path} is not a regular file, but training reads its pairs several times: save them in a regular file first"
            )
        digests = np.fromiter(map(_digest, self._rows()), np.uint64)
        if not len(digests):
            raise ValueError(f"{path} contains no sentence pair with visible characters on both sides")
        kept = np.full(len(digests), repeated, np.uint8)
        kept[np.unique(digests, return_index=True)[1]] = 1
        self._kept = kept.tobytes()

    def __len__(self) -> int:
        return sum(self._kept)

    def __iter__(self) -> Iterator[Pair]:
        return compress(self._rows(), self._kept)

    def _rows(self) -> Iterator[Pair]:
        for source, target in stream_tsv(self._path, *self._columns):
            pair = normalise(source), normalise(target)
            if all(pair):
                yield pair


def _digest(pair: Pair) -> int:
    """Return a 64-bit hash. For a million pairs, the chance that two different ones have equal hashes is 3 in 100 million."""
    return int.from_bytes(hashlib.blake2b("\t".join(pair).encode(), digest_size=8).digest())


def with_references(pairs: list[Pair]) -> dict[str, list[str]]:
    """Return each source sentence once with all its different references; a sentence often has several translations."""
    references: dict[str, list[str]] = {}
    for source, target in pairs:
        targets = references.setdefault(source, [])
        if target not in targets:
            targets.append(target)
    return references
