"""What the page says about a table: rows that are left out, and rows that look odd."""

from __future__ import annotations

from pathlib import Path

from support.files.uploads import FEW, PAIRS, TAB, counts, lines, put

from seq2seq.data.uploaded_table import read


def test_findings_count_the_rows_that_are_left_out(file: Path) -> None:
    long = "x" * 1001
    bad = f"\tvide\nempty\t \nempty\t\u200b\n{long}\tlong\n{long[1:]}\tjuste\none\na\tb\tc\n\n\t\n"
    put(file, lines(FEW) + bad + lines(FEW[:5]))
    table = read(file, TAB)
    assert table.pairs == [*FEW, (long[1:], "juste"), ("a", "b")]
    assert counts(table) == {"rows": 73, "malformed": 1, "empty": 4, "long": 1, "duplicate": 5, "extra": 1}
    texts = {finding.kind: finding.text for finding in table.findings}
    assert texts["rows"] == "73 rows were read; 62 pairs can be used."
    assert texts["malformed"] == "1 row has too few cells, and is left out (line 66)."
    assert texts["extra"] == "1 row has more cells than most; the cells at its end are not used (line 67)."
    assert texts["long"] == "1 row has a side of more than 1,000 characters, and is left out."
    assert texts["empty"] == "4 rows have an empty side, and are left out."


def test_file_without_problems_has_one_finding(file: Path) -> None:
    put(file, lines(PAIRS))
    assert counts(read(file, TAB)) == {"rows": len(PAIRS)}


def test_equal_sides_and_several_targets_are_counted_and_kept(file: Path) -> None:
    more = [("Taxi!", "Taxi!"), (FEW[0][0], "Autre."), (FEW[0][0], "Encore."), (FEW[1][0], "Autre.")]
    put(file, lines(FEW + more))
    table = read(file, TAB)
    assert table.pairs == FEW + more
    assert counts(table) == {"rows": 64, "same": 1, "several": 2}


def test_formulas_markup_and_null_words_stay_text(file: Path) -> None:
    odd = [
        ("=1+2", "+cmd|' /C calc'!A0"),
        ('=HYPERLINK("http://example.org")', "@SUM(A1:A9)"),
        ("NA", "null"),
        ("None", "NaN"),
        ("001", "1e5"),
        ("True", "<script>alert(1)</script>"),
        ("= equal", "- dash"),
    ]
    put(file, lines(FEW + odd))
    table = read(file, TAB)
    assert table.pairs == FEW + odd
    assert counts(table) == {"rows": 67, "formula": 2}


def test_pairs_are_normalised_but_the_preview_is_not(file: Path) -> None:
    put(file, f"I’m  \u202ehere\x07\t{'é' * 121}\n" + lines(FEW))
    table = read(file, TAB)
    assert table.pairs[0] == ("I'm here", "é" * 121)
    assert table.preview[0] == ["I’m  \u202ehere\x07", "é" * 120 + "…"]
    assert len(table.preview) == 6
