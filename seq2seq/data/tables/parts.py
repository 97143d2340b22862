"""Recognise what kind of files somebody has chosen, by their content: their names are not used.

The files may hold anything. Nothing is unpacked to disk, and sizes are checked before anything is read.
"""

from __future__ import annotations

import json
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BufferedIOBase, BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

from seq2seq.data.lines import lines
from seq2seq.data.tables.encodings import BOMS
from seq2seq.files import BoundedReader

Paths = str | Path | Sequence[str | Path]

TEXT, PLAIN, JSON_LINES, TMX, TWO_FILES, WORKBOOK = "text", "plain", "json-lines", "tmx", "two-files", "workbook"
KINDS = {
    TEXT: "a table",
    PLAIN: "tab-separated text",
    JSON_LINES: "JSON Lines",
    TMX: "a translation memory (TMX)",
    TWO_FILES: "two files with matching lines",
    WORKBOOK: "an Excel workbook",
}
MAX_UNPACKED_BYTES = 200_000_000  # of a zip archive or a workbook
MAX_MEMBERS = 2000  # files in a zip archive
MAX_INDEX_BYTES = 1 << 20  # of the list of files in a zip archive
_HEAD_BYTES = 1 << 16
_EMPTY = "the file is empty: it needs one sentence pair a row"
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others may need any amount of memory
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # the second begins an archive without files
_MAGIC = {
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"%PDF": "a PDF document",
    b"PAR1": "a Parquet file",
    b"\x1f\x8b": "a gzip archive",
    b"\xff\xfe\x00\x00": "text in UTF-32",
}
_PACKAGES = {
    "word/document.xml": "a Word document",
    "ppt/presentation.xml": "a PowerPoint presentation",
    "content.xml": "a LibreOffice document",
}
# Corpora come with such files next to their sentences.
_NOT_SENTENCES = ("readme", "license", "licence", "_about", "about")


@dataclass(frozen=True)
class Part:
    """A file of text: on disk, or `member` of the zip archive `path`."""

    path: Path
    member: str = ""

    @property
    def name(self) -> str:
        return PurePosixPath(self.member).name or self.path.name

    @contextmanager
    def open(self) -> Iterator[BufferedIOBase]:
        """Open the bytes. Raises ValueError if they cannot be read, or are not as the archive says."""
        with ExitStack() as opened:
            with _opening():
                if self.member:
                    archive = opened.enter_context(_open_archive(self.path))
                    file: Any = opened.enter_context(archive.open(self.member))
                else:
                    file = opened.enter_context(open(self.path, "rb"))
            try:
                yield file
            except (zipfile.BadZipFile, zlib.error, EOFError) as error:  # a damaged member is found out while it is read
                raise _damaged(error) from None

    def members(self) -> list[str]:
        """Return the names of the files in this zip archive."""
        with _opening(), _open_archive(self.path) as archive:
            return archive.namelist()

    def head(self) -> bytes:
        with self.open() as file:
            return file.read(_HEAD_BYTES)


@dataclass(frozen=True)
class Source:
    """Files to read pairs from, and their kind."""

    kind: str  # one of KINDS
    parts: tuple[Part, ...]  # two for TWO_FILES, else one

    def streams(self) -> Iterator[BufferedIOBase]:
        """Yield each part, opened at its beginning."""
        for part in self.parts:
            with part.open() as file:
                yield file


def plain(path: str | Path) -> Source:
    """Return a file as this project writes it: UTF-8, a tab between the sides, one pair a line, nothing else."""
    _check_size(Path(path), None)
    return Source(PLAIN, (Part(Path(path)),))


def recognise(paths: Paths, limit: int | None = None) -> Source:
    """Return what kind of files these are. Raises ValueError for files that cannot be read as pairs, and for more than `limit`
    bytes in a file."""
    given = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    if not 1 <= len(given) <= 2:
        raise ValueError(f"{len(given)} files were chosen: choose one table, or two files with matching lines")
    for path in given:
        _check_size(path, limit)
    parts, is_archive = [Part(path) for path in given], False
    if len(parts) == 1 and parts[0].head().startswith(_ZIP):
        with _opening(), _open_archive(given[0]) as archive:
            infos = archive.infolist()
        names = {info.filename for info in infos}
        for name, kind in _PACKAGES.items():
            if name in names:
                raise ValueError(_other_kind("this", kind))
        if "xl/workbook.xml" in names:
            _check_unpacked(infos, None)
            return Source(WORKBOOK, tuple(parts))
        chosen = _sentence_files(infos)
        _check_unpacked(chosen, limit)
        parts, is_archive = [Part(given[0], info.filename) for info in chosen], True
    for part in parts:
        _refuse_other_kinds(part.head(), part.name if len(parts) > 1 or is_archive else "this")
    if len(parts) == 2:
        return Source(TWO_FILES, tuple(parts))
    return Source(_text_kind(parts[0].head()), tuple(parts))


