"""What `train` prints: a bar on a terminal, a line now and then in a log, and every validation."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from typing import Self

from tqdm import tqdm

from seq2seq.sources.normalise import printable
from seq2seq.training.events import (
    BatchSplit,
    DeviceUsed,
    Event,
    Finished,
    Measured,
    SampleDecoded,
    Started,
    StepDone,
    StoppedEarly,
    Tested,
    Validated,
)

SECONDS_BETWEEN_LINES = 60.0  # in a log


def show(events: Iterable[Event]) -> Event | None:
    """Show the events, and print the important ones on standard output. Returns the last event, None if there was none."""
    event, held = None, ""
    with _Progress() as progress:
        for event in events:
            match event:
                case Started():
                    resumed = f", from update {event.update}" if event.update else ""
                    _print(
                        f"{event.parameters:,} parameters, {event.pairs:,} pairs, {event.updates:,} updates "
                        f"on {event.device} in {event.precision}{resumed}"
                    )
                case StepDone():
                    progress.show(event)
                case Validated():
                    averaged = f"mean of the last {event.averaged} validated weights"
                    which = averaged if event.averaged > 1 else f"epoch {event.epoch + 1}, update {event.update}"
                    _print(
                        f"{which}: validation loss {event.loss:.4f} nats, perplexity {event.perplexity:.2f} per piece, "
                        "teacher-forced" + (" (its weights are kept)" if event.best else "")
                    )
                case SampleDecoded():
                    _print(f"    {event.source}  →  {event.hypothesis}")
                case Measured():
                    _print(
                        f"    of {event.sentences} held-out sentences: BLEU {event.bleu:.1f}, chrF {event.chrf or 0:.1f}, "
                        f"{event.exact:.0f}% exact, free-running; "
                        f"pieces right: teacher-forced {event.accuracy_forced:.1%}, free-running {event.accuracy_free:.1%}"
                    )
                case Tested():
                    _print(f"test: {event.exact:.1f}% of {event.sentences:,} test examples exact, free-running, greedy")
                case BatchSplit():
                    _print(f"out of memory: each batch is now processed in {event.parts} parts; the updates stay the same")
                case DeviceUsed():
                    held = f"; peak memory {event.memory / 2**30:.1f} of {event.memory_of_device / 2**30:.0f} GiB"
                case StoppedEarly():
                    _print(event.text)
                case Finished():
                    progress.finish()
                    _print(
                        f"done: {event.update} updates in {event.seconds / 60:.1f} min, best loss {event.best_loss:.4f}{held}"
                    )
    return event


class _Progress:
    """The progress of a run on standard error: a bar on a terminal, else a line from time to time."""

    def __init__(self) -> None:
        bar = "{l_bar}{bar:20}| {postfix}"
        self._bar = tqdm(total=1.0, mininterval=0.5, bar_format=bar, disable=not sys.stderr.isatty())
        self._start = self._last = time.monotonic()
        self._tokens = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def show(self, step: StepDone) -> None:
        self._tokens += step.tokens
        now = time.monotonic()
        left = step.seconds / step.share - step.seconds if step.share else 0.0
        text = (
            f"loss {step.loss:.3f} (teacher-forced, nats per piece), {self._tokens / (now - self._start):,.0f} tokens/s, "
            f"{left / 60:.0f} min left"
        )
        if not self._bar.disable:
            self._bar.n = step.share
            self._bar.set_postfix_str(text, refresh=False)
            self._bar.update(0)
        elif now - self._last >= SECONDS_BETWEEN_LINES:
            self._last = now
            print(f"{step.share:.0%}, update {step.update}: {text}", file=sys.stderr, flush=True)

    def finish(self) -> None:
        self._bar.n = 1.0
        self._bar.refresh()


def _print(line: str) -> None:
    tqdm.write(printable(line))  # keeps the progress bar intact
    sys.stdout.flush()
