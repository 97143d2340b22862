"""Files that are there whole or not at all, and what to say where a disk takes nothing more."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
CLOSED = (errno.EROFS, errno.EACCES, errno.EPERM)


def advice(error: OSError) -> str | None:
    """What to do about it, without any path; None of an error that is not the disk's."""
    if error.errno in FULL:
        return "the disk of this machine is full: make room on it, for example by deleting old runs, and try again"
    if error.errno in CLOSED:
        return "this machine does not let the app write to its disk: whoever runs it has to allow that, or name another folder"
    return None


def replace_file(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside `path` and move into place: a reader or a kill never finds half a file, nor does a full disk keep one."""
    beside = path.with_name(f".{path.name}.partial")
    try:
        write(beside)
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
