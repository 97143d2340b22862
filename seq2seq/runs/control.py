"""Control a training process: it reads pause, resume and stop from standard input and writes its state to standard output.

If standard input ends, the parent process is gone; the run is then saved and stopped, and can be resumed later.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from threading import Condition, Thread
from typing import TextIO

from seq2seq.training.events import Event, StepDone

PAUSE, RESUME, STOP = "pause", "resume", "stop"
PAUSED, RUNNING, STOPPED = "paused", "running", "stopped"
MARK = "@"  # prefix of lines that report the state of the process


class Control:
    """The last order of the parent process. `train` takes `save_now`, and `obeyed` wraps its events."""

    def __init__(self, orders: TextIO, out: TextIO):
        self._out = out
        self._changed = Condition()
        self._order = RESUME
        self._saving = False
        Thread(target=self._listen, args=(orders,), daemon=True).start()

    def _listen(self, orders: TextIO) -> None:
        for line in orders:
            if (order := line.strip()) in (PAUSE, RESUME, STOP):
                self._obey(order)
        with suppress(OSError):  # the reader is gone; printing must not end the process before the run is saved
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._out.fileno())
        self._obey(STOP)

    def _obey(self, order: str) -> None:
        with self._changed:
            if self._order != STOP:
                self._order = order
                self._changed.notify_all()

    def save_now(self) -> bool:
        """Return whether to save now: a run that should stop is saved after its current update."""
        with self._changed:
            self._saving = self._order == STOP
            return self._saving

    def obeyed(self, events: Iterable[Event]) -> Iterator[Event]:
        """Yield the events; wait while the run is paused; end at the saved update if it is stopped."""
        self._report(RUNNING)
        for event in events:
            if isinstance(event, StepDone):
                if self._saving:
                    self._report(STOPPED)
                    return
                self._wait()
            yield event

    def _wait(self) -> None:
        with self._changed:
            if self._order == PAUSE:
                self._report(PAUSED)
                self._changed.wait_for(lambda: self._order != PAUSE)
                self._report(RUNNING)

    def _report(self, state: str) -> None:
        print(f"{MARK}{state}", file=self._out, flush=True)
