"""Text in columns: CSV, TSV, and what Anki and Excel put before the rows."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, islice

import numpy as np

from seq2seq.data.lines import MAX_LINE, lines
from seq2seq.data.tables.layout import DELIMITERS, SAMPLE_ROWS, Layout, Row
from seq2seq.data.tables.parts import Part, Source

HEAD_CHARACTERS = 1_000_000  # characters of a file that guesses use
csv.field_size_limit(MAX_LINE)  # the limit of the csv module is one for the whole process

_QUOTED_CELL = re.compile(r'(?:^|(?<=\t))"[^"]*+(?:""[^"]*+)*+"(?=\t|$)', re.MULTILINE)
# Lines before the rows: Excel's "sep=;", and those of Anki's export, such as "#separator:tab" and "#html:true".
_DIRECTIVE = re.compile(
    r'"?sep=(?P<excel>.)"?|#separator:(?P<anki>.+)'
    r"|#(html|tags|columns|deck|notetype|if matches|(tags|deck|notetype|guid) column):.*",
    re.IGNORECASE,
)


def rows(source: Source, layout: Layout, strict: bool) -> Iterator[Row]:
    """Yield the rows of a table. Raises ValueError with the line of the fault, as RowReader says."""
    (part,) = source.parts
    if _is_quoted(_head(part, layout.encoding), layout.delimiter):
        yield from _quoted_rows(part, layout, strict)
        return
    for line, text in _lines(part, layout.encoding, strict):
        if text:
            yield Row(line, text.split(layout.delimiter))


def plain_rows(source: Source, layout: Layout, strict: bool) -> Iterator[Row]:
    """Yield the rows of tab-separated text in which every character stands for itself."""
    (part,) = source.parts
    with part.open() as file:
        for line, text in enumerate(lines(file, "utf-8", "strict" if strict else "replace"), start=1):
            if text:
                yield Row(line, text.split("\t"))


def guess_delimiter(source: Source, encoding: str) -> str:
    """Return the delimiter that the file names, else the one that cuts the most rows into an equal number of cells, at least
    two; a comma if none does."""
    (part,) = source.parts
    for _, text in islice(_all_lines(part, encoding, False), 1):
        if named := _named_delimiter(text):
            return named

    def agreement(delimiter: str) -> float:
        layout = Layout(encoding, delimiter, False, 0, 1)
        counts: Counter[int] = Counter()
        with suppress(ValueError):
            found = _quoted_rows(part, layout, False) if delimiter != "\t" else rows(source, layout, False)
            counts.update(len(row.cells) for row in islice(found, SAMPLE_ROWS))
        return max((count / counts.total() for width, count in counts.items() if width > 1), default=0.0)

    best = max(DELIMITERS.values(), key=agreement)
    return best if agreement(best) else ","


def _named_delimiter(line: str) -> str | None:
    match = _DIRECTIVE.fullmatch(line)
    name = (match["excel"] or match["anki"] or "").strip(" ").lower() if match else ""
    delimiter = DELIMITERS.get(name, name)
    return delimiter if delimiter in DELIMITERS.values() else None


# --- lines ---


def _lines(part: Part, encoding: str, strict: bool) -> Iterator[tuple[int, str]]:
    """Yield the lines with their numbers, without the directives before the first row."""
    started = False
    for number, text in _all_lines(part, encoding, strict):
        if started or not _DIRECTIVE.fullmatch(text):
            started = True
            yield number, text


def _all_lines(part: Part, encoding: str, strict: bool) -> Iterator[tuple[int, str]]:
    with part.open() as file:
        for number, text in enumerate(lines(file, encoding, "strict" if strict else "replace"), start=1):
            if strict and "\0" in text:
                raise ValueError(
                    f"line {number:,} holds a NUL byte (the character with the number 0), which is not text: delete it,"
                    " or save the table again as CSV or TSV"
                )
            yield number, text


def _head(part: Part, encoding: str) -> str:
    """Return the first lines of a file, at most about HEAD_CHARACTERS."""
    taken: list[str] = []
    size, whole = 0, True
    with suppress(ValueError):
        for _, text in _lines(part, encoding, False):
            taken.append(text)
            size += len(text)
            if size > HEAD_CHARACTERS:
                whole = False
                break
    marks = sum(text.count('"') for text in taken)
    while not whole and marks % 2:  # the last quoted cell goes on after the head
        marks -= taken.pop().count('"')
    return "\n".join(taken)


# --- quoted cells ---


def _is_quoted(text: str, delimiter: str) -> bool:
    """Return whether cells may be quoted. In a tab-separated file they often are not: a quotation mark is then plain text."""
    if delimiter != "\t":
        return True
    cells = _QUOTED_CELL.findall(text)
    rest = _QUOTED_CELL.sub("", text) if cells else text
    if not cells or '"' in rest:
        return False
    if set(rest) <= set("\t\n") or all('""' in cell[1:-1] for cell in cells):
        return True
    # Here quotation marks are only needed around tabs and line ends. But two stray marks would quote the text between them;
    # in that case the rows are regular without quoting.
    needed = all('""' in cell[1:-1] or "\t" in cell or "\n" in cell for cell in cells)
    return needed and _odd(csv.reader(text.split("\n"), delimiter="\t")) < _odd(line.split("\t") for line in text.split("\n"))


def _odd(found: Iterator[list[str]]) -> int:
    """Count the rows whose number of cells is not the usual one."""
    counts = np.array([len(cells) for cells in found if cells not in ([], [""])], np.int64)
    return int(np.count_nonzero(counts != np.bincount(counts).argmax())) if len(counts) else 0


def _quoted_rows(part: Part, layout: Layout, strict: bool) -> Iterator[Row]:
    numbered = _lines(part, layout.encoding, strict)
    first = next(numbered, None)
    if first is None:
        return
    texts = (text + "\n" for _, text in chain((first,), numbered))
    reader = csv.reader(texts, delimiter=layout.delimiter, strict=strict)
    line = first[0]  # of the next row
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "field larger" in str(error):
                raise ValueError(
                    f"line {line:,} has a cell of more than {MAX_LINE:,} characters: perhaps its last quotation mark is missing"
                ) from None
            raise ValueError(
                f'the quotation marks of the row at line {line:,} do not match: a cell that begins with " must end'
                ' with one, and a " inside it must be doubled. Correct this row,'
                " choose another delimiter, or save the table as tab-separated text"
            ) from None
        if cells:
            yield Row(line, cells)
        line = first[0] + reader.line_num
