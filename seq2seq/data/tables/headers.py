"""Guess from the first rows of a table whether they have a header, and which two columns hold the sentences."""

from __future__ import annotations

import re
from collections import Counter

_SOURCES = frozenset(["source", "src", "question", "input", "prompt", "q"])
_TARGETS = frozenset(["target", "tgt", "trg", "answer", "output", "response", "reply", "translation", "a"])
_NAMES = """text sentence phrase id
    english french german spanish italian portuguese dutch japanese chinese korean russian polish czech turkish arabic hindi
    swedish norwegian danish finnish greek hebrew hungarian romanian ukrainian latin esperanto catalan vietnamese indonesian
    français francais deutsch español espanol italiano português portugues nederlands 日本語 中文 한국어 русский
    en fr de es it pt nl ja zh ko ru pl cs tr ar hi sv no da fi el he hu ro uk la eo ca vi
    eng fra fre deu ger spa ita por nld jpn cmn kor rus pol ces tur ara hin swe"""
_NUMBER = re.compile(r"[\s\d.,:+\-–/%#]*")
_CODE = re.compile(r"\S*\d\S*|\S*(?:://|www\.)\S*|\S+@\S+|\S+\.\w{2,4}")
_ATTRIBUTION = re.compile(r"CC[- ]BY|CC0|Attribution:|tatoeba\.org|https?://", re.IGNORECASE)
_ENDS = tuple(".!?…。！？:;\"'»)")
_MOST = 0.95


def _words(cell: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", cell.lower())


def usual_width(rows: list[list[str]]) -> int:
    """Return the most frequent number of cells of a row; 0 without any row."""
    return max(Counter(map(len, rows)).items(), key=lambda item: item[1])[0] if rows else 0


def has_header(rows: list[list[str]]) -> bool:
    """Return whether the first row names columns. In doubt, it does not."""
    if len(rows) < 2:
        return bool(rows) and _is_named(rows[0], [])
    first, others = rows[0], rows[1:]
    if _is_named(first, others):
        return True
    if not all(0 < len(cell.strip()) <= 30 and not _NUMBER.fullmatch(cell) for cell in first):
        return False
    columns = [[row[c] for row in others if len(row) == len(first)] for c in range(len(first))]
    if any(cells and all(_NUMBER.fullmatch(cell) for cell in cells) for cells in columns):
        return True  # a column of numbers whose first cell is not a number
    bare = all(" " not in cell.strip() and not cell.strip().endswith(_ENDS) for cell in first)
    return bare and all(
        len(cells) >= 10 and sum(cell.strip().endswith(_ENDS) for cell in cells) >= _MOST * len(cells) for cells in columns
    )


def _is_named(row: list[str], others: list[list[str]]) -> bool:
    """Return whether at least two cells are usual names of columns, such as "English", "src" or "sentence_fr".

    A cell that also begins other rows of its column is a value: some corpora repeat the codes of the languages in each row.
    """
    names = _SOURCES | _TARGETS | set(_NAMES.split())
    named = [
        cell
        for c, cell in enumerate(row)
        if (words := _words(cell))
        and names.issuperset(words)
        and not cell.strip().endswith(_ENDS)
        and not any(len(other) > c and other[c] == cell for other in others)
    ]
    return len(named) >= 2 and len(set(named)) == len(named)


def sentence_columns(names: list[str], rows: list[list[str]]) -> tuple[int, int]:
    """Return the two columns that the header calls source and target, else the first two that look like sentences."""
    width = usual_width(rows) or len(names)
    scores = [_sentences([row[c] for row in rows if len(row) == width]) for c in range(width)]
    best = max(scores, default=0.0)
    good = [c for c, score in enumerate(scores) if score and score >= 0.5 * best]
    candidates = good if rows else range(len(names))
    sources = [c for c in candidates if c < len(names) and _SOURCES.intersection(_words(names[c]))]
    targets = [c for c in candidates if c < len(names) and _TARGETS.intersection(_words(names[c])) and c not in sources]
    if len(sources) == len(targets) == 1:
        return sources[0], targets[0]
    if len(good) < 2:
        good = sorted(sorted(range(width), key=lambda c: -scores[c])[:2])
    return (good[0], good[1]) if len(good) > 1 else (0, 1)


def _sentences(cells: list[str]) -> float:
    """Score how much a column looks like sentences: share of cells with text, times share of different texts among them."""
    cells = [cell.strip() for cell in cells]
    text = [
        cell
        for cell in cells
        if any(character.isalpha() for character in cell) and not _CODE.fullmatch(cell) and not _ATTRIBUTION.search(cell)
    ]
    return len(text) / len(cells) * len(set(text)) / len(text) if text else 0.0
