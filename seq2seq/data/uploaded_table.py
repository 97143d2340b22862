"""Read sentence pairs from an uploaded CSV or TSV file, check them, split them, and save them for training."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from seq2seq import files
from seq2seq.data.corpora import Pair
from seq2seq.data.swapped_sides import swapped
from seq2seq.data.tables.layout import DELIMITERS, MAX_COLUMNS, MAX_PAIRS, Layout, decode, load, quoted, sample, usual, widths
from seq2seq.sources.normalise import normalise

MIN_PAIRS = 50
MAX_CHARACTERS = 1000  # per side; rows with a longer side are left out
PREVIEW_ROWS, PREVIEW_CHARACTERS = 6, 120
VALID_SHARE, MIN_VALID, MAX_VALID = 0.05, 10, 1000
TRAIN, VALID = "train.tsv", "valid.tsv"
_FORMULA = re.compile(r"\s*[=+@]\S")


@dataclass(frozen=True)
class Finding:
    """An observation about the rows of a file."""

    kind: str
    count: int
    text: str  # a sentence


@dataclass(frozen=True)
class Table:
    """A file's pairs, and a summary that its owner should see before training."""

    pairs: list[Pair]  # normalised, duplicates removed, order kept
    columns: tuple[str, ...]
    preview: list[list[str]]  # the cells of the first rows, unchanged but shortened
    findings: tuple[Finding, ...]


def read(path: str | Path, layout: Layout) -> Table:
    """Read the pairs of a file.

    Raises ValueError if the file does not fit the layout, has more than MAX_PAIRS rows, or fewer than MIN_PAIRS usable pairs.
    """
    text, in_quotes, counts = _open(path, layout)
    width = usual(counts)
    _check_columns(width, layout)
    cells = pd.read_csv(
        io.StringIO(text),
        sep=layout.delimiter,
        quoting=csv.QUOTE_MINIMAL if in_quotes else csv.QUOTE_NONE,
        header=None,
        names=range(width),
        usecols=range(width),  # pandas then cuts a longer row instead of refusing the file; `counts` marks it
        index_col=False,
        skip_blank_lines=False,  # keeps the rows in step with `counts`
        dtype=str,
        keep_default_na=False,
        na_filter=False,
        engine="c",
    )
    present = np.flatnonzero(counts)
    if layout.header:
        present = present[1:]
    if len(present) > MAX_PAIRS:
        raise ValueError(f"the file has {len(present):,} rows; at most {MAX_PAIRS:,} can be read: take a part of it")
    regular = cells.iloc[present[counts[present] == width]]
    preview = [[_cut(cell) for cell in row] for row in regular.head(PREVIEW_ROWS).to_numpy().tolist()]
    pairs, findings = _pairs(regular[layout.source].tolist(), regular[layout.target].tolist(), len(present))
    return Table(pairs, _names(text, in_quotes, width, layout), preview, findings)


def columns(path: str | Path, layout: Layout) -> tuple[str, ...]:
    """Return the names of a file's columns, from its header if it has one. Source and target of the layout may be wrong.

    Raises ValueError if the file does not fit the layout.
    """
    text, in_quotes, counts = _open(path, layout)
    return _names(text, in_quotes, usual(counts), layout)


def _open(path: str | Path, layout: Layout) -> tuple[str, bool, np.ndarray]:
    """Return the text, whether its cells may be quoted, and the number of cells in each row."""
    text = decode(load(path), layout.encoding)
    in_quotes = quoted(text, layout.delimiter)
    return text, in_quotes, widths(text, layout.delimiter, in_quotes)


def _names(text: str, in_quotes: bool, width: int, layout: Layout) -> tuple[str, ...]:
    rows = sample(text, layout.delimiter, in_quotes) if layout.header else []
    header = rows[0] if rows else []
    names = [_cut(name.strip()) for name in header[:width]]
    return tuple(name or f"column {c + 1}" for c, name in enumerate(names + [""] * (width - len(names))))


def _check_columns(width: int, layout: Layout) -> None:
    name = next(name for name, character in DELIMITERS.items() if character == layout.delimiter)
    if width < 2:
        raise ValueError(f"with the {name} as delimiter the file has one column, but two are needed: choose another delimiter")
    if width > MAX_COLUMNS:
        raise ValueError(f"the file has {width:,} columns; at most {MAX_COLUMNS} can be read: leave out the others")
    if layout.source == layout.target:
        raise ValueError("source and target are the same column: choose two different ones")
    for column in (layout.source, layout.target):
        if not 0 <= column < width:
            raise ValueError(f"there is no column {column + 1}: with the {name} as delimiter the file has {width}")


def _cut(cell: str) -> str:
    return cell if len(cell) <= PREVIEW_CHARACTERS else cell[:PREVIEW_CHARACTERS] + "…"


