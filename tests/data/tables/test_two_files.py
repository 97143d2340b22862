"""Two files with matching lines, and zip archives of files."""

from __future__ import annotations

import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from support.files.archives import zipped
from support.files.table_files import Pairs, tmx

from seq2seq.data.corpora import read_pairs
from seq2seq.data.tables.parts import MAX_UNPACKED_BYTES, TWO_FILES, recognise
from seq2seq.data.uploaded_table import columns, guess, read

Put = Callable[..., Path]


def test_two_files_with_matching_lines(put: Put, pairs: Pairs) -> None:
    both = [
        put("\n".join(a for a, _ in pairs) + "\n", "train.en"),
        put("\r\n".join(b for _, b in pairs) + "\r\n\n", "train.fr"),
    ]
    assert recognise(both).kind == TWO_FILES
    assert columns(both, guess(both)) == ("en", "fr")
    assert read(both, guess(both)).pairs == pairs
    assert read_pairs(both)[0] == pairs
    assert read_pairs(both[::-1])[0] == [(b, a) for a, b in pairs]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("english.txt", "french.txt"), ("english", "french")),
        (("a.en", "a.fr"), ("en", "fr")),
        (("a.tok.en", "b.fr"), ("en", "fr")),
        (("en", "fr"), ("en", "fr")),
    ],
)
def test_names_of_two_files_name_the_columns(put: Put, pairs: Pairs, names: tuple[str, str], expected: tuple[str, str]) -> None:
    both = [put("\n".join(pair[side] for pair in pairs), name) for side, name in enumerate(names)]
    assert columns(both, guess(both)) == expected


@pytest.mark.parametrize("shorter", [0, 1])
def test_files_of_different_length_are_refused(put: Put, pairs: Pairs, shorter: int) -> None:
    sides = [[pair[side] for pair in pairs] for side in (0, 1)]
    del sides[shorter][50:]
    both = [put("\n".join(side), f"x.{code}") for side, code in zip(sides, ("en", "fr"), strict=True)]
    with pytest.raises(ValueError, match=r"x\.\w\w ends after line 50, but x\.\w\w goes on"):
        read(both, guess(both))


def test_three_files_are_refused(put: Put) -> None:
    with pytest.raises(ValueError, match="3 files were chosen: choose one table, or two files with matching lines"):
        recognise([put("a\n", name) for name in "abc"])
    with pytest.raises(ValueError, match=r"b is a PNG image"):
        recognise([put("a\n", "a"), put(b"\x89PNG\r\n", "b")])


def test_zip_of_two_files_or_of_one_table(put: Put, pairs: Pairs) -> None:
    sides = ["\n".join(pair[side] for pair in pairs).encode() for side in (0, 1)]
    path = put(zipped({"x/train.en": sides[0], "x/train.fr": sides[1], "README": b"!", "__MACOSX/._train.en": b"\0"}))
    assert columns(path, guess(path)) == ("en", "fr")
    assert read(path, guess(path)).pairs == pairs
    table = "".join(f"{a}\t{b}\n" for a, b in pairs).encode()
    path = put(zipped({"fra.txt": table, "_about.txt": b"about"}), "one.zip")
    assert read(path, guess(path)).pairs == pairs and read_pairs(path)[0] == pairs
    path = put(zipped({"memory.tmx": tmx(pairs).encode()}), "memory.zip")
    assert read(path, guess(path)).pairs == pairs


def damaged(data: bytes) -> bytes:
    middle = len(data) // 3
    return data[:middle] + bytes(64) + data[middle + 64 :]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (zipped({}), "archive is damaged|0 files"),
        (zipped({"a": b"1", "b": b"2", "c": b"3"}), r"3 files that could hold sentences \(a, b, c\)"),
        (zipped({f"{n}": b"" for n in range(3000)}), "3,000 files"),
        (zipped({"a.txt": b"x\ty\n"}, zipfile.ZIP_BZIP2), "unusual method"),
        (zipped({"in.zip": zipped({"a": b"x"})}), "in.zip is a zip archive"),
        (zipped({"word/document.xml": b"<x/>"}), "this is a Word document"),
        (zipped({"content.xml": b"<x/>", "mimetype": b"x"}), "this is a LibreOffice document"),
        (zipped({"bomb.txt": bytes(MAX_UNPACKED_BYTES + 1)}), "unpacks to 200,000,001 bytes"),
        (b"PK\x03\x04" + bytes(100), "this archive is damaged"),
        (damaged(zipped({"a.txt": b"".join(b"%d\t%d\n" % (n, n * n) for n in range(5000))})), "damaged|not a zip"),
    ],
)
def test_other_archives_are_refused(put: Put, content: bytes, message: str) -> None:
    path = put(content)
    with pytest.raises(ValueError, match=message):
        read_pairs(path)


def test_zip_bomb_takes_no_memory(put: Put) -> None:
    path = put(zipped({"bomb.txt": b"a\tb\n" * 40_000_000}))
    tracemalloc.start()
    with pytest.raises(ValueError, match="unpacks to 160,000,000 bytes; at most 50,000,000"):
        guess(path)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()
