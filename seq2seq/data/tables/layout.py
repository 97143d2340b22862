"""How to read a table of sentences: its encoding, delimiter, header and columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from seq2seq.data.tables.encodings import LEGACY, UNICODE
from seq2seq.data.tables.parts import Source

MAX_COLUMNS = 100
SAMPLE_ROWS = 1000  # rows of a file that guesses use
ENCODINGS = (*UNICODE, *LEGACY)
DELIMITERS = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


@dataclass(frozen=True)
class Layout:
    """How to read a file. Some kinds of files need no encoding, delimiter or header. Raises ValueError for an unknown encoding
    or delimiter."""

    encoding: str  # one of ENCODINGS
    delimiter: str  # the character
    header: bool  # the first row names the columns
    source: int  # column, counted from 0
    target: int

    def __post_init__(self) -> None:
        if self.encoding not in ENCODINGS:
            raise ValueError(f"unknown encoding {str(self.encoding)[:40]!r}: choose one of {', '.join(ENCODINGS)}")
        if self.delimiter not in DELIMITERS.values():
            raise ValueError(f"unknown delimiter {str(self.delimiter)[:40]!r}: choose one of {', '.join(DELIMITERS)}")


class Row(NamedTuple):
    """A row that is not blank. A row that cannot be read has no cells."""

    line: int  # where it begins, from 1; 0 for names that are not in the file
    cells: list[str]


class RowReader(Protocol):
    """Yields the rows of a kind of files. If `strict`, raises ValueError for the first fault; else it goes on where it can."""

    def __call__(self, source: Source, layout: Layout, strict: bool) -> Iterator[Row]: ...
