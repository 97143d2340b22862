"""Read sentence pairs from uploaded files, check them, split them, and save them for training."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seq2seq import files
from seq2seq.data.corpora import Pair
from seq2seq.data.swapped_sides import swapped
from seq2seq.data.tables import reading
from seq2seq.data.tables.findings import MAX_CHARACTERS, Finding, Tally, plural
from seq2seq.data.tables.layout import Layout
from seq2seq.data.tables.parts import Paths, Source, recognise
from seq2seq.sources.normalise import normalise

MAX_BYTES = 50_000_000  # of each file
MAX_PAIRS = 500_000  # rows of a file
MIN_PAIRS = 50
PREVIEW_ROWS, PREVIEW_CHARACTERS = 6, 120
VALID_SHARE, MIN_VALID, MAX_VALID = 0.05, 10, 1000
TRAIN, VALID = "train.tsv", "valid.tsv"
_FORMULA = re.compile(r"\s*[=+@]\S")


@dataclass(frozen=True)
class Table:
    """The pairs of the files, and a summary that their owner should see before training."""

    pairs: list[Pair]  # normalised, duplicates removed, order kept
    columns: tuple[str, ...]
    preview: list[list[str]]  # the cells of the first rows, unchanged but shortened
    findings: tuple[Finding, ...]


def open_upload(paths: Paths) -> Source:
    """Recognise uploaded files. Raises ValueError for files that cannot be read as pairs, or are larger than MAX_BYTES."""
    return recognise(paths, MAX_BYTES)


def guess(paths: Paths) -> Layout:
    """Guess the layout of uploaded files. Raises ValueError as `open_upload` does."""
    return reading.guess(open_upload(paths))


def columns(paths: Paths, layout: Layout) -> tuple[str, ...]:
    """Return the names of the columns, shortened. Raises ValueError as `open_upload` does."""
    return tuple(map(_cut, reading.columns(open_upload(paths), layout)))


def read(paths: Paths, layout: Layout) -> Table:
    """Read the pairs of a file, or of two files with matching lines.

    Raises ValueError if the files do not fit the layout, have more than MAX_PAIRS rows, or fewer than MIN_PAIRS usable pairs.
    """
    source = open_upload(paths)
    pairs, findings = _pairs(source, layout)
    names = tuple(map(_cut, reading.columns(source, layout)))
    preview = [[_cut(cell) for cell in row[: len(names)]] for row in reading.first_rows(source, layout, PREVIEW_ROWS)]
    return Table(pairs, names, preview, findings)


def _cut(cell: str) -> str:
    return cell if len(cell) <= PREVIEW_CHARACTERS else cell[:PREVIEW_CHARACTERS] + "…"


def _pairs(files_: Source, layout: Layout) -> tuple[list[Pair], tuple[Finding, ...]]:
    """Return the usable pairs, and the findings about all rows."""
    seen: dict[Pair, None] = {}
    tally = Tally()
    for raw in reading.sides(files_, layout, tally):
        if tally.counts["rows"] > MAX_PAIRS:
            raise ValueError(f"the file has more than {MAX_PAIRS:,} rows, which is the limit: take a part of it")
        source, target = pair = normalise(raw[0]), normalise(raw[1])
        if any(map(_FORMULA.match, raw)):
            tally.add("formula")
        if not source or not target:
            tally.add("empty")
        elif max(map(len, pair)) > MAX_CHARACTERS:
            tally.add("long")
        elif pair in seen:
            tally.add("duplicate")
        else:
            seen[pair] = None
    pairs, rows = list(seen), tally.counts["rows"]
    left_out = tally.findings("malformed", "cut", "empty", "long", "duplicate")
    if len(pairs) < MIN_PAIRS:
        why = "".join(f" {finding.text}" for finding in left_out)
        raise ValueError(
            f"only {len(pairs):,} of {rows:,} rows can be used, but training needs at least {MIN_PAIRS} different pairs.{why}"
            " Add pairs, or choose other columns or another delimiter."
        )
    targets_of = Counter(source for source, _ in pairs)
    tally.counts["same"] = sum(source == target for source, target in pairs)
    tally.counts["several"] = sum(count > 1 for count in targets_of.values())
    tally.counts["swapped"] = len(swapped_rows := swapped(pairs))
    kept = tally.findings("extra", "markup", "same", "several", "formula", "swapped")
    if swapped_rows:
        first, text = " / ".join(side[:60] for side in pairs[swapped_rows[0]]), kept[-1].text
        kept[-1] = Finding("swapped", len(swapped_rows), f"{text} The first is: {first}")
    rows_read = Finding(
        "rows", rows, f"{rows:,} {plural('row was', 'rows were', rows)} read; {len(pairs):,} pairs can be used."
    )
    return pairs, (rows_read, *reading.remarks(files_, layout), *left_out, *kept)


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
