"""Stop a training run at Ctrl-C or SIGTERM without losing work: it is saved after its current update."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Self

from seq2seq.training.events import Event, StepDone

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Signals:
    """A context in which the first signal asks for a stop, and a second one ends the process at once.

    `train` takes `save_now`, and `obeyed` wraps its events.
    """

    def __init__(self) -> None:
        self.received: int | None = None  # the number of the first signal
        self._saved = False

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._receive) for number in SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _receive(self, number: int, _: FrameType | None) -> None:
        self.received = number
        signal.signal(number, self._before[signal.Signals(number)])

    def save_now(self) -> bool:
        """Return whether to save now: a run that should stop is saved after its current update."""
        self._saved = self.received is not None
        return self._saved

    def obeyed(self, events: Iterable[Event]) -> Iterator[Event]:
        """Yield the events; end at the saved update after a signal."""
        for event in events:
            if self._saved and isinstance(event, StepDone):
                return
            yield event
