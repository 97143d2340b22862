"""How a table is read: its encoding, its delimiter, its header and its two columns."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.files.uploads import FEW, PAIRS, TAB, lines, put

from seq2seq.data.tables.layout import DELIMITERS, Layout
from seq2seq.data.uploaded_table import columns, guess, read


@pytest.mark.parametrize("delimiter", DELIMITERS.values(), ids=DELIMITERS)
@pytest.mark.parametrize(
    ("encoding", "mark", "guessed"),
    [
        ("utf-8", "", "utf-8"),
        ("utf-8", "\ufeff", "utf-8"),
        ("utf-16-le", "\ufeff", "utf-16"),
        ("utf-16-be", "\ufeff", "utf-16"),
        ("utf-16-le", "", "utf-16-le"),
        ("utf-16-be", "", "utf-16-be"),
        ("cp1252", "", "cp1252"),
    ],
)
def test_guess_finds_encoding_and_delimiter(file: Path, delimiter: str, encoding: str, mark: str, guessed: str) -> None:
    put(file, (mark + lines(FEW, delimiter)).encode(encoding))
    assert guess(file) == Layout(guessed, delimiter, False, 0, 1)
    assert read(file, guess(file)).pairs == FEW


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_of_all_systems_are_read(file: Path, end: str) -> None:
    put(file, lines(FEW).replace("\n", end))
    assert read(file, guess(file)).pairs == FEW


@pytest.mark.parametrize(
    "header",
    ["English\tFrench", "source\ttarget", "EN\tfr", "src\ttgt", "Question\tAnswer", "sentence_en\tsentence_fr", "left\tright"],
)
def test_guess_finds_a_header_that_names_the_columns(file: Path, header: str) -> None:
    put(file, header + "\n" + lines(FEW))
    assert guess(file) == Layout("utf-8", "\t", True, 0, 1)
    table = read(file, guess(file))
    assert table.columns == tuple(header.split("\t"))
    assert table.pairs == FEW and table.preview == [list(pair) for pair in FEW[:6]]


def test_columns_returns_names_for_any_layout(file: Path) -> None:
    put(file, '"left, then",,right,more\n' + "a,b,c\n" * 20)
    assert columns(file, Layout("utf-8", ",", True, 7, 7)) == ("left, then", "column 2", "right")
    assert columns(file, Layout("utf-8", ",", False, 7, 7)) == ("column 1", "column 2", "column 3")
    assert columns(file, Layout("utf-8", "\t", True, 0, 1)) == ('"left, then",,right,more',)
    put(file, "only,\n" + "a,b,c\n" * 20)
    assert columns(file, Layout("utf-8", ",", True, 0, 1)) == ("only", "column 2", "column 3")


def test_guess_takes_an_unclear_first_row_as_a_pair(file: Path) -> None:
    words = [(f"noun{chr(97 + i // 26)}{chr(97 + i % 26)}", f"nom{chr(97 + i // 26)}{chr(97 + i % 26)}") for i in range(60)]
    for pairs in (FEW, words, [("Hello", "Bonjour"), *words]):
        put(file, lines(pairs))
        assert not guess(file).header
        assert read(file, guess(file)).columns == ("column 1", "column 2")


def test_guess_uses_source_and_target_of_the_header(file: Path) -> None:
    put(file, "target\tsource\n" + lines(FEW))
    layout = guess(file)
    assert (layout.source, layout.target) == (1, 0)
    assert read(file, layout).pairs == [(b, a) for a, b in FEW]


@pytest.mark.parametrize(
    ("row", "source", "target"),
    [
        ("{a}\tCC-BY 2.0 (France) Attribution: example.org #{n} (somebody) & #7{n} (another)\t{b}", 0, 2),
        ("{n}\t{a}\t{b}", 1, 2),
        ("part{n}-a\t{a}\t0.{n}\t{b}", 1, 3),
        ("{a}\thttps://example.org/{n}\t{b}\t{n}", 0, 2),
        ("animals\t{a}\t{b}", 1, 2),
    ],
    ids=["attribution", "number", "id", "address", "label"],
)
def test_guess_finds_the_two_columns_of_sentences(file: Path, row: str, source: int, target: int) -> None:
    put(file, "".join(row.format(a=a, b=b, n=1000 + n) + "\n" for n, (a, b) in enumerate(FEW)))
    assert guess(file) == Layout("utf-8", "\t", False, source, target)
    assert read(file, guess(file)).pairs == FEW


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_line_in_another_encoding_is_reported(file: Path, encoding: str) -> None:
    rows = [pair for pair in PAIRS if "é" in pair[1]][:60]
    content = lines(rows[:41]).encode() + "Broken\tCassé\n".encode(encoding) + lines(rows[41:]).encode()
    put(file, content)
    assert guess(file) == TAB  # so that the page can show how the file is read, and where that fails
    with pytest.raises(ValueError, match=r"line 42 is not UTF-8 text: .*mixes two"):
        read(file, guess(file))


@pytest.mark.parametrize(
    ("encoding", "words"), [("shift_jis", "私は庭で馬を見る。表示ソース"), ("gb18030", "我在花园里看见一匹马。饿了，丂")]
)
def test_guess_finds_east_asian_encodings(file: Path, encoding: str, words: str) -> None:
    pairs = [(f"Sentence {n}.", f"{n}{words}") for n in range(60)]
    put(file, lines(pairs).encode(encoding))
    assert guess(file) == Layout(encoding, "\t", False, 0, 1)
    assert read(file, guess(file)).pairs == pairs


def test_read_uses_the_chosen_encoding(file: Path) -> None:
    pairs = [(f"Word number {n}.", f"Слово номер {n}.") for n in range(60)]
    put(file, lines(pairs).encode("cp1251"))
    assert read(file, Layout("cp1251", "\t", False, 0, 1)).pairs == pairs


def test_columns_must_exist_and_differ(file: Path) -> None:
    put(file, lines(FEW))
    with pytest.raises(ValueError, match="with the pipe as delimiter the file has one column"):
        read(file, Layout("utf-8", "|", False, 0, 1))
    with pytest.raises(ValueError, match="there is no column 3: with the tab as delimiter the file has 2"):
        read(file, Layout("utf-8", "\t", False, 0, 2))
    with pytest.raises(ValueError, match="there is no column 0"):
        read(file, Layout("utf-8", "\t", False, -1, 0))
    with pytest.raises(ValueError, match="the same column"):
        read(file, Layout("utf-8", "\t", False, 1, 1))
    put(file, "\n".join(source.replace(" ", "") for source, _ in FEW))
    with pytest.raises(ValueError, match="one column"):
        read(file, guess(file))
    put(file, ("x\t" * 1000 + "\n") * 60)
    with pytest.raises(ValueError, match="1,001 columns; at most 100"):
        read(file, TAB)


def test_layout_refuses_unknown_encoding_and_delimiter() -> None:
    with pytest.raises(ValueError, match="unknown encoding 'rot13': choose one of utf-8,"):
        Layout("rot13", ",", False, 0, 1)
    with pytest.raises(ValueError, match="unknown delimiter '::': choose one of tab,"):
        Layout("utf-8", "::", False, 0, 1)
