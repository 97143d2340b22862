"""Short and long training runs for tests, and functions that wait for their processes."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event as Flag

from seq2seq.runs.folders import Run
from seq2seq.runs.queue import FAILED, Runs
from seq2seq.training.plan import Plan

TINY = {"embedding_size": 8, "encoder_size": 8, "decoder_size": 16}

QUICK = {"device": "cpu", "bf16": False, "batch_tokens": 4000}

SHORT, LONG = (Plan("sort", model=TINY, training={**QUICK, "updates": updates}) for updates in (30, 50_000))

ANN, BOB = "ann", "bob"

PATIENCE = 120  # seconds, on a slow and busy machine


def wait(until: Callable[[], bool]) -> None:
    """Wait until a condition is true; fail after PATIENCE seconds."""
    nothing, end = Flag(), time.monotonic() + PATIENCE
    while not until():
        assert time.monotonic() < end
        nothing.wait(0.02)


def wait_for(runs: Runs, run: Run, state: str) -> None:
    wait(lambda: runs.state(run) in (state, FAILED))
    assert runs.state(run) == state, runs.problem(run)


def updates(runs: Runs, run: Run) -> int:
    return max((event.update for event in runs.events(run)[0]), default=0)
