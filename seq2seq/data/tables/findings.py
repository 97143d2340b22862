"""Sentences about the rows of a file: what was left out, what was changed, what may be a mistake."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

MAX_CHARACTERS = 1000  # of a side in an uploaded table; rows with a longer side are left out


@dataclass(frozen=True)
class Finding:
    """An observation about the rows of a file."""

    kind: str
    count: int
    text: str  # a sentence


@dataclass
class Tally:
    """Counts what happens to rows, and where it first happens. The kinds are the keys of _TEXTS."""

    counts: Counter[str] = field(default_factory=Counter)
    lines: dict[str, int] = field(default_factory=dict)

    def add(self, kind: str, line: int = 0) -> None:
        self.counts[kind] += 1
        if line:
            self.lines.setdefault(kind, line)

    def findings(self, *kinds: str) -> list[Finding]:
        """Return the findings of these kinds, in this order, without those that never happened."""
        return [_finding(kind, self.counts[kind], self.lines.get(kind)) for kind in kinds if self.counts[kind]]


_TEXTS = {  # singular, plural, rest of the sentence
    "malformed": ("row has", "rows have", "too few cells, and {is_are} left out"),
    "cut": (
        "row has",
        "rows have",
        "more cells than most, and a cell begins as if the delimiter were part of a sentence; {it_they} {is_are} left out."
        " Put quotation marks around such a sentence",
    ),
    "extra": ("row has", "rows have", "more cells than most; the cells at {its_their} end are not used"),
    "markup": ("row had", "rows had", "HTML in {its_their} sentences, such as <br> or &nbsp;, which was removed"),
    "empty": ("row has", "rows have", "an empty side, and {is_are} left out"),
    "long": ("row has", "rows have", f"a side of more than {MAX_CHARACTERS:,} characters, and {{is_are}} left out"),
    "duplicate": ("row repeats", "rows repeat", "a pair, and {is_are} left out"),
    "same": ("pair has", "pairs have", "the same text on both sides. Training uses {it_them}"),
    "several": ("source sentence has", "source sentences have", "more than one target. Training uses them all"),
    "formula": (
        "row has",
        "rows have",
        "a cell that begins like a formula, with =, + or @. It is read as text, never computed",
    ),
    "swapped": (
        "pair looks",
        "pairs look",
        "as if source and target were exchanged, compared with the others. Training uses {it_them} as they are",
    ),
}


def _finding(kind: str, count: int, line: int | None) -> Finding:
    one, more, rest = _TEXTS[kind]
    rest = rest.format(
        is_are=plural("is", "are", count),
        it_them=plural("it", "them", count),
        it_they=plural("it", "they", count),
        its_their=plural("its", "their", count),
    )
    where = "" if line is None else f" (line {line:,})" if count == 1 else f" (the first: line {line:,})"
    return Finding(kind, count, f"{count:,} {plural(one, more, count)} {rest}{where}.")


def plural(one: str, more: str, count: int) -> str:
    return one if count == 1 else more
