"""One process at a time in a folder: two that train into one would spoil each other's files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FILE = ".lock"


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Raises ValueError where another process is in the folder. The system lets go of it whenever that process ends.

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
            raise ValueError(f"another process trains into {folder.name}: wait for it, or name another folder") from None
        try:
            yield
        finally:
            (folder / FILE).unlink(missing_ok=True)
            if made:
                with suppress(OSError):  # something is in it
                    folder.rmdir()