def _pairs(sources: list[str], targets: list[str], rows: int) -> tuple[list[Pair], tuple[Finding, ...]]:
    """Return the usable pairs of the well-formed rows, and the findings about all `rows`."""
    seen: dict[Pair, None] = {}
    counted: Counter[str] = Counter(malformed=rows - len(sources))
    for raw in zip(sources, targets, strict=True):
        source, target = pair = normalise(raw[0]), normalise(raw[1])
        counted["formula"] += any(map(_FORMULA.match, raw))
        if not source or not target:
            counted["empty"] += 1
        elif max(map(len, pair)) > MAX_CHARACTERS:
            counted["long"] += 1
        elif pair in seen:
            counted["duplicate"] += 1
        else:
            seen[pair] = None
    pairs = list(seen)
    left_out = [_finding(kind, counted[kind]) for kind in ("malformed", "empty", "long", "duplicate") if counted[kind]]
    if len(pairs) < MIN_PAIRS:
        why = "".join(f" {finding.text}" for finding in left_out)
        raise ValueError(
            f"only {len(pairs):,} of {rows:,} rows can be used, but training needs at least {MIN_PAIRS} different pairs.{why}"
            " Add pairs, or choose other columns or another delimiter."
        )
    targets_of = Counter(source for source, _ in pairs)
    counted["same"] = sum(source == target for source, target in pairs)
    counted["several"] = sum(count > 1 for count in targets_of.values())
    counted["swapped"] = len(swapped_rows := swapped(pairs))
    kept = [_finding(kind, counted[kind]) for kind in ("same", "several", "formula", "swapped") if counted[kind]]
    if swapped_rows:
        first, text = " / ".join(side[:60] for side in pairs[swapped_rows[0]]), kept[-1].text
        kept[-1] = Finding("swapped", len(swapped_rows), f"{text} The first is: {first}")
    rows_read = Finding(
        "rows", rows, f"{rows:,} {_plural('row was', 'rows were', rows)} read; {len(pairs):,} pairs can be used."
    )
    return pairs, (rows_read, *left_out, *kept)


_TEXTS = {  # singular, plural, rest of the sentence
    "malformed": ("row has", "rows have", "more or fewer cells than most, and {is_are} left out."),
    "empty": ("row has", "rows have", "an empty side, and {is_are} left out."),
    "long": ("row has", "rows have", f"a side of more than {MAX_CHARACTERS:,} characters, and {{is_are}} left out."),
    "duplicate": ("row repeats", "rows repeat", "a pair, and {is_are} left out."),
    "same": ("pair has", "pairs have", "the same text on both sides. Training uses {it_them}."),
    "several": ("source sentence has", "source sentences have", "more than one target. Training uses them all."),
    "formula": (
        "row has",
        "rows have",
        "a cell that begins like a formula, with =, + or @. It is read as text, never computed.",
    ),
    "swapped": (
        "pair looks",
        "pairs look",
        "as if source and target were exchanged, compared with the others. Training uses {it_them} as they are.",
    ),
}


def _finding(kind: str, count: int) -> Finding:
    one, more, rest = _TEXTS[kind]
    is_are, it_them = _plural("is", "are", count), _plural("it", "them", count)
    return Finding(kind, count, f"{count:,} {_plural(one, more, count)} {rest.format(is_are=is_are, it_them=it_them)}")


def _plural(one: str, more: str, count: int) -> str:
    return one if count == 1 else more


# --- training and validation ---


def split(pairs: Sequence[Pair], seed: int = 1) -> tuple[list[Pair], list[Pair]]:
    """Split into training and validation pairs. Validation gets about one in 20, at least MIN_VALID and at most MAX_VALID.

    No pair is lost. Pairs that share a source or a target sentence, even through other pairs, stay together, so that no
    sentence is in both parts; a group too large for validation goes to training. The part of a group depends only on `seed`
    and the group's smallest sentence, not on the order of the rows. Both parts keep that order.

    Raises ValueError if too many pairs share sentences.
    """
    groups = _groups(pairs)
    members: dict[int, list[int]] = defaultdict(list)
    for index, group in enumerate(groups):
        members[group].append(index)

    def rank(indices: list[int]) -> bytes:
        return hashlib.blake2b(min(pairs[i][0] for i in indices).encode(), key=str(seed).encode(), digest_size=16).digest()

    room = min(max(round(VALID_SHARE * len(pairs)), MIN_VALID), MAX_VALID)
    chosen: set[int] = set()
    for indices in sorted(members.values(), key=rank):
        if len(indices) <= room - len(chosen):
            chosen.update(indices)
    if not MIN_VALID <= len(chosen) < len(pairs):
        raise ValueError(
            f"no {MIN_VALID} pairs can be held out for validation: too many share a source or a target sentence."
            " Add pairs of other sentences"
        )
    parts: tuple[list[Pair], list[Pair]] = ([], [])
    for index, pair in enumerate(pairs):
        parts[index in chosen].append(pair)
    return parts


def _groups(pairs: Sequence[Pair]) -> list[int]:
    """Return the group number of each pair. Pairs with equal sources or equal targets are in the same group."""
    parent = list(range(len(pairs)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = index = parent[parent[index]]
        return index

    first: dict[tuple[int, str], int] = {}
    for index, pair in enumerate(pairs):
        for side, text in enumerate(pair):
            parent[root(index)] = root(first.setdefault((side, text), index))
    return [root(index) for index in range(len(pairs))]


def write(folder: Path, train: Sequence[Pair], valid: Sequence[Pair]) -> None:
    """Save the two parts as TRAIN and VALID in `folder`; a `Corpus` reads the same pairs back, because normalised sides contain
    no tab or line end. Raises ValueError if the disk is full or not writable."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, pairs in ((TRAIN, train), (VALID, valid)):
            partial = folder / f".{name}.partial"
            try:
                with open(partial, "w", encoding="utf-8", newline="\n") as file:
                    file.writelines(f"{source}\t{target}\n" for source, target in pairs)
                os.replace(partial, folder / name)
            finally:
                partial.unlink(missing_ok=True)
    except OSError as error:
        raise ValueError(f"the pairs cannot be saved: {files.advice(error) or error.strerror}") from None
