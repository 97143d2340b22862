"""What people's CSV and TSV files contain besides the rows."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.data.corpora import read_pairs
from seq2seq.data.tables.layout import Layout
from seq2seq.data.tables.markup import clean
from seq2seq.data.uploaded_table import columns, guess, read

Pairs = list[tuple[str, str]]


def counts(path: Path) -> dict[str, int]:
    return {finding.kind: finding.count for finding in read(path, guess(path)).findings}


@pytest.mark.parametrize("delimiter", [";", "|", ",", "\t"])
@pytest.mark.parametrize("first", ["sep={}", '"sep={}"', "SEP={}"])
def test_sep_line_names_the_delimiter_and_is_no_row(put: Callable[..., Path], pairs: Pairs, delimiter: str, first: str) -> None:
    put_rows = "".join(f'"{a}"{delimiter}"{b}"\r\n' for a, b in pairs)
    path = put(first.format(delimiter) + "\r\n" + put_rows)
    assert guess(path) == Layout("utf-8", delimiter, False, 0, 1)
    assert read(path, guess(path)).pairs == pairs
    path = put(first.format(delimiter) + "\nEnglish" + delimiter + "French\n" + put_rows)
    assert guess(path).header and columns(path, guess(path)) == ("English", "French")


def test_lines_of_anki_before_the_rows_are_no_rows(put: Callable[..., Path], pairs: Pairs) -> None:
    head = "#separator:tab\n#html:true\n#tags column:3\n"
    path = put(head + "".join(f"{a}<br>\t<div>{b}</div>\tlesson{n}\n" for n, (a, b) in enumerate(pairs)))
    assert read(path, guess(path)).pairs == pairs
    assert counts(path)["markup"] == len(pairs)
    path = put("# of rows\tnombre\n" + "".join(f"{a}\t{b}\n" for a, b in pairs))  # a row like any other
    assert read(path, guess(path)).pairs == [("# of rows", "nombre"), *pairs]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("one<br>two<BR/>three", "one two three"),
        ("a&nbsp;b &amp; c&#39;s", "a\xa0b & c's"),
        ('<div>one</div><div style="x">two</div>', " one  two "),
        ("<b>bold</b> <span class='c1'>word</span>", "bold word"),
        ("<ruby>猫<rt>ねこ</rt></ruby>です", "猫です"),
        ("hello[sound:hello.mp3]", "hello"),
        ("if a <b and c> d", "if a <b and c> d"),
        ("3 < 4 > 2 & 5 &c; AT&T &unknown;", "3 < 4 > 2 & 5 &c; AT&T &unknown;"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("<3 <name> <br", "<3 <name> <br"),
    ],
)
def test_html_is_removed_and_other_text_kept(cell: str, text: str) -> None:
    assert clean(cell) == text


@given(st.text(st.characters(exclude_characters="<&[", exclude_categories=["Cs"])))
def test_text_without_html_is_unchanged(text: str) -> None:
    assert clean(text) == text


@given(st.text(st.sampled_from("<>/&;br \"='p"), max_size=200))
def test_cleaning_never_makes_text_longer(text: str) -> None:
    assert len(clean(text)) <= len(text)


@pytest.mark.parametrize("extra", ["\tnote", "\t\t\t", "\tnote\tmore\t"])
def test_extra_cells_do_not_cost_the_row(put: Callable[..., Path], pairs: Pairs, extra: str) -> None:
    path = put("".join(f"{a}\t{b}{extra if n in (3, 60) else ''}\n" for n, (a, b) in enumerate(pairs)))
    table = read(path, guess(path))
    assert table.pairs == pairs
    text = next(finding.text for finding in table.findings if finding.kind == "extra")
    assert text.startswith("2 rows have more cells than most") and "the first: line 4" in text


@pytest.mark.parametrize("row", ["Yes, please,Oui merci", "Go on, then,Vas-y, alors", "1,000 people came,1000 personnes"])
def test_delimiter_in_a_sentence_costs_its_row_with_a_word(put: Callable[..., Path], pairs: Pairs, row: str) -> None:
    path = put("".join(f"{a},{b}\n" for a, b in pairs) + row + "\n")
    table = read(path, guess(path))
    assert table.pairs == pairs
    text = next(finding.text for finding in table.findings if finding.kind == "cut")
    assert "quotation marks" in text and f"line {len(pairs) + 1}" in text
    path = put("".join(f"{a},{b}\n" for a, b in pairs) + "Good night,Bonne nuit,x\n")
    assert read(path, guess(path)).pairs == [*pairs, ("Good night", "Bonne nuit")]


@pytest.mark.parametrize("quoted", [False, True])
def test_long_cell_costs_its_row_only(put: Callable[..., Path], pairs: Pairs, quoted: bool) -> None:
    mark, delimiter = ('"', ",") if quoted else ("", "\t")
    rows = [f"{mark}{a}{mark}{delimiter}{mark}{b}{mark}\n" for a, b in pairs]
    rows.insert(20, f"{mark}{'x' * 200_000}{mark}{delimiter}{mark}juste{mark}\n")
    path = put("".join(rows))
    assert read(path, guess(path)).pairs == pairs
    assert counts(path)["long"] == 1
    assert len(read_pairs(path)[0]) == len(pairs) + 1  # a shell has no such limit


@pytest.mark.parametrize("codes", [("eng", "fra"), ("en", "fr")])
def test_codes_of_languages_in_each_row_are_no_header(put: Callable[..., Path], pairs: Pairs, codes: tuple[str, str]) -> None:
    path = put("".join("\t".join((*codes, *pair)) + "\n" for pair in pairs))
    assert guess(path) == Layout("utf-8", "\t", False, 2, 3)
    assert read(path, guess(path)).pairs == pairs


def test_header_names_win_only_for_columns_of_sentences(put: Callable[..., Path], pairs: Pairs) -> None:
    path = put("eng\tfra\tsrc\ttrg\n" + "".join(f"{a}\t{b}\ttatoeba\t{n}\n" for n, (a, b) in enumerate(pairs)))
    assert guess(path) == Layout("utf-8", "\t", True, 0, 1)
    path = put("id\ttrg\tsrc\n" + "".join(f"{n}\t{b}\t{a}\n" for n, (a, b) in enumerate(pairs)))
    assert guess(path) == Layout("utf-8", "\t", True, 2, 1)


@pytest.mark.parametrize("rows", ["one\ntwo\n", "one,\n", "a b c"])
def test_table_with_one_column_gets_the_sentence_about_columns(put: Callable[..., Path], rows: str) -> None:
    path = put(rows)
    layout = guess(path)
    assert len(columns(path, layout)) in (1, 2)
    with pytest.raises(ValueError, match=r"the file has one column, but two are needed|only 0 of 1 rows"):
        read(path, layout)


@pytest.mark.parametrize("end", [b"\x1a", b"\x1a\x1a"])
def test_ctrl_z_at_the_end_is_no_row(put: Callable[..., Path], pairs: Pairs, end: bytes) -> None:
    path = put("".join(f"{a}\t{b}\r\n" for a, b in pairs).encode() + end)
    assert read(path, guess(path)).pairs == pairs
    assert counts(path) == {"rows": len(pairs)}
