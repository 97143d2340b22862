"""Guess how to read an uploaded table of sentences from its content: encoding, delimiter, header and columns.

The file may contain anything: every limit is checked before more is read, and every error is one sentence for its owner.
"""

from __future__ import annotations

import csv
import io
import re
import stat
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

MAX_BYTES = 50_000_000
MAX_PAIRS = 500_000  # rows of a file
MAX_COLUMNS = 100
ENCODINGS = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "cp1250", "cp1251", "gb18030", "shift_jis")
_OTHERS = ("cp1252", "shift_jis", "gb18030")  # tried in this order, because each accepts more bytes than the one before
DELIMITERS = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}

SAMPLE_CHARACTERS = 1_000_000  # characters of a file that guesses use
SAMPLE_ROWS = 1000
MIN_DECODED = 0.1  # share of the non-ASCII lines that are valid UTF-8; in other encodings far fewer are, by accident
_MAGIC = {
    b"PK\x03\x04": "an Excel workbook or a zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"%PDF": "a PDF document",
    b"PAR1": "a Parquet file",
    b"\x1f\x8b": "a gzip archive",
    b"\xff\xfe\x00\x00": "text in UTF-32",
}
_BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8"}


@dataclass(frozen=True)
class Layout:
    """How to read a file. Raises ValueError for an unknown encoding or delimiter."""

    encoding: str  # one of ENCODINGS
    delimiter: str  # the character
    header: bool  # the first row names the columns
    source: int  # column, counted from 0
    target: int

    def __post_init__(self) -> None:
        if self.encoding not in ENCODINGS:
            raise ValueError(f"unknown encoding {str(self.encoding)[:40]!r}: choose one of {', '.join(ENCODINGS)}")
        if self.delimiter not in DELIMITERS.values():
            raise ValueError(f"unknown delimiter {str(self.delimiter)[:40]!r}: choose one of {', '.join(DELIMITERS)}")


def guess(path: str | Path) -> Layout:
    """Guess the layout from the file's content; its name is not used.

    Raises ValueError for a file that is too large, is not text, or mixes encodings.
    """
    data = load(path)
    encoding = _encoding(data)
    text = decode(data, encoding)
    delimiter = _delimiter(text)
    rows = sample(text, delimiter, quoted(text, delimiter))
    header = _has_header(rows)
    source, target = _columns(rows[0] if header else [], rows[1:] if header else rows)
    return Layout(encoding, delimiter, header, source, target)


# --- bytes and text ---


def load(path: str | Path) -> bytes:
    """Read the file's bytes. Raises ValueError if it cannot be read, is too large, or is of a known kind that is not text."""
    try:
        status = Path(path).stat()
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("this is not a regular file: choose a CSV or TSV file")
        if status.st_size > MAX_BYTES:
            raise ValueError(f"the file has {status.st_size:,} bytes; at most {MAX_BYTES:,} can be read: take a part of it")
        data = Path(path).read_bytes()
    except OSError as error:
        raise ValueError(f"the file cannot be read: {error.strerror}") from None
    for start, kind in _MAGIC.items():
        if data.startswith(start):
            raise ValueError(f"this is {kind}, not a table of text: open it in its own program and save it as CSV or TSV first")
    return data