def _check_size(path: Path, limit: int | None) -> None:
    with _opening():
        status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("this is not a regular file, but it is read more than once: save its content in a file first")
    if limit is not None and status.st_size > limit:
        raise ValueError(f"the file has {status.st_size:,} bytes; at most {limit:,} can be read: take a part of it")
    if not status.st_size:
        raise ValueError(_EMPTY)


def _refuse_other_kinds(head: bytes, name: str) -> None:
    for start, kind in {**_MAGIC, **dict.fromkeys(_ZIP, "a zip archive")}.items():
        if head.startswith(start):
            raise ValueError(_other_kind(name, kind))


def _other_kind(name: str, kind: str) -> str:
    return f"{name} is {kind}, not a table of text: open it in its own program and save it as CSV, TSV or .xlsx first"


def _text_kind(head: bytes) -> str:
    """Return TEXT, JSON_LINES or TMX. Raises ValueError for other XML and for other JSON."""
    encoding = next((encoding for mark, encoding in BOMS.items() if head.startswith(mark)), "utf-8")
    start = head.decode(encoding, "replace").replace("\0", "").removeprefix("\ufeff").lstrip()
    if not start and len(head) < _HEAD_BYTES:
        raise ValueError(_EMPTY)
    if start[:14].lower().startswith(("<!doctype html", "<html")):
        raise ValueError(_other_kind("this", "a web page"))
    if start.startswith(("<?xml", "<!DOCTYPE tmx", "<tmx")):
        if "<tmx" not in start:
            raise ValueError("this is XML, but no translation memory (TMX): save the pairs as CSV, TSV, TMX or JSON Lines")
        return TMX
    if start.startswith("["):
        try:
            is_list = any(isinstance(item, dict | list) for item in json.JSONDecoder().raw_decode(start)[0])
        except (ValueError, RecursionError):
            is_list = start[1:].lstrip().startswith("{")  # the list may be longer than the head
        if is_list:
            raise ValueError("this is a JSON list: save it as JSON Lines, one object a line, without the brackets around")
    if not start.startswith("{"):
        return TEXT
    first = next(lines(BytesIO(start.encode())), "")
    if is_record(first) or (first == start and len(head) == _HEAD_BYTES):  # the first line may be longer than the head
        return JSON_LINES
    if start[1:].lstrip().startswith('"') and not first.rstrip().endswith("}"):
        raise ValueError("this is JSON over several lines: save it as JSON Lines, one object a line")
    return TEXT


def is_record(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


# --- zip archives ---


@contextmanager
def _open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    with BoundedReader(path, MAX_INDEX_BYTES) as file, zipfile.ZipFile(file) as archive:
        yield archive


@contextmanager
def _opening() -> Iterator[None]:
    """Turn every error of opening a file or an archive into one sentence."""
    try:
        yield
    except OSError as error:
        raise ValueError(f"the file cannot be read: {error.strerror or 'it is damaged'}") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, KeyError) as error:
        raise _damaged(error) from None


def _damaged(error: Exception) -> ValueError:
    return ValueError(f"this archive is damaged ({str(error)[:100]}): get a new copy, or save the table as CSV")


def _sentence_files(infos: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """Return the one or two files of an archive that can hold sentences."""
    if len(infos) > MAX_MEMBERS:
        raise ValueError(f"the archive contains {len(infos):,} files: pack one table, or two files with matching lines")
    chosen = []
    for info in infos:
        name = PurePosixPath(info.filename).name.lower()
        hidden = name.startswith(".") or "__MACOSX" in info.filename
        if not (info.is_dir() or hidden or name.startswith(_NOT_SENTENCES) or name.endswith((".xml", ".ids"))):
            chosen.append(info)
    if not 1 <= len(chosen) <= 2:
        names = ", ".join(PurePosixPath(info.filename).name[:40] for info in chosen[:5]) or "none"
        raise ValueError(
            f"the archive contains {len(chosen):,} files that could hold sentences ({names}):"
            " pack one table, or two files with matching lines"
        )
    return chosen


def _check_unpacked(infos: list[zipfile.ZipInfo], limit: int | None) -> None:
    """Raises ValueError for files that are encrypted, packed by an unusual method, or too large when unpacked."""
    if len(infos) > MAX_MEMBERS:
        raise ValueError(f"the archive contains {len(infos):,} files, which is no table of sentences")
    if any(info.flag_bits & _ENCRYPTED for info in infos):
        raise ValueError("the archive is encrypted: pack it without a password")
    if any(info.compress_type not in _METHODS for info in infos):
        raise ValueError("the archive is packed by an unusual method: pack it as an ordinary zip archive")
    most, size = min(limit or MAX_UNPACKED_BYTES, MAX_UNPACKED_BYTES), sum(info.file_size for info in infos)
    if size > most:
        raise ValueError(f"the archive unpacks to {size:,} bytes; at most {most:,} can be read: take a part of it")
