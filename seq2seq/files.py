"""Write complete files or nothing, read archives with limits, and explain disk errors to users."""

from __future__ import annotations

import errno
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

ASSETS = Path(__file__).resolve().parents[1] / "assets"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
CLOSED = (errno.EROFS, errno.EACCES, errno.EPERM)


def advice(error: OSError) -> str | None:
    """Return what to do about a disk error, without any path; None for any other error."""
    if error.errno in FULL:
        return "the disk of this machine is full: make room on it, for example by deleting old runs, and try again"
    if error.errno in CLOSED:
        return "this app may not write to the disk of this machine: ask its operator to allow it or to choose another folder"
    return None


def replace_file(path: Path, write: Callable[[Path], object]) -> None:
    """Write a temporary file and rename it to `path`. A reader, a kill or a full disk never leaves half a file there."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        write(partial)
        os.replace(partial, path)
    except BaseException as error:
        partial.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename in (None, str(partial)):
            error.filename = str(path)  # a full disk is noticed by a write, which does not know the name
        raise


class BoundedReader(io.BufferedReader):
    """A file that refuses a single read of more than `most` bytes, because the zip reader trusts any stored length.

    `most` is the size of a large list of files: the reader takes that list in one read, and everything else in small ones.
    Raises zipfile.BadZipFile.
    """

    def __init__(self, path: Path, most: int):
        super().__init__(io.FileIO(path))
        self._most = most

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(self._most + 1 if size is None or size < 0 else min(size, self._most + 1))
        if len(data) > self._most:
            raise zipfile.BadZipFile("its list of files is too long")
        return data