def decode(data: bytes, encoding: str) -> str:
    """Return the text with "\\n" line ends. Raises ValueError for an empty file, and for a line that is not in `encoding`,
    with its number."""
    if b"\0" in data and not encoding.startswith("utf-16"):
        raise ValueError("the file holds NUL bytes, so it is not text: save the table as CSV or TSV first")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = _unix(data[: error.start].decode(encoding, "ignore")).count("\n") + 1
        raise ValueError(
            f"line {line:,} is not {encoding.upper()} text: the file is in another encoding, or mixes two."
            " Choose another encoding, or save the file as UTF-8 and correct this line"
        ) from None
    if not (text := text.removeprefix("\ufeff")).strip():
        raise ValueError("the file is empty: it needs one sentence pair a row")
    return _unix(text)


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _encoding(data: bytes) -> str:
    for mark, encoding in _BOMS.items():
        if data.startswith(mark):
            return encoding
    start = data[:4096]
    if b"\0" in start:
        # In a western script each letter has a zero byte after it (little-endian) or before it (big-endian).
        low, high = start[1::2].count(0), start[::2].count(0)
        return "utf-16-le" if low > 4 * high else "utf-16-be" if high > 4 * low else "utf-8"
    if _is_text(data, "utf-8"):
        return "utf-8"
    lines = [line for line in data.splitlines() if not line.isascii()]
    if sum(_is_text(line, "utf-8") for line in lines) >= MIN_DECODED * len(lines):
        return "utf-8"  # `decode` then reports the first invalid line
    return next((encoding for encoding in _OTHERS if _is_text(data, encoding)), "utf-8")


