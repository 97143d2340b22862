"""Make archives with one change, and read the message with which they are refused."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from seq2seq.runs.archive import unpack

Contents = dict[str, bytes]


def contents_of(file: Path) -> Contents:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def craft(file: Path, members: list[tuple[str | zipfile.ZipInfo, bytes]], method: int = zipfile.ZIP_DEFLATED) -> None:
    with zipfile.ZipFile(file, "w", method) as out:
        for name, content in members:
            out.writestr(name, content)


def refusal(file: Path, destination: Path) -> str:
    """Return the error message of an archive; check that no file is left and that it contains no local path."""
    with pytest.raises(ValueError) as caught:
        unpack(file, destination)
    text = str(caught.value)
    assert not names(destination.parent)
    assert len(text) < 450 and text.isprintable() and str(file.parent) not in text and ".partial" not in text
    return text


def plain(change: Callable[[Contents], object]) -> Callable[[Path], None]:
    """Change the contents of an archive; names are given without the folder."""

    def harm(file: Path) -> None:
        contents = {name.rpartition("/")[2]: content for name, content in contents_of(file).items()}
        change(contents)
        craft(file, [(name if "/" in name else f"small/{name}", content) for name, content in contents.items()])

    return harm


def becomes(name: str, content: bytes) -> Callable[[Path], None]:
    return plain(lambda c: c.update({name: content}))
