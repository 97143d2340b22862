"""Archives with one thing changed, and the sentence with which they are refused."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from seq2seq.runs.archive import unpack

Contents = dict[str, bytes]


def contents_of(file: Path) -> Contents:
    with zipfile.ZipFile(file) as found:
        return {name: found.read(name) for name in found.namelist()}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def craft(file: Path, members: list[tuple[str | zipfile.ZipInfo, bytes]], method: int = zipfile.ZIP_DEFLATED) -> None:
    with zipfile.ZipFile(file, "w", method) as out:
        for name, content in members:
            out.writestr(name, content)


def refusal(file: Path, place: Path) -> str:
    """The sentence with which an archive is refused, once nothing of it is left and no path of this machine in it."""
    with pytest.raises(ValueError) as caught:
        unpack(file, place)
    text = str(caught.value)
    assert not names(place.parent)
    assert len(text) < 450 and text.isprintable() and str(file.parent) not in text and ".partial" not in text
    return text


def plain(change: Callable[[Contents], object]) -> Callable[[Path], None]:
    """An archive with other contents, by their names without the folder's."""

    def harm(file: Path) -> None:
        contents = {name.rpartition("/")[2]: content for name, content in contents_of(file).items()}
        change(contents)
        craft(file, [(name if "/" in name else f"small/{name}", content) for name, content in contents.items()])

    return harm


def becomes(name: str, content: bytes) -> Callable[[Path], None]:
    return plain(lambda c: c.update({name: content}))
