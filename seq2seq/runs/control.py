"""A training process that obeys: lines on standard input say pause, resume or stop, and lines on standard output what it does.

Where standard input ends, whoever started the process is gone; the run is then saved and stopped, to be resumed some day.
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
MARK = "@"  # begins the lines that say what the process does


class Control:
    """What was asked for last. `save_now` is for `train`, `obeyed` around its events."""

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
        with suppress(OSError):  # nobody reads any more, and what is printed must not end the process before it is saved
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._out.fileno())
        self._obey(STOP)

    def _obey(self, order: str) -> None:
        with self._changed:
            if self._order != STOP:
                self._order = order
                self._changed.notify_all()

    def save_now(self) -> bool:
        """A run that is to stop is saved behind the update that it is at."""
        with self._changed:
            self._saving = self._order == STOP
            return self._saving

    def obeyed(self, events: Iterable[Event]) -> Iterator[Event]:
        """The events, held back while the run is paused; where it is stopped they end with the update that was saved."""
        self._say(RUNNING)
        for event in events:
            if isinstance(event, StepDone):
                if self._saving:
                    self._say(STOPPED)
                    return
                self._wait()
            yield event

    def _wait(self) -> None:
        with self._changed:
            if self._order == PAUSE:
                self._say(PAUSED)
                self._changed.wait_for(lambda: self._order != PAUSE)
                self._say(RUNNING)

    def _say(self, what: str) -> None:
        print(f"{MARK}{what}", file=self._out, flush=True)
