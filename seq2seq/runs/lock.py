"""Lock a folder for one process, because two runs in one folder would overwrite each other's files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FILE = ".lock"


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold the lock during the block. Raises ValueError if another process holds it. The system frees it when a process ends.

    On Windows nothing is locked.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    made = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / FILE, "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ValueError(f"another process trains into {folder.name}: wait for it, or choose another folder") from None
        try:
            yield
        finally:
            (folder / FILE).unlink(missing_ok=True)
            if made:
                with suppress(OSError):  # the folder is not empty
                    folder.rmdir()
