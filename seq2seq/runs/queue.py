"""Training in the background: each run has a folder, and while it trains a process of its own, one at a time.

The process is the command line's `train`, told to pause, resume and stop (`control.py`); what it does is read from its folder.
So a page may come and go, and whatever is killed, the folder has all that is needed to go on.
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
ELSEWHERE = "elsewhere"  # the state of a run of which there is only what it reported
LOG, STATE_FILE = "log", "training.safetensors"  # what a process says, and where its run's state is
PROBES = "probes.txt"  # sentences, one a line
THREADS = max(1, (os.cpu_count() or 1) // 2)  # the others are left to those who decode; threads that wait slow down all
_log = logging.getLogger(__name__)


class Runs(RunFolders):
    """All runs of a folder. Every method may be called from several threads at once."""

    def __init__(self, root: Path, launch: Launch = launch):
        super().__init__(root)
        self._launch = launch
        self._lock = RLock()
        self._queue: deque[str] = deque()
        self._process: Process | None = None
        self._current: str | None = None  # the run that has the process
        self._state = STARTING  # of that run
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
        """A new run at the end of the queue. `fill` writes the files that its plan names into its folder, where it is trained.

        Raises ValueError for a name that is none, and where it cannot be written; then nothing is left.
        """
        run = Run(
            secrets.token_urlsafe(12),
            owner,
            checked(name),
            plan.to_dict(),
            minutes,
            self._moment(owner),
            probes=probes,
            measure=measure,
        )
        with self._whole(run):
            self.write(run)
            fill(self.folder(run.id))
        with self._lock:
            self._wait_in_line(run)
        return run

    def adopt(self, owner: str, fill: Callable[[Path], tuple[str, Plan]]) -> Run:
        """A finished run from elsewhere. `fill` makes its model's folder, whose parent is there, and says its name and plan.

        Raises ValueError as `fill` does, and for a model whose training was never finished; then nothing is left.
        """
        run = Run(secrets.token_urlsafe(12), owner, "model", {}, None, self._moment(owner))
        with self._whole(run):
            self.write(run)
            name, plan = fill(self.checkpoint(run))
            if not (self.checkpoint(run) / RESULTS).exists():
                raise ValueError(f"The archive holds no {RESULTS}: the training of this model was never finished.")
            run = replace(run, name=checked(name), plan=plan.to_dict())
            self.write(run)
        return run

    def watch(self, owner: str, name: str, events: str) -> Run:
        """A run from elsewhere of which there is only what it reported, as lines of JSON.

        Raises ValueError for a name that is none, and where it cannot be written; then nothing is left.
        """
        run = Run(secrets.token_urlsafe(12), owner, checked(name), {}, None, self._moment(owner))
        with self._whole(run):
            self.write(run)
            self.report(run, events)
        return run

    def _moment(self, owner: str) -> float:
        """Now, but behind the visitor's other runs: a clock that was set back must not change their order."""
        return max(time.time(), *(run.created + 0.001 for run in self.of(owner)), 0.0)

    @contextmanager
    def _whole(self, run: Run) -> Iterator[None]:
        """What goes wrong while a run is laid down leaves nothing of it."""
        try:
            yield
        except BaseException:
            shutil.rmtree(self.folder(run.id), ignore_errors=True)
            raise

    def state(self, run: Run) -> str:
        """queued, starting, running, paused, stopping, stopped, finished, failed or elsewhere."""
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
        """How many runs are before this one; 0 for one that is not in the queue."""
        with self._lock:
            return self._queue.index(run.id) + 1 if run.id in self._queue else 0

    def pause(self, run: Run) -> None:
        """Raises ValueError for a run that is not training. One that others wait for is stopped instead: it can be resumed."""
        with self._lock:
            self._training(run, STARTING, RUNNING)
            self._order(PAUSE)

    def resume(self, run: Run) -> None:
        """A paused run goes on; a stopped or failed one goes to the end of the queue, and on from its last state then."""
        with self._lock:
            state = self.state(run)
            if state == PAUSED:
                self._order(RESUME)
                self._state = RUNNING  # from now on it is not one to make way
            elif state in (STOPPED, FAILED):
                self.forgive(run)
                self._wait_in_line(run)
            else:
                raise ValueError(f"This run is {state}: there is nothing to resume.")

    def stop(self, run: Run) -> None:
        """Save the run and end its process; one that waits leaves the queue. It can be resumed."""
        with self._lock:
            if run.id in self._queue:
                self._queue.remove(run.id)
                return
            self._training(run, STARTING, RUNNING, PAUSED)
            self._order(STOP)
            self._state = STOPPING

    def delete(self, run: Run) -> None:
        """Remove the run's folder. Raises ValueError while it is in the queue or has a process."""
        with self._lock:
            if (state := self.state(run)) not in (STOPPED, FINISHED, FAILED, ELSEWHERE):
                raise ValueError(f"This run is {state}: stop it first.")
            shutil.rmtree(self.folder(run.id))

    def close(self) -> None:
        """Let no run begin any more, and stop the one that trains; returns when it has saved itself."""
        with self._lock:
            self._closed = True
            process = self._process
            if process is not None:
                self._order(STOP)
        if process is not None:
            process.wait()

    # --- the process ---

    def _wait_in_line(self, run: Run) -> None:
        self._queue.append(run.id)
        self._next()
        self._make_way()

    def _make_way(self) -> None:
        """Nobody waits for a run that is paused: it is saved and stopped."""
        if self._queue and self._state == PAUSED and self._current:
            self._order(STOP)
            self._state = STOPPING

    def _next(self) -> None:
        """Begin the first run of the queue that can be begun, if none trains."""
        while self._queue and self._process is None and not self._closed:
            run = self.read(self._queue.popleft())
            try:
                self._process = self._begin(run)
            except (OSError, ValueError) as error:
                known = files.advice(error) if isinstance(error, OSError) else str(error)
                self.fail(run, known or "this machine cannot start another process: try again later")
                continue
            self._current, self._state = run.id, STARTING
            Thread(target=self._follow, args=(run, self._process), daemon=True).start()

    def _begin(self, run: Run) -> Process:
        folder, out = self.folder(run.id), self.checkpoint(run)
        call = [sys.executable, "-m", "seq2seq", "train", *Plan.from_dict(run.plan).arguments(), *self.length(run)]
        call += ["--out", out.name, "--controlled", "--threads", str(THREADS), "--measure", str(run.measure)]
        if run.probes:  # not in the call, which everybody on this machine can read
            (folder / PROBES).write_text("\n".join(run.probes), encoding="utf-8")
            call += ["--probes", PROBES]
        call += ["--resume"] if (out / STATE_FILE).exists() else []
        return self._launch(call, folder, folder / LOG)  # where the files that its plan names are; no message names more

    def _follow(self, run: Run, process: Process) -> None:
        """Note what the process says of itself; at its end, why it ended, and begin the next run."""
        assert process.stdout is not None
        for line in process.stdout:
            said = line.strip().removeprefix(MARK)
            if line.startswith(MARK) and said in (RUNNING, PAUSED):
                with self._lock:
                    if self._state != STOPPING:
                        self._state = said
                        self._make_way()
        status = process.wait()
        with self._lock:
            if status:
                self.fail(run, _why(run, status, self.folder(run.id) / LOG))
            self._process = self._current = None
            self._next()

    def _order(self, what: str) -> None:
        assert self._process is not None and self._process.stdin is not None
        with suppress(OSError):  # it may just have ended by itself
            self._process.stdin.write(what + "\n")
            self._process.stdin.flush()

    def _training(self, run: Run, *states: str) -> None:
        if (state := self.state(run)) not in states:
            raise ValueError(f"This run is {state}.")


def _why(run: Run, status: int, log: Path) -> str:
    """What a process that failed said last. What it did not say itself is not a visitor's business, but that of whoever runs
    this."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").replace("\r", "\n").strip().splitlines()
    except OSError:
        lines = []
    if lines and lines[-1].startswith(COMPLAINT):
        return lines[-1].removeprefix(COMPLAINT)
    _log.error("the process of run %s ended with status %d: %s", run.id, status, "\n".join(lines[-20:]))
    what = "was ended from outside, perhaps because memory ran out" if status < 0 else "ended by an error of this program"
    return f"The training process {what}. What it saved before is still there."
