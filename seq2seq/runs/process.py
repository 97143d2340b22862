"""Start the process of a run: usually on this machine; where devices are lent, another `Launch` function is used."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

COMPLAINT = "python -m seq2seq train: "  # prefix of the line in which a run's process reports its error
_PROGRAM = Path(__file__).resolve().parents[2]


class Orders(Protocol):
    def write(self, text: str, /) -> object: ...

    def flush(self) -> object: ...


class Process(Protocol):
    """The parts of a process that `queue.Runs` uses."""

    @property
    def stdin(self) -> Orders | None: ...

    @property
    def stdout(self) -> Iterable[str] | None:
        """The output; it ends when the process ends."""

    def wait(self) -> int: ...


Launch = Callable[[list[str], Path, Path], Process]  # the command, its working directory, the file for its errors


def launch(call: list[str], folder: Path, log: Path) -> Process:
    """Start the process. Raises OSError if the machine cannot start another one."""
    with open(log, "w", encoding="utf-8") as errors:
        return subprocess.Popen(
            call,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
            cwd=folder,
            env=environment(),
        )


def environment() -> dict[str, str]:
    """Return this process's environment, with the program in PYTHONPATH: the command may run in any folder."""
    paths = (str(_PROGRAM), os.environ.get("PYTHONPATH"))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
