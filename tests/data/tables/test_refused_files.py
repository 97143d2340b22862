"""Files that are no table of sentence pairs, or too large or too small, are refused with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.files.uploads import FEW, TAB, lines, put

from seq2seq.data.uploaded_table import MAX_BYTES, MAX_PAIRS, MIN_PAIRS, guess, read


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b" \n\n", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0", "this is a PNG image"),
        (b"PK\x03\x04\x14\0", "this archive is damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Excel workbook"),
        (b"PAR1abc", "a Parquet file, not a table of text: .* save it as CSV, TSV or .xlsx first"),
        (b"<!DOCTYPE html><table></table>", "a web page"),
    ],
)
def test_file_that_is_not_a_text_table_is_refused(file: Path, content: bytes, message: str) -> None:
    put(file, content)
    for use in (guess, lambda path: read(path, TAB)):
        with pytest.raises(ValueError, match=message):
            use(file)


def test_file_over_the_size_limit_is_refused_unread(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(file, lines(FEW))
    with open(file, "r+b") as opened:
        opened.truncate(4 * MAX_BYTES)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("it was read"))
    for use in (guess, lambda path: read(path, TAB)):
        with pytest.raises(ValueError, match=f"200,000,000 bytes; at most {MAX_BYTES:,}"):
            use(file)


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="No such file"):
        guess(tmp_path / "none")
    with pytest.raises(ValueError, match="not a regular file"):
        guess(tmp_path)


def test_file_over_the_row_limit_is_refused(file: Path) -> None:
    put(file, "a\tb\n" * (MAX_PAIRS + 1))
    with pytest.raises(ValueError, match=f"more than {MAX_PAIRS:,} rows"):
        read(file, TAB)


def test_too_few_pairs_are_refused_with_reasons(file: Path) -> None:
    put(file, "English\tFrench\n")
    with pytest.raises(ValueError, match="only 0 of 0 rows can be used"):
        read(file, guess(file))
    put(file, lines(FEW[: MIN_PAIRS - 1] + FEW[:2]) + "Empty.\t\nOne cell.\n")
    with pytest.raises(
        ValueError, match=r"only 49 of 53 rows can be used, .* 1 row has too few cells.* 1 row has an empty.* 2 rows repeat"
    ):
        read(file, TAB)
    put(file, lines(FEW[:MIN_PAIRS]))
    assert len(read(file, TAB).pairs) == MIN_PAIRS
