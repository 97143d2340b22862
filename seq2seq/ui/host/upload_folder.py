"""The folder of uploaded files, and their deletion.

By default all Gradio apps of a machine share one folder, and files of a killed process stay there. So this app uses its own
folder, shared by its processes, and deletes old files by age.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from functools import cache
from pathlib import Path

MAX_AGE = 3600  # seconds: enough to correct the layout of a table, or to wait for a measurement
INTERVAL = 600  # seconds between two deletions
_VARIABLE = "GRADIO_TEMP_DIR"  # Gradio reads it when an app is created
_USER = getattr(os, "getuid", str)()  # one folder per user of the machine
OWN = Path(tempfile.gettempdir(), f"seq2seq-unrolled-uploads-{_USER}")


def prepare() -> None:
    """Set the folder, unless the host has set one, and start deleting old files."""
    if Path(os.environ.setdefault(_VARIABLE, str(OWN))) == OWN:
        _watch(OWN)


@cache  # one thread for all apps of the process
def _watch(folder: Path) -> None:
    threading.Thread(target=_clear_forever, args=(folder,), name="clear uploads", daemon=True).start()


def _clear_forever(folder: Path) -> None:
    while True:
        clear(folder, time.time() - MAX_AGE)
        time.sleep(INTERVAL)


def clear(folder: Path, before: float) -> None:
    """Delete everything last modified before the time `before` (seconds of the clock); skip errors."""
    # Two servers can share the folder; os.walk skips what the other one has just deleted.
    for parent, folders, names in os.walk(folder, topdown=False):  # the content of a folder before the folder
        for path in (Path(parent, name) for name in [*names, *folders]):
            try:
                if path.lstat().st_mtime >= before:
                    continue
                if path.is_dir() and not path.is_symlink():
                    path.rmdir()  # fails for a folder that is not empty
                else:
                    path.unlink()
            except OSError:
                continue
