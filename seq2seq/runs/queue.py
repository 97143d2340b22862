"""Train in the background: each run has a folder and, during training, its own process. One run trains at a time.

The process is the `train` command; `control.py` sends it pause, resume and stop, and its results are read from its folder.
So a page may open and close at any time, and after any kill the folder contains all that is needed to continue.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import RLock, Thread

from seq2seq import files
from seq2seq.runs.card import RESULTS
from seq2seq.runs.control import MARK, PAUSE, PAUSED, RESUME, RUNNING, STOP, STOPPED
from seq2seq.runs.folders import Run, RunFolders, checked
from seq2seq.runs.process import COMPLAINT, Launch, Process, launch
from seq2seq.training.plan import Plan

QUEUED, STARTING, STOPPING, FINISHED, FAILED = "queued", "starting", "stopping", "finished", "failed"
ELSEWHERE = "elsewhere"  # state of an imported run that has only its events
LOG, STATE_FILE = "log", "training.safetensors"  # errors of the process, and the saved state of the run
PROBES = "probes.txt"  # one sentence per line
THREADS = max(1, (os.cpu_count() or 1) // 2)  # leaves the other cores to decoding; more threads than cores slow down both
_log = logging.getLogger(__name__)


class Runs(RunFolders):
    """All runs in a folder. Every method is thread-safe."""

    def __init__(self, root: Path, launch: Launch = launch):
        super().__init__(root)
        self._launch = launch
        self._lock = RLock()
        self._queue: deque[str] = deque()
        self._process: Process | None = None
        self._current: str | None = None  # id of the run that is training
        self._state = STARTING  # state of that run
        self._closed = False

    def start(
        self,
        owner: str,
        name: str,
        plan: Plan,
        minutes: float | None = None,
        probes: tuple[str, ...] = (),
        measure: int = 0,
        fill: Callable[[Path], None] = lambda _: None,
    ) -> Run:
        """Put a new run at the end of the queue. `fill` writes the files that its plan names into its folder.

        Raises ValueError for an invalid name, and if the disk refuses; then no file is left.
        """
        run = Run(
            secrets.token_urlsafe(12),
            owner,
            checked(name),
            plan.to_dict(),
            minutes,
            self._creation_time(owner),
            probes=probes,
            measure=measure,
        )
        with self._all_or_nothing(run):
            self.write(run)
            fill(self.folder(run.id))
        with self._lock:
            self._enqueue(run)
        return run

    def adopt(self, owner: str, fill: Callable[[Path], tuple[str, Plan]]) -> Run:
        """Import a finished run. `fill` creates the folder of its model, whose parent exists, and returns its name and plan.

        Raises ValueError as `fill` does, and for a model whose training was not finished; then no file is left.
        """
        run = Run(secrets.token_urlsafe(12), owner, "model", {}, None, self._creation_time(owner))
        with self._all_or_nothing(run):
            self.write(run)
            name, plan = fill(self.checkpoint(run))
            if not (self.checkpoint(run) / RESULTS).exists():
                raise ValueError(f"The archive contains no {RESULTS}: the training of this model was not finished.")
            run = replace(run, name=checked(name), plan=plan.to_dict())
            self.write(run)
        return run

    def watch(self, owner: str, name: str, events: str) -> Run:
        """Import a run that has only its events, as lines of JSON.

        Raises ValueError for an invalid name, and if the disk refuses; then no file is left.
        """
        run = Run(secrets.token_urlsafe(12), owner, checked(name), {}, None, self._creation_time(owner))
        with self._all_or_nothing(run):
            self.write(run)
            self.report(run, events)
        return run

    def _creation_time(self, owner: str) -> float:
        """Return the current time, but after the visitor's other runs: a clock set back must not change their order."""
        return max(time.time(), *(run.created + 0.001 for run in self.of(owner)), 0.0)

    @contextmanager
    def _all_or_nothing(self, run: Run) -> Iterator[None]:
        """Delete the run's folder if the block fails."""
        try:
            yield
        except BaseException:
            shutil.rmtree(self.folder(run.id), ignore_errors=True)
            raise

    def state(self, run: Run) -> str:
        """Return queued, starting, running, paused, stopping, stopped, finished, failed or elsewhere."""
        with self._lock:
            if run.id == self._current:
                return self._state
            if run.id in self._queue:
                return QUEUED
        if not run.plan:
            return ELSEWHERE
        if (self.checkpoint(run) / RESULTS).exists():
            return FINISHED
        return FAILED if self.problem(run) else STOPPED

    def waiting(self, run: Run) -> int:
        """Return the run's place in the queue, from 1; 0 if it is not in the queue."""
        with self._lock:
            return self._queue.index(run.id) + 1 if run.id in self._queue else 0

    def pause(self, run: Run) -> None:
        """Pause a training run; stop it instead if others wait (it can be resumed). Raises ValueError if it is not training."""
        with self._lock:
            self._check_state(run, STARTING, RUNNING)
            self._order(PAUSE)

    def resume(self, run: Run) -> None:
        """Continue a paused run. Put a stopped or failed run at the end of the queue, to continue from its last saved state."""
        with self._lock:
            state = self.state(run)
            if state == PAUSED:
                self._order(RESUME)
                self._state = RUNNING  # so that a waiting run does not stop it
            elif state in (STOPPED, FAILED):
                self.forgive(run)
                self._enqueue(run)
            else:
                raise ValueError(f"This run is {state}: there is nothing to resume.")

    def stop(self, run: Run) -> None:
        """Save the run and end its process; remove a waiting run from the queue. It can be resumed."""
        with self._lock:
            if run.id in self._queue:
                self._queue.remove(run.id)
                return
            self._check_state(run, STARTING, RUNNING, PAUSED)
            self._order(STOP)
            self._state = STOPPING

    def delete(self, run: Run) -> None:
        """Delete the run's folder. Raises ValueError while it is in the queue or has a process."""
        with self._lock:
            if (state := self.state(run)) not in (STOPPED, FINISHED, FAILED, ELSEWHERE):
                raise ValueError(f"This run is {state}: stop it first.")
            shutil.rmtree(self.folder(run.id))

    def close(self) -> None:
        """Start no more runs, and stop the current one; return after it has been saved."""
        with self._lock:
            self._closed = True
            process = self._process
            if process is not None:
                self._order(STOP)
        if process is not None:
            process.wait()

    # --- the process ---

    def _enqueue(self, run: Run) -> None:
        self._queue.append(run.id)
        self._start_next()
        self._make_way()

    def _make_way(self) -> None:
        """Save and stop a paused run if others wait."""
        if self._queue and self._state == PAUSED and self._current:
            self._order(STOP)
            self._state = STOPPING

    def _start_next(self) -> None:
        """Start the first run of the queue that can be started, if none is training."""
        while self._queue and self._process is None and not self._closed:
            run = self.read(self._queue.popleft())
            try:
                self._process = self._begin(run)
            except (OSError, ValueError) as error:
                reason = files.advice(error) if isinstance(error, OSError) else str(error)
                self.fail(run, reason or "this machine cannot start another process: try again later")
                continue
            self._current, self._state = run.id, STARTING
            Thread(target=self._follow, args=(run, self._process), daemon=True).start()

    def _begin(self, run: Run) -> Process:
        folder, out = self.folder(run.id), self.checkpoint(run)
        call = [sys.executable, "-m", "seq2seq", "train", *Plan.from_dict(run.plan).arguments(), *self.length(run)]
        call += ["--out", out.name, "--controlled", "--threads", str(THREADS), "--measure", str(run.measure)]
        if run.probes:  # in a file, because all users of this machine can read a command line
            (folder / PROBES).write_text("\n".join(run.probes), encoding="utf-8")
            call += ["--probes", PROBES]
        call += ["--resume"] if (out / STATE_FILE).exists() else []
        return self._launch(call, folder, folder / LOG)  # the files that its plan names are in `folder`

    def _follow(self, run: Run, process: Process) -> None:
        """Read the states that the process reports; at its end, save its error and start the next run."""
        assert process.stdout is not None
        for line in process.stdout:
            state = line.strip().removeprefix(MARK)
            if line.startswith(MARK) and state in (RUNNING, PAUSED):
                with self._lock:
                    if self._state != STOPPING:
                        self._state = state
                        self._make_way()
        status = process.wait()
        with self._lock:
            if status:
                self.fail(run, _reason(run, status, self.folder(run.id) / LOG))
            self._process = self._current = None
            self._start_next()

    def _order(self, what: str) -> None:
        assert self._process is not None and self._process.stdin is not None
        with suppress(OSError):  # the process may have just ended
            self._process.stdin.write(what + "\n")
            self._process.stdin.flush()

    def _check_state(self, run: Run, *states: str) -> None:
        if (state := self.state(run)) not in states:
            raise ValueError(f"This run is {state}.")


def _reason(run: Run, status: int, log: Path) -> str:
    """Return the last error of a failed process. An unexpected error is written to the server's log, not shown to the
    visitor."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").replace("\r", "\n").strip().splitlines()
    except OSError:
        lines = []
    if lines and lines[-1].startswith(COMPLAINT):
        return lines[-1].removeprefix(COMPLAINT)
    _log.error("the process of run %s ended with status %d: %s", run.id, status, "\n".join(lines[-20:]))
    what = "was ended from outside, perhaps because memory ran out" if status < 0 else "ended by an error of this program"
    return f"The training process {what}. What it saved before is still there."
