"""Runs on a Space with ZeroGPU: a GPU is lent to a decorated function, for as many seconds as were asked for.

The function runs in a worker that is forked for it, and there the run's process is started: it inherits which GPU it may use.
It speaks with the page over a local socket. Before the time is over it is stopped, which saves it: resumed, it asks for a GPU
again.
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

VARIABLE = "SPACES_ZERO_GPU"  # set where there is one
MARGIN = 20  # seconds before the time is over: enough to end an update and to save
START = 40  # seconds that the libraries and the data take before the first update


def launcher(variables: Mapping[str, str], minutes: float) -> Launch | None:
    """None where there is no ZeroGPU. `minutes` is the longest run; the function is decorated now, as a Space expects."""
    if variables.get(VARIABLE, "").lower() not in ("1", "t", "true"):
        return None
    seconds = round(60 * minutes) + START + MARGIN
    lent: Callable[..., int] = importlib.import_module("spaces").GPU(duration=seconds)(work)
    return lambda call, folder, log: Lent(lent, seconds, call, folder, log)


def work(call: list[str], folder: str, log: str, address: str) -> int:
    """In the worker: run `call`, whose standard input and output are the socket at `address`."""
    with socket.socket(socket.AF_UNIX) as page, open(log, "a", encoding="utf-8") as complaints:
        page.connect(address)
        return subprocess.call(
            call, stdin=page.fileno(), stdout=page.fileno(), stderr=complaints, cwd=folder, env=environment()
        )


class Lent:
    """A process within a function that holds a GPU. What is ordered before it has begun reaches it then."""

    def __init__(self, lent: Callable[..., int], seconds: float, call: list[str], folder: Path, log: Path):
        self._place = tempfile.TemporaryDirectory(prefix="run-")
        address = str(Path(self._place.name, "socket"))
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(address)
        self._listener.listen(1)
        self._worker: socket.socket | None = None
        self._early: list[str] = []
        self._lock = Lock()
        self._code, self._ended = 1, Event()
        self._timer = Timer(seconds - MARGIN, lambda: self.write(f"{STOP}\n"))
        log.write_text("", encoding="utf-8")
        # The visitor whose request this is pays with their own share of the GPUs: the context knows who it is.
        Thread(target=copy_context().run, args=(self._hold, lent, call, str(folder), log, address), daemon=True).start()

    def _hold(self, lent: Callable[..., int], call: list[str], folder: str, log: Path, address: str) -> None:
        try:
            self._code = lent(call, folder, str(log), address)
        except Exception as error:  # no GPU was free, or the share of this visitor is used up
            with suppress(OSError), open(log, "a", encoding="utf-8") as complaints:
                complaints.write(f"\n{COMPLAINT}{' '.join(str(error).split()) or 'The GPU was taken away.'}\n")
        finally:
            self._timer.cancel()
            self._ended.set()
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)  # wakes whoever waits for a worker that never came
            self._place.cleanup()

    @property
    def stdin(self) -> Lent:
        return self

    def write(self, text: str) -> None:
        """Raises OSError where the process has ended."""
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
        with worker, worker.makefile(encoding="utf-8") as said:
            with self._lock:
                self._worker = worker
                early = "".join(self._early)
            with suppress(OSError):
                worker.sendall(early.encode())
            yield from said

    def wait(self) -> int:
        self._ended.wait()
        return self._code
