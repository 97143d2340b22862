"""Read sentence pairs from files of every kind: guess how, then yield the two sides of each row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice, pairwise

from seq2seq.data.tables import delimited, json_lines, tmx, two_files, workbook
from seq2seq.data.tables.encodings import UNICODE, guess_encoding
from seq2seq.data.tables.findings import Finding, Tally
from seq2seq.data.tables.headers import has_header, sentence_columns, usual_width
from seq2seq.data.tables.layout import DELIMITERS, MAX_COLUMNS, SAMPLE_ROWS, Layout, Row, RowReader
from seq2seq.data.tables.markup import clean
from seq2seq.data.tables.parts import JSON_LINES, KINDS, PLAIN, TEXT, TMX, TWO_FILES, WORKBOOK, Source

_READERS: dict[str, RowReader] = {
    TEXT: delimited.rows,
    PLAIN: delimited.plain_rows,
    JSON_LINES: json_lines.rows,
    TMX: tmx.rows,
    TWO_FILES: two_files.rows,
    WORKBOOK: workbook.rows,
}
_NAMED = (JSON_LINES, TMX, TWO_FILES)  # kinds whose reader yields the names of the columns first
# What a person can correct about each kind; a layout holds placeholders for the rest.
CORRECTIONS = {
    TEXT: ("delimiter", "header", "encoding"),
    PLAIN: (),
    JSON_LINES: ("encoding",),
    TMX: (),
    TWO_FILES: ("encoding",),
    WORKBOOK: ("header",),
}


def guess(source: Source) -> Layout:
    """Guess the layout from the content. A file with faults also has a layout: reading it then reports the first fault."""
    if source.kind == PLAIN:
        return Layout("utf-8", "\t", False, 0, 1)
    encoding = guess_encoding(source.streams) if "encoding" in CORRECTIONS[source.kind] else "utf-8"
    delimiter = delimited.guess_delimiter(source, encoding) if source.kind == TEXT else "\t"
    rows = _sample(source, Layout(encoding, delimiter, False, 0, 1))
    header = source.kind in _NAMED or has_header(rows)
    return Layout(encoding, delimiter, header, *sentence_columns(rows[0] if header and rows else [], rows[header:]))


def columns(source: Source, layout: Layout) -> tuple[str, ...]:
    """Return the names of the columns, from the header if there is one. Source and target of the layout may be wrong."""
    rows = _sample(source, layout)
    header = rows[0] if layout.header and rows else []
    width = usual_width(rows[1:]) or len(header) if layout.header else usual_width(rows)
    names = [name.strip() for name in header[:width]]
    return tuple(name or f"column {c + 1}" for c, name in enumerate(names + [""] * (width - len(names))))


def first_rows(source: Source, layout: Layout, count: int) -> list[list[str]]:
    """Return the cells of the first rows that have both sides, unchanged."""
    needed = max(layout.source, layout.target)
    return [row for row in _sample(source, layout)[layout.header :] if len(row) > needed][:count]


def sides(source: Source, layout: Layout, tally: Tally, alone: bool = False) -> Iterator[tuple[str, str]]:
    """Yield the source and the target cell of each row, without HTML. Rows that lack one are left out. `tally` counts the rows.
    With `alone`, source and target may be the same column.

    Raises ValueError for columns that do not exist, and for the first fault of the files, with its line.
    """
    width = len(columns(source, layout))
    rows = _READERS[source.kind](source, layout, strict=True)
    if layout.header:
        next(rows, None)
    checked = False
    for line, cells in rows:
        if not checked:
            _check_columns(source, layout, width, alone)
            checked = True
        tally.add("rows")
        if len(cells) <= max(layout.source, layout.target):
            tally.add("malformed", line)
            continue
        if len(cells) > width:
            first, last = sorted((layout.source, layout.target))
            cut = source.kind == TEXT and _is_cut(cells[first : last + 2], layout.delimiter)
            tally.add("cut" if cut else "extra", line)
            if cut:
                continue
        raw = cells[layout.source], cells[layout.target]
        pair = raw if source.kind == PLAIN else (clean(raw[0]), clean(raw[1]))
        if pair != raw:
            tally.add("markup", line)
        yield pair


def described(source: Source, layout: Layout) -> str:
    """Return how the files are read, such as "a table in UTF-8, separated by commas, with a header"."""
    corrections = CORRECTIONS[source.kind]
    parts = [KINDS[source.kind] + (f" in {layout.encoding.upper()}" if "encoding" in corrections else "")]
    if "delimiter" in corrections:
        parts.append(f"separated by {_delimiter_name(layout)}s")
    if "header" in corrections:
        parts.append("with a header" if layout.header else "without a header")
    return ", ".join(parts)


def _delimiter_name(layout: Layout) -> str:
    return next(name for name, character in DELIMITERS.items() if character == layout.delimiter)


def remarks(source: Source, layout: Layout) -> list[Finding]:
    """Return what a person should know about how the files are read: a guessed encoding, sheets that are not read."""
    found = []
    if "encoding" in CORRECTIONS[source.kind] and layout.encoding not in UNICODE:
        text = f"The text is not marked as Unicode and is read as {layout.encoding.upper()}, which may be wrong."
        found.append(Finding("encoding", 1, f"{text} Check the accents and letters; save the file as UTF-8 if they are wrong."))
    if source.kind == WORKBOOK and len(sheets := workbook.sheets(source)) > 1:
        found.append(
            Finding("sheets", len(sheets), f"The workbook has {len(sheets)} sheets; only the first with content is read.")
        )
    return found


def _sample(source: Source, layout: Layout) -> list[list[str]]:
    """Return the cells of the first rows, as far as they can be read."""
    found: list[Row] = []
    with suppress(ValueError):
        found += islice(_READERS[source.kind](source, layout, strict=False), SAMPLE_ROWS + 1)
    return [row.cells for row in found]


def _check_columns(source: Source, layout: Layout, width: int, alone: bool) -> None:
    by_delimiter = f"with the {_delimiter_name(layout)} as delimiter " if source.kind == TEXT else ""
    if width < 2 and not alone:
        advice = "choose another delimiter, or put a tab between source and target" if source.kind == TEXT else "add the other"
        raise ValueError(f"{by_delimiter}the file has one column, but two are needed: {advice}")
    if width > MAX_COLUMNS:
        raise ValueError(f"the file has {width:,} columns; at most {MAX_COLUMNS} can be read: leave out the others")
    if layout.source == layout.target and not alone:
        raise ValueError("source and target are the same column: choose two different ones")
    for column in (layout.source, layout.target):
        if not 0 <= column < width:
            raise ValueError(f"there is no column {column + 1}: {by_delimiter}the file has {width}")


def _is_cut(cells: list[str], delimiter: str) -> bool:
    """Return whether a delimiter seems to be part of a sentence in these cells.

    Examples are "Yes, please,Oui" and "1,000 men,1000 hommes".
    """
    if delimiter == "\t":
        return False
    return any(cell.startswith(" ") or (cell[:1].isdigit() and before[-1:].isdigit()) for before, cell in pairwise(cells))
