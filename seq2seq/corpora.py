"""Where sentence pairs come from. A corpus is a list of (source, target) texts, with a licence and a citation."""

from __future__ import annotations

import csv
from pathlib import Path

from .text import normalise

Pair = tuple[str, str]


def read_tsv(path: str | Path, source: int = 0, target: int = 1) -> list[Pair]:
    """Pairs of a tab-separated UTF-8 file without header, exactly as written; `source` and `target` are 0-based columns.

    Rows with an empty side are left out. Raises ValueError that names the file and the line of what is wrong.
    """
    if min(source, target) < 0:
        raise ValueError(f"columns are counted from 0; source {source} and target {target} are not both columns")
    pairs = []
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
                    pairs.append(pair)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is not UTF-8 text in tab-separated columns: {error}") from None
    if not pairs:
        raise ValueError(f"{path} holds no sentence pair")
    return pairs


def for_training(pairs: list[Pair]) -> list[Pair]:
    """The pairs as a model sees them: both sides normalised, exact duplicates once, order kept."""
    return list(dict.fromkeys((normalise(source), normalise(target)) for source, target in pairs))


def with_references(pairs: list[Pair]) -> dict[str, list[str]]:
    """Each source sentence once, with all its different references: one sentence often has several right translations."""
    references: dict[str, list[str]] = {}
    for source, target in pairs:
        known = references.setdefault(source, [])
        if target not in known:
            known.append(target)
    return references
