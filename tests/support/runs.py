"""Short and long training runs for tests, and functions that wait for their processes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event as Flag

from seq2seq.runs.folders import Run
from seq2seq.runs.queue import FAILED, Runs
from seq2seq.training.plan import Files, Plan
from support.small import grammar_pairs

TINY = {"embedding_size": 8, "encoder_size": 8, "decoder_size": 16}

QUICK = {"device": "cpu", "bf16": False, "batch_tokens": 60}

# A run on a hundred pairs begins in half the time of a run on a task, which makes 12,000 and learns a vocabulary of them.
_FOLDER = TemporaryDirectory(prefix="pairs")


def _files() -> Files:
    names = [str(Path(_FOLDER.name, name)) for name in ("pairs.tsv", "valid.tsv")]
    pairs = grammar_pairs()
    for name, part in zip(names, (pairs[:80], pairs[80:]), strict=True):
        Path(name).write_text("".join(f"{source}\t{target}\n" for source, target in part), encoding="utf-8")
    return Files(*names)


_FILES = _files()
SHORT, LONG = (Plan(_FILES, TINY, {**QUICK, "updates": updates}, vocabulary_size=310) for updates in (30, 50_000))

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
