"""Write complete files or nothing, and explain disk errors to users."""

from __future__ import annotations

import errno
import os
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
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)  # a full disk is noticed by a write, which does not know the name
        raise
