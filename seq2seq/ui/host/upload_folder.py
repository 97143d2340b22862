"""Where the files that visitors choose lie while they are read, and when they are deleted.

Gradio keeps them among those of all its apps on a machine, and forgets what a process left behind that was ended from outside.
So the app has a folder of its own, shared by its processes, and deletes by age whatever lies there.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from functools import cache
from pathlib import Path

KEPT = 3600  # seconds: a visitor may correct how a table is read, or wait in line for a measurement
LOOKED_FOR = 600  # seconds between two looks for what is older
_VARIABLE = "GRADIO_TEMP_DIR"  # read by Gradio as an app is made
_USER = getattr(os, "getuid", str)()  # each user of a machine has a folder of their own
OWN = Path(tempfile.gettempdir(), f"seq2seq-unrolled-uploads-{_USER}")


def prepare() -> None:
    """Choose the folder, unless the host has named one, and keep it clear from now on."""
    if Path(os.environ.setdefault(_VARIABLE, str(OWN))) == OWN:
        _watch(OWN)


@cache  # one thread, however many apps are made
def _watch(folder: Path) -> None:
    threading.Thread(target=_clear_forever, args=(folder,), name="clear uploads", daemon=True).start()


def _clear_forever(folder: Path) -> None:
    while True:
        clear(folder, time.time() - KEPT)
        time.sleep(LOOKED_FOR)


def clear(folder: Path, before: float) -> None:
    """Delete what was last changed `before`, in seconds of the clock, as far as it can be deleted."""
    for path in sorted(folder.rglob("*"), reverse=True):  # what is in a folder before the folder
        try:
            if path.lstat().st_mtime >= before:
                continue
            if path.is_dir() and not path.is_symlink():
                path.rmdir()  # fails where something is in it
            else:
                path.unlink()
        except OSError:
            continue
