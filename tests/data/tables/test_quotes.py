"""Quotation marks in tables: those of a CSV writer, and those that are text."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.files.uploads import FEW, PAIRS, TAB, counts, lines, put

from seq2seq.data.corpora import Pair
from seq2seq.data.tables.layout import DELIMITERS, Layout
from seq2seq.data.uploaded_table import guess, read
from seq2seq.sources.normalise import normalise

COMMA = Layout("utf-8", ",", False, 0, 1)


def as_csv(rows: list[Pair], delimiter: str = ",", quoting: int = csv.QUOTE_MINIMAL) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    return out.getvalue()


@pytest.mark.parametrize("delimiter", DELIMITERS.values(), ids=DELIMITERS)
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_quoted_cells_may_contain_delimiters_line_ends_and_quotes(file: Path, delimiter: str, quoting: int) -> None:
    hard = [(f"Tea{delimiter} please,\nhe said{n}", f'"Du thé{delimiter}{n}" | ; dit-il') for n in range(3)]
    put(file, as_csv(FEW + hard, delimiter, quoting))
    table = read(file, Layout("utf-8", delimiter, False, 0, 1))
    assert table.pairs == [(normalise(a), normalise(b)) for a, b in FEW + hard]
    assert guess(file) == Layout("utf-8", delimiter, False, 0, 1)


@pytest.mark.parametrize(
    "rows",
    [
        ['He said "hi" to us', 'Il dit "salut"'],
        ['"Hi," she said', '"Salut", dit-elle'],
        ['"Hello there!"', '"Bonjour !"'],
        ['"', "x"],
        ['It is 5" wide', "x"],
        ['"Stop', "x", "y", 'Go"'],
        ["x", '"Stop', 'Go"', "y"],
    ],
)
def test_stray_quotes_in_a_tab_separated_file_are_text(file: Path, rows: list[str]) -> None:
    stray = list(zip(rows[::2], rows[1::2], strict=True))
    pairs = [*FEW[:30], stray[0], *FEW[30:], *stray[1:]]
    put(file, lines(pairs))
    table = read(file, TAB)
    assert table.pairs == pairs and counts(table)["rows"] == len(pairs)


@pytest.mark.parametrize("closing", ["", '"Yes","Oui"\n', '"No, no","Non"\n"Yes, yes","Oui"\n'])
def test_unclosed_quote_is_reported_with_its_line(file: Path, closing: str) -> None:
    put(file, lines(FEW, ",") + '"Stop!,Arrêtez !\n' + lines(PAIRS[60:90], ",") + closing)
    with pytest.raises(ValueError, match="quotation marks of the row at line 61 do not match"):
        read(file, COMMA)


cell = st.text(st.sampled_from('ab"",;\n\r\t =é\u2028'), max_size=8)


@given(rows=st.lists(st.tuples(cell, cell), max_size=8), delimiter=st.sampled_from([",", ";", "|"]))
@example(rows=[('"', '""'), ("\n\n", ""), ("", "")], delimiter=",")
def test_read_restores_the_rows_of_a_csv_writer(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Pair], delimiter: str
) -> None:
    file = put(tmp_path_factory.getbasetemp() / "written.csv", as_csv([*FEW, *rows], delimiter))
    expected = dict.fromkeys((normalise(a), normalise(b)) for a, b in [*FEW, *rows])
    assert read(file, Layout("utf-8", delimiter, False, 0, 1)).pairs == [pair for pair in expected if all(pair)]
