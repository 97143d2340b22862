"""Training runs on a Space with ZeroGPU, which lends a GPU to a decorated function for a requested number of seconds.

The function runs in a forked worker and starts the run's process there, which inherits the GPU. The process talks to the page
over a local socket. Before the time is over the run is stopped, which saves it; a resumed run requests a GPU again. Where no
GPU is lent, the run trains on the CPU of the Space. Nothing else uses the GPU: outside of the function it is not there,
although PyTorch says that it is (`training/device.py`).
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
from seq2seq.runs.folders import NOTE
from seq2seq.runs.process import COMPLAINT, Launch, environment
from seq2seq.training.device import ZERO_GPU, lends_gpu

MOST = 75  # seconds to request: a free visitor has 300 a day, and a second counts as up to 1.5
START = 30  # seconds for loading libraries and data before the first update
MARGIN = 15  # seconds before the end: enough to finish an update and to save


def launcher(variables: Mapping[str, str]) -> Launch | None:
    """Return a launcher that uses ZeroGPU, or None without it. The function is decorated now, because a Space expects that at
    start."""
    if not lends_gpu(variables):
        return None
    lent: Callable[..., int] = importlib.import_module("spaces").GPU(duration=duration)(work)
    return lambda call, folder, log: GpuProcess(lent, call, folder, log)


def duration(call: list[str], *_: str) -> float:
    """Return the seconds to request for a `train` command: those of the run, if it is shorter than MOST."""
    minutes = float(call[call.index("--minutes") + 1]) if "--minutes" in call else MOST
    return min(MOST, round(60 * minutes) + START + MARGIN)


def work(call: list[str], folder: str, log: str, address: str) -> int:
    """Run `call` in the worker; its standard input and output are the socket at `address`."""
    within = {name: value for name, value in environment().items() if name != ZERO_GPU}  # here the GPU is there
    with socket.socket(socket.AF_UNIX) as page, open(log, "a", encoding="utf-8") as complaints:
        page.connect(address)
        return subprocess.call(call, stdin=page.fileno(), stdout=page.fileno(), stderr=complaints, cwd=folder, env=within)


class GpuProcess:
    """A process inside a function that holds a GPU; without a GPU the same process on the CPU. Commands written before its
    start are sent when it starts."""

    def __init__(self, lent: Callable[..., int], call: list[str], folder: Path, log: Path):
        self._folder = tempfile.TemporaryDirectory(prefix="run-")
        address = str(Path(self._folder.name, "socket"))
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(address)
        self._listener.listen(1)
        self._worker: socket.socket | None = None
        self._early: list[str] = []
        self._lock = Lock()
        self._timed = True  # whether a GPU is held
        self._code, self._ended = 1, Event()
        self._note = folder / NOTE
        self._note.unlink(missing_ok=True)
        self._seconds = duration(call)
        self._timer = Timer(self._seconds - MARGIN, self._stop)
        log.write_text("", encoding="utf-8")
        # The context identifies the visitor, whose own GPU quota pays for the run.
        Thread(target=copy_context().run, args=(self._hold, lent, call, str(folder), log, address), daemon=True).start()

    def _stop(self) -> None:
        self._say(f"The GPU was lent for {self._seconds:.0f} seconds. The run is saved; Resume asks for a GPU again.")
        with suppress(OSError):
            self.write(f"{STOP}\n")

    def _say(self, note: str) -> None:
        with suppress(OSError):
            self._note.write_text(note, encoding="utf-8")

    def _hold(self, lent: Callable[..., int], call: list[str], folder: str, log: Path, address: str) -> None:
        try:
            # The command names the device, because a resumed run would take the one that it had before.
            self._code = lent([*call, "--device", "auto"], folder, str(log), address)
        except Exception as error:  # no GPU was free, or this visitor's quota is used up
            if self._worker is None:
                self._say(f"No GPU was lent, so this run trains on the CPU of the Space. Reason: {_reason(error)}")
                self._timed = False
                self._code = work([*call, "--device", "cpu"], folder, str(log), address)
            else:
                with suppress(OSError), open(log, "a", encoding="utf-8") as complaints:
                    complaints.write(f"\n{COMPLAINT}The GPU was taken away: {_reason(error)}\n")
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
        if self._timed:
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


def _reason(error: Exception) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:200]