def _is_text(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


# --- rows ---

_QUOTED_CELL = re.compile(r'(?:^|(?<=\t))"[^"]*+(?:""[^"]*+)*+"(?=\t|$)', re.MULTILINE)


def quoted(text: str, delimiter: str) -> bool:
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
    return needed and _odd(widths(text, "\t", True)) < _odd(widths(text, "\t", False))


def _odd(counts: np.ndarray) -> int:
    """Count the rows whose number of cells is not the usual one."""
    return int(np.count_nonzero(counts[counts > 0] != usual(counts)))


def usual(counts: np.ndarray) -> int:
    """Return the most frequent number of cells per row; 0 without any row."""
    return int(np.bincount(counts[counts > 0], minlength=1).argmax())


def widths(text: str, delimiter: str, quoted: bool) -> np.ndarray:
    """Count the cells of each row; a blank line has 0. Raises ValueError for quotation marks that do not match, and for more
    than MAX_PAIRS rows and a header."""
    reader = _reader(text, delimiter, quoted, strict=True)
    counts: list[int] = []
    first_line = 1
    try:
        for row in reader:
            counts.append(len(row))
            first_line = reader.line_num + 1
            if len(counts) > MAX_PAIRS + 1:
                raise ValueError(f"the file has more than {MAX_PAIRS:,} rows, which is the limit: take a part of it")
    except csv.Error as error:
        if not quoted:
            raise ValueError(f"line {first_line:,} cannot be read: {error}. Correct or delete it") from None
        raise ValueError(
            f'the quotation marks of the row at line {first_line:,} do not match: a cell that begins with " must end'
            ' with one, and a " inside it must be doubled. Correct this row,'
            " choose another delimiter, or save the table as tab-separated text"
        ) from None
    return np.array(counts, dtype=np.int64)


def _reader(text: str, delimiter: str, quoted: bool, strict: bool) -> Any:  # csv has no public name for its reader type
    return csv.reader(
        io.StringIO(text), delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE, strict=strict
    )


def sample(text: str, delimiter: str, quoted: bool) -> list[list[str]]:
    """Return the first rows that are not blank."""
    reader = _reader(text[:SAMPLE_CHARACTERS], delimiter, quoted, strict=False)
    try:
        return [row for row in islice(reader, SAMPLE_ROWS) if row]
    except csv.Error:  # `widths` reports the line
        return []


def _delimiter(text: str) -> str:
    """Return the delimiter that cuts the most rows into an equal number of cells, at least two; a comma if none does."""

    def agreement(delimiter: str) -> float:
        rows = sample(text, delimiter, delimiter != "\t")
        counts = Counter(map(len, rows))
        return max((count / len(rows) for width, count in counts.items() if width > 1), default=0.0)

    best = max(DELIMITERS.values(), key=agreement)
    return best if agreement(best) else ","


# --- header and columns ---

_SOURCES = frozenset(["source", "src", "question", "input", "prompt", "q"])
_TARGETS = frozenset(["target", "tgt", "trg", "answer", "output", "response", "reply", "translation", "a"])
_NAMES = """text sentence phrase id
    english french german spanish italian portuguese dutch japanese chinese korean russian polish czech turkish arabic hindi
    swedish norwegian danish finnish greek hebrew hungarian romanian ukrainian latin esperanto catalan vietnamese indonesian
    français francais deutsch español espanol italiano português portugues nederlands 日本語 中文 한국어 русский
    en fr de es it pt nl ja zh ko ru pl cs tr ar hi sv no da fi el he hu ro uk la eo ca vi
    eng fra fre deu ger spa ita por nld jpn cmn kor rus pol ces tur ara hin swe"""
_NUMBER = re.compile(r"[\s\d.,:+\-–/%#]*")
_CODE = re.compile(r"\S*\d\S*|\S*(?:://|www\.)\S*|\S+@\S+|\S+\.\w{2,4}")
_ATTRIBUTION = re.compile(r"CC[- ]BY|CC0|Attribution:|tatoeba\.org|https?://", re.IGNORECASE)
_ENDS = tuple(".!?…。！？:;\"'»)")
_MOST = 0.95


def _words(cell: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", cell.lower())


def _has_header(rows: list[list[str]]) -> bool:
    """Return whether the first row names columns. In doubt, it does not."""
    if len(rows) < 2:
        return bool(rows) and _is_named(rows[0])
    first, others = rows[0], rows[1:]
    if _is_named(first):
        return True
    if not all(0 < len(cell.strip()) <= 30 and not _NUMBER.fullmatch(cell) for cell in first):
        return False
    columns = [[row[c] for row in others if len(row) == len(first)] for c in range(len(first))]
    if any(cells and all(_NUMBER.fullmatch(cell) for cell in cells) for cells in columns):
        return True  # a column of numbers whose first cell is not a number
    bare = all(" " not in cell.strip() and not cell.strip().endswith(_ENDS) for cell in first)
    return bare and all(
        len(cells) >= 10 and sum(cell.strip().endswith(_ENDS) for cell in cells) >= _MOST * len(cells) for cells in columns
    )


def _is_named(row: list[str]) -> bool:
    """Return whether at least two cells are usual names of columns, such as "English", "src" or "sentence_fr"."""
    names = _SOURCES | _TARGETS | set(_NAMES.split())
    named = [cell for cell in row if (words := _words(cell)) and names.issuperset(words) and not cell.strip().endswith(_ENDS)]
    return len(named) >= 2 and len(set(named)) == len(named)


def _columns(names: list[str], rows: list[list[str]]) -> tuple[int, int]:
    """Return the two columns that the header calls source and target, else the first two that look like sentences."""
    sources = [c for c, name in enumerate(names) if _SOURCES.intersection(_words(name))]
    targets = [c for c, name in enumerate(names) if _TARGETS.intersection(_words(name)) and c not in sources]
    if len(sources) == len(targets) == 1:
        return sources[0], targets[0]
    width = max(Counter(map(len, rows)).items(), key=lambda item: item[1])[0] if rows else len(names)
    scores = [_sentences([row[c] for row in rows if len(row) == width]) for c in range(width)]
    best = max(scores, default=0.0)
    good = [c for c, score in enumerate(scores) if score and score >= 0.5 * best]
    if len(good) < 2:
        good = sorted(sorted(range(width), key=lambda c: -scores[c])[:2])
    return (good[0], good[1]) if len(good) > 1 else (0, 1)


def _sentences(cells: list[str]) -> float:
    """Score how much a column looks like sentences: share of cells with text, times share of different texts among them."""
    cells = [cell.strip() for cell in cells]
    text = [
        cell
        for cell in cells
        if any(character.isalpha() for character in cell) and not _CODE.fullmatch(cell) and not _ATTRIBUTION.search(cell)
    ]
    return len(text) / len(cells) * len(set(text)) / len(text) if text else 0.0
