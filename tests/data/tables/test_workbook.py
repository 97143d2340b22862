"""Excel workbooks, good, damaged and hostile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.files.table_files import Pairs, by_excel, changed, workbook

from seq2seq.data.corpora import read_pairs
from seq2seq.data.tables.layout import Layout
from seq2seq.data.tables.parts import WORKBOOK, recognise
from seq2seq.data.uploaded_table import columns, guess, read

Put = Callable[..., Path]


def kinds(path: Path | list[Path]) -> dict[str, str]:
    return {finding.kind: finding.text for finding in read(path, guess(path)).findings}


def test_workbook_is_read(put: Put, pairs: Pairs) -> None:
    path = put(workbook([("English", "French"), *pairs]), "pairs.xlsx")
    assert recognise(path).kind == WORKBOOK
    assert guess(path) == Layout("utf-8", "\t", True, 0, 1) and columns(path, guess(path)) == ("English", "French")
    assert read(path, guess(path)).pairs == pairs and read_pairs(path)[0] == pairs
    path = put(by_excel(pairs))
    assert read(path, guess(path)).pairs == pairs
    path = put(workbook([(n, a, None, b, n / 2) for n, (a, b) in enumerate(pairs)]), "other.xlsx")
    assert guess(path) == Layout("utf-8", "\t", False, 1, 3)
    assert read(path, guess(path)).pairs == pairs


def test_workbook_with_gaps_sheets_and_formulas(put: Put, pairs: Pairs) -> None:
    rows = [*pairs[:10], (None, None), *pairs[10:], ("=1+1", "deux"), ("x",), ("Line\nend", "fin\nde ligne")]
    path = put(workbook(rows, [("other", "sheet")]))
    table = read(path, guess(path))
    assert table.pairs == [*pairs, ("Line end", "fin de ligne")]
    assert "2 sheets; only the first with content is read" in kinds(path)["sheets"]
    path = put(workbook([], pairs))
    assert read(path, guess(path)).pairs == pairs


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize("member", [SHEET, "xl/workbook.xml", "xl/sharedStrings.xml", "[Content_Types].xml"])
@pytest.mark.parametrize(
    "change",
    [
        lambda xml: xml.replace(b"?>\n", b'?><!DOCTYPE x [<!ENTITY e "boom">]>', 1),
        lambda xml: xml.replace(b"?>\n", b'?><!DOCTYPE x SYSTEM "http://127.0.0.1:9/">', 1),
        lambda xml: xml[: len(xml) // 2],
        lambda xml: b"",
        lambda xml: b"<wrong/>",
    ],
    ids=["entity", "outside", "half", "empty", "other"],
)
def test_damaged_or_hostile_workbook_is_refused(put: Put, pairs: Pairs, member: str, change: Callable[[bytes], bytes]) -> None:
    data = by_excel(pairs)
    path = put(changed(data, member, change))
    with pytest.raises(ValueError, match=r"workbook|only \d+ of|column"):
        read(path, guess(path))


@pytest.mark.parametrize("size", ["A1:XFD1048576", "A1", "nonsense"])
def test_wrong_size_of_a_sheet_does_not_matter(put: Put, pairs: Pairs, size: str) -> None:
    def change(xml: bytes) -> bytes:
        start = xml.index(b'<dimension ref="') + len(b'<dimension ref="')
        return xml[:start] + size.encode() + xml[xml.index(b'"', start) :]

    path = put(changed(workbook(list(pairs)), SHEET, change))
    try:
        assert read(path, guess(path)).pairs == pairs
    except ValueError as error:
        assert size == "nonsense" and "workbook cannot be read" in str(error)


def test_row_with_a_huge_number_is_refused_soon(put: Put, pairs: Pairs) -> None:
    data = changed(workbook(list(pairs)), SHEET, lambda xml: xml.replace(b'<row r="2"', b'<row r="2000000000"'))
    with pytest.raises(ValueError, match=r"more than 1,048,576 rows|cannot be read"):
        read_pairs(put(data))
