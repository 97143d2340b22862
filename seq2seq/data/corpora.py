"""Where sentence pairs come from. A corpus is a file of (source, target) texts, one pair a line."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from itertools import compress
from pathlib import Path

import numpy as np

from seq2seq.sources.text import normalise

Pair = tuple[str, str]


def stream_tsv(path: str | Path, source: int = 0, target: int = 1) -> Iterator[Pair]:
    """Pairs of a tab-separated UTF-8 file without header, exactly as written; `source` and `target` are 0-based columns.

    The file is read as pairs are asked for. Rows with an empty side are left out. Raises ValueError that names the file and
    the line of what is wrong.
    """
    if min(source, target) < 0:
        raise ValueError(f"columns are counted from 0; source {source} and target {target} are not both columns")
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
        raise ValueError(f"{path} holds no sentence pair")


def read_tsv(path: str | Path, source: int = 0, target: int = 1) -> list[Pair]:
    """All pairs of `stream_tsv`."""
    return list(stream_tsv(path, source, target))


class Corpus:
    """The pairs of a file as a model sees them: both sides normalised, exact duplicates once, order kept.

    Each iteration reads the file anew; what is held is one byte a row, so that a file may be larger than memory. Raises
    ValueError as `stream_tsv` does, and for what cannot be read twice.
    """

    def __init__(self, path: str | Path, source: int = 0, target: int = 1):
        self._path, self._columns = path, (source, target)
        if Path(path).exists() and not Path(path).is_file():
            raise ValueError(f"{path} is no ordinary file, and training reads its pairs several times: save them in one first")
        digests = np.fromiter(map(_digest, self._rows()), np.uint64)
        first = np.unique(digests, return_index=True)[1]
        kept = np.zeros(len(digests), np.uint8)
        kept[first] = 1
        self._kept = kept.tobytes()

    def __len__(self) -> int:
        return sum(self._kept)

    def __iter__(self) -> Iterator[Pair]:
        return compress(self._rows(), self._kept)

    def _rows(self) -> Iterator[Pair]:
        for source, target in stream_tsv(self._path, *self._columns):
            yield normalise(source), normalise(target)


def _digest(pair: Pair) -> int:
    """64 bits: among a million pairs the chance that two different ones are taken for one is 3 in 100 million."""
    return int.from_bytes(hashlib.blake2b("\t".join(pair).encode(), digest_size=8).digest())


def with_references(pairs: list[Pair]) -> dict[str, list[str]]:
    """Each source sentence once, with all its different references: one sentence often has several right translations."""
    references: dict[str, list[str]] = {}
    for source, target in pairs:
        known = references.setdefault(source, [])
        if target not in known:
            known.append(target)
    return references
