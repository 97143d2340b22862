"""Training runs on a Space with ZeroGPU, which lends a GPU to a decorated function for a requested number of seconds.

The function runs in a forked worker and starts the run's process there, which inherits the GPU. The process talks to the page
over a local socket. Before the time is over the run is stopped, which saves it; a resumed run requests a GPU again.
"""

from __future__ import annotations

import importlib
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from contextvars import copy_context
from pathlib import Path
from threading import Event, Lock, Thread, Timer

from seq2seq.runs.control import STOP
from seq2seq.runs.process import COMPLAINT, Launch, environment

VARIABLE = "SPACES_ZERO_GPU"  # set on a Space with ZeroGPU
MARGIN = 20  # seconds before the end: enough to finish an update and to save
START = 40  # seconds for loading libraries and data before the first update


def launcher(variables: Mapping[str, str], minutes: float) -> Launch | None:
    """Return a launcher that uses ZeroGPU, or None without it. `minutes` is the longest run. The function is decorated now,
    because a Space expects that at start."""
    if variables.get(VARIABLE, "").lower() not in ("1", "t", "true"):
        return None
    seconds = round(60 * minutes) + START + MARGIN
    lent: Callable[..., int] = importlib.import_module("spaces").GPU(duration=seconds)(work)
    return lambda call, folder, log: GpuProcess(lent, seconds, call, folder, log)


def work(call: list[str], folder: str, log: str, address: str) -> int:
    """Run `call` in the worker; its standard input and output are the socket at `address`."""
    with socket.socket(socket.AF_UNIX) as page, open(log, "a", encoding="utf-8") as complaints:
        page.connect(address)
        return subprocess.call(
            call, stdin=page.fileno(), stdout=page.fileno(), stderr=complaints, cwd=folder, env=environment()
        )


class GpuProcess:
    """A process inside a function that holds a GPU. Commands written before its start are sent when it starts."""

    def __init__(self, lent: Callable[..., int], seconds: float, call: list[str], folder: Path, log: Path):
        self._folder = tempfile.TemporaryDirectory(prefix="run-")
        address = str(Path(self._folder.name, "socket"))
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(address)
        self._listener.listen(1)
        self._worker: socket.socket | None = None
        self._early: list[str] = []
        self._lock = Lock()
        self._code, self._ended = 1, Event()
        self._timer = Timer(seconds - MARGIN, lambda: self.write(f"{STOP}\n"))
        log.write_text("", encoding="utf-8")
        # The context identifies the visitor, whose own GPU quota pays for the run.
        Thread(target=copy_context().run, args=(self._hold, lent, call, str(folder), log, address), daemon=True).start()

    def _hold(self, lent: Callable[..., int], call: list[str], folder: str, log: Path, address: str) -> None:
        try:
            self._code = lent(call, folder, str(log), address)
        except Exception as error:  # no GPU was free, or this visitor's quota is used up
            with suppress(OSError), open(log, "a", encoding="utf-8") as complaints:
                complaints.write(f"\n{COMPLAINT}{' '.join(str(error).split()) or 'The GPU was taken away.'}\n")
        finally:
            self._timer.cancel()
            self._ended.set()
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)  # ends `accept` if the worker never connected
            self._folder.cleanup()

    @property
    def stdin(self) -> GpuProcess:
        return self

    def write(self, text: str) -> None:
        """Send a command. Raises OSError if the process has ended."""
        with self._lock:
            if self._worker is None:
                self._early.append(text)
            else:
                self._worker.sendall(text.encode())

    def flush(self) -> None:
        pass

    @property
    def stdout(self) -> Iterator[str]:
        try:
            worker, _ = self._listener.accept()
        except OSError:
            return
        finally:
            self._listener.close()
        self._timer.start()
        with worker, worker.makefile(encoding="utf-8") as lines:
            with self._lock:
                self._worker = worker
                early = "".join(self._early)
            with suppress(OSError):
                worker.sendall(early.encode())
            yield from lines

    def wait(self) -> int:
        self._ended.wait()
        return self._code
