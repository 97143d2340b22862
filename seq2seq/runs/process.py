"""Starting the process of a run. Usually it is this machine's own; where devices are only lent, somebody else knows how."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

COMPLAINT = "python -m seq2seq train: "  # begins what a run's process says, in a line, of why it fails
_PROGRAM = Path(__file__).resolve().parents[2]


class Orders(Protocol):
    def write(self, text: str, /) -> object: ...

    def flush(self) -> object: ...


class Process(Protocol):
    """What `runs.Runs` needs of one."""

    @property
    def stdin(self) -> Orders | None: ...

    @property
    def stdout(self) -> Iterable[str] | None:
        """Ends when the process does."""

    def wait(self) -> int: ...


Launch = Callable[[list[str], Path, Path], Process]  # a command, the folder it works in, the file for what it complains of


def launch(call: list[str], folder: Path, log: Path) -> Process:
    """Raises OSError where the machine cannot start another process."""
    with open(log, "w", encoding="utf-8") as complaints:
        return subprocess.Popen(
            call,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            encoding="utf-8",
            cwd=folder,
            env=environment(),
        )


def environment() -> dict[str, str]:
    """This process's, and where the program lies: the command may run in any folder."""
    paths = (str(_PROGRAM), os.environ.get("PYTHONPATH"))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
