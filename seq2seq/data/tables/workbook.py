"""Excel workbooks (.xlsx): the first sheet that is not empty. Formulas give the value that Excel has saved, never a new one."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from itertools import count
from typing import Any
from xml.parsers import expat

from seq2seq.data.lines import CHUNK_BYTES
from seq2seq.data.tables.layout import MAX_COLUMNS, Layout, Row
from seq2seq.data.tables.parts import Part, Source

MAX_SHEET_ROWS = 1 << 20  # the limit of Excel


def rows(source: Source, layout: Layout, strict: bool) -> Iterator[Row]:
    """Yield the rows of the first sheet with content. Raises ValueError for a workbook that cannot be read."""
    (part,) = source.parts
    with _opened(part) as workbook:
        for sheet in workbook.worksheets:
            empty = True
            for row in _sheet_rows(sheet):
                empty = False
                yield row
            if not empty:
                return


def sheets(source: Source) -> list[str]:
    """Return the names of the sheets."""
    (part,) = source.parts
    with _opened(part) as workbook:
        return [str(sheet.title) for sheet in workbook.worksheets]


def _sheet_rows(sheet: Any) -> Iterator[Row]:
    sheet.reset_dimensions()  # the size that the file states may be wrong
    found = sheet.iter_rows(max_col=MAX_COLUMNS + 1, values_only=True)
    for line in count(1):
        with _reading():
            cells = next(found, None)
        if cells is None:
            return
        if line > MAX_SHEET_ROWS:
            raise ValueError(f"the sheet has more than {MAX_SHEET_ROWS:,} rows: take a part of it")
        if cells.count(None) == len(cells):  # a file may claim a million empty rows
            continue
        texts = [_text(cell) for cell in cells]
        while texts and not texts[-1]:
            texts.pop()
        if texts:
            yield Row(line, texts)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value)


@contextmanager
def _opened(part: Part) -> Iterator[Any]:
    """Open a workbook for reading row by row. Raises ValueError if it is damaged or declares entities."""
    import openpyxl  # here, because its 0.3 s would delay every command, and few read a workbook

    _refuse_entities(part)
    with part.open() as file:
        with _reading():
            workbook = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        yield workbook


@contextmanager
def _reading() -> Iterator[None]:
    """Turn every error of the library into one sentence: for a damaged workbook it raises whatever comes up."""
    try:
        yield
    except Exception as error:
        raise _damaged(error) from None


def _damaged(error: Exception) -> ValueError:
    return ValueError(
        f"this Excel workbook cannot be read ({type(error).__name__}): open it in Excel and save it again, or save it as CSV"
    )


def _refuse_entities(part: Part) -> None:
    """Raises ValueError if any file of the workbook has a document type, because entities could be declared there."""
    for name in part.members():
        if name.endswith((".xml", ".rels")):
            with Part(part.path, name).open() as file:
                _refuse_document_type(file)


def _refuse_document_type(file: BufferedIOBase) -> None:
    began = False

    def begin(*_: Any) -> None:
        nonlocal began
        began = True

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler, parser.StartElementHandler = _refuse, begin  # the type comes before the first element
    try:
        while not began and (chunk := file.read(CHUNK_BYTES)):
            parser.Parse(chunk)
    except (expat.ExpatError, LookupError) as error:
        raise _damaged(error) from None


def _refuse(*_: Any) -> None:
    raise ValueError("this Excel workbook declares an XML document type, which is refused: save it again in Excel")
