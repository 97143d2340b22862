"""Two files with matching lines, as Moses reads them: line 1 of the one translates line 1 of the other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, zip_longest
from pathlib import PurePosixPath

from seq2seq.data.lines import lines
from seq2seq.data.tables.layout import Layout, Row
from seq2seq.data.tables.parts import Part, Source

_NOT_LANGUAGES = ("", "txt", "text")


def rows(source: Source, layout: Layout, strict: bool) -> Iterator[Row]:
    """Yield the names of the two sides as a row, then one row per line.

    Raises ValueError if one file has more lines than the other, blank lines at the end aside: then the sides do not match.
    """
    first, second = source.parts
    yield Row(0, _names(first, second))
    errors = "strict" if strict else "replace"
    with first.open() as one, second.open() as other:
        numbered = enumerate(zip_longest(lines(one, layout.encoding, errors), lines(other, layout.encoding, errors)), start=1)
        for line, (a, b) in numbered:
            if a is None or b is None:
                rest = chain((a, b), (side for _, pair in numbered for side in pair))
                if any(side and side.strip() for side in rest):
                    short, long = (first, second) if a is None else (second, first)
                    raise ValueError(
                        f"{short.name} ends after line {line - 1:,}, but {long.name} goes on: the two files must have as many"
                        " lines, each the translation of the other's"
                    )
                return
            if a or b:
                yield Row(line, [a, b])


def _names(first: Part, second: Part) -> list[str]:
    """Return what tells the two names apart: "train.en" and "train.fr" are "en" and "fr"."""
    paths = [PurePosixPath(part.name) for part in (first, second)]
    ends = [path.suffix[1:] for path in paths]
    if ends[0] != ends[1] and not set(ends) & set(_NOT_LANGUAGES):
        return ends
    return [path.stem for path in paths]
