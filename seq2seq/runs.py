"""Training in the background: each run has a folder, and while it trains a process of its own, one at a time.

The process is the command line's `train`, told to pause, resume and stop (`control.py`); what it does is read from its folder.
So a page may come and go, and whatever is killed, the folder has all that is needed to go on.
"""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import RLock, Thread
from typing import Any

from . import event_log
from .checkpoint import replace_file
from .control import MARK, PAUSE, PAUSED, RESUME, RUNNING, STOP, STOPPED
from .events import Event
from .plan import Plan

QUEUED, STARTING, STOPPING, FINISHED, FAILED = "queued", "starting", "stopping", "finished", "failed"
ABOUT, OUT, LOG, ERROR = "run.json", "checkpoint", "log", "error"  # files and folder of a run
STATE_FILE, RESULTS = "training.safetensors", "results.json"
MAX_NAME = 80
_PROGRAM = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Run:
    """What is known of a run before it has done anything. Whoever knows `owner` may see and steer it."""

    id: str
    owner: str
    name: str
    plan: dict[str, Any]  # Plan.to_dict
    minutes: float | None  # None leaves the length to the plan
    created: float  # seconds since 1970


class Runs:
    """All runs of a folder. Every method may be called from several threads at once."""

    def __init__(self, root: Path):
        self._root = root
        self._lock = RLock()
        self._queue: deque[str] = deque()
        self._process: subprocess.Popen[str] | None = None
        self._current: str | None = None  # the run that has the process
        self._state = STARTING  # of that run
        self._closed = False

    def start(self, owner: str, name: str, plan: Plan, minutes: float | None = None) -> Run:
        """A new run at the end of the queue. Raises ValueError for a name that is none."""
        run = Run(secrets.token_urlsafe(12), owner, _checked(name), plan.to_dict(), minutes, time.time())
        with self._lock:
            self._folder(run.id).mkdir(parents=True)
            self._write(run)
            self._queue.append(run.id)
            self._next()
        return run

    def of(self, owner: str) -> list[Run]:
        """A visitor's runs, the newest first. A folder that cannot be read is passed over."""
        found = []
        for folder in self._root.iterdir() if self._root.is_dir() else ():
            try:
                run = self._read(folder.name)
            except ValueError:
                continue
            if run.owner == owner:
                found.append(run)
        return sorted(found, key=lambda run: -run.created)

    def get(self, owner: str, id: str) -> Run:
        """Raises ValueError for a run that is not there, or is another visitor's: the answer does not tell which."""
        missing = f"There is no run “{id[:40]}” of yours."
        if not 0 < len(id) <= MAX_NAME or not set(id) <= _LETTERS or not self._folder(id).is_dir():
            raise ValueError(missing)
        run = self._read(id)
        if not secrets.compare_digest(run.owner.encode(), owner.encode()):
            raise ValueError(missing)
        return run

    def state(self, run: Run) -> str:
        """queued, starting, running, paused, stopping, stopped, finished or failed."""
        with self._lock:
            if run.id == self._current:
                return self._state
            if run.id in self._queue:
                return QUEUED
        if (self.checkpoint(run) / RESULTS).exists():
            return FINISHED
        return FAILED if (self._folder(run.id) / ERROR).exists() else STOPPED

    def waiting(self, run: Run) -> int:
        """How many runs are before this one; 0 for one that is not in the queue."""
        with self._lock:
            return self._queue.index(run.id) + 1 if run.id in self._queue else 0

    def problem(self, run: Run) -> str:
        """What a failed run said at its end."""
        try:
            return (self._folder(run.id) / ERROR).read_text(encoding="utf-8")
        except OSError:
            return ""

    def events(self, run: Run, offset: int = 0) -> tuple[list[Event], int]:
        """What the run reported behind `offset`, and the offset to ask with next time."""
        return event_log.read(self.checkpoint(run), offset)

    def checkpoint(self, run: Run) -> Path:
        """The folder of its model."""
        return self._folder(run.id) / OUT

    def pause(self, run: Run) -> None:
        """Raises ValueError for a run that is not training."""
        with self._lock:
            self._training(run, STARTING, RUNNING)
            self._order(PAUSE)

    def resume(self, run: Run) -> None:
        """A paused run goes on; a stopped or failed one goes to the end of the queue, and on from its last state then."""
        with self._lock:
            state = self.state(run)
            if state == PAUSED:
                self._order(RESUME)
            elif state in (STOPPED, FAILED):
                (self._folder(run.id) / ERROR).unlink(missing_ok=True)
                self._queue.append(run.id)
                self._next()
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

    def rename(self, run: Run, name: str) -> Run:
        """Raises ValueError for a name that is none."""
        renamed = Run(**{**asdict(run), "name": _checked(name)})
        self._write(renamed)
        return renamed

    def delete(self, run: Run) -> None:
        """Remove the run's folder. Raises ValueError while it is in the queue or has a process."""
        with self._lock:
            if (state := self.state(run)) not in (STOPPED, FINISHED, FAILED):
                raise ValueError(f"This run is {state}: stop it first.")
            shutil.rmtree(self._folder(run.id))

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

    def _next(self) -> None:
        """Begin the first run of the queue that can be begun, if none trains."""
        while self._queue and self._process is None and not self._closed:
            run = self._read(self._queue.popleft())
            try:
                self._process = self._begin(run)
            except (OSError, ValueError) as error:
                self._fail(run, str(error))
                continue
            self._current, self._state = run.id, STARTING
            Thread(target=self._follow, args=(run, self._process), daemon=True).start()

    def _begin(self, run: Run) -> subprocess.Popen[str]:
        folder, out = self._folder(run.id), self.checkpoint(run)
        call = [sys.executable, "-m", "seq2seq", "train", *Plan.from_dict(run.plan).arguments()]
        call += ["--out", str(out), "--controlled"]
        call += ["--minutes", str(run.minutes)] if run.minutes is not None else []
        call += ["--resume"] if (out / STATE_FILE).exists() else []
        with open(folder / LOG, "w", encoding="utf-8") as log:
            return subprocess.Popen(
                call, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, encoding="utf-8", cwd=_PROGRAM
            )

    def _follow(self, run: Run, process: subprocess.Popen[str]) -> None:
        """Note what the process says of itself; at its end, why it ended, and begin the next run."""
        assert process.stdout is not None
        for line in process.stdout:
            said = line.strip().removeprefix(MARK)
            if line.startswith(MARK) and said in (RUNNING, PAUSED):
                with self._lock:
                    if self._state != STOPPING:
                        self._state = said
        failed = process.wait() != 0
        with self._lock:
            if failed:
                self._fail(run, _last_line(self._folder(run.id) / LOG))
            self._process = self._current = None
            self._next()

    def _fail(self, run: Run, why: str) -> None:
        with suppress(OSError):  # a full disk may be why it failed
            replace_file(self._folder(run.id) / ERROR, lambda path: path.write_text(why, encoding="utf-8"))

    def _order(self, what: str) -> None:
        assert self._process is not None and self._process.stdin is not None
        with suppress(OSError):  # it may just have ended by itself
            self._process.stdin.write(what + "\n")
            self._process.stdin.flush()

    def _training(self, run: Run, *states: str) -> None:
        if (state := self.state(run)) not in states:
            raise ValueError(f"This run is {state}.")

    # --- folders ---

    def _folder(self, id: str) -> Path:
        return self._root / id

    def _write(self, run: Run) -> None:
        text = json.dumps(asdict(run), ensure_ascii=False, indent=2) + "\n"
        replace_file(self._folder(run.id) / ABOUT, lambda path: path.write_text(text, encoding="utf-8"))

    def _read(self, id: str) -> Run:
        try:
            run = Run(**json.loads((self._folder(id) / ABOUT).read_text(encoding="utf-8")))
        except (OSError, TypeError, ValueError):
            raise ValueError(f"The run “{id[:40]}” cannot be read.") from None
        return run


_LETTERS = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= MAX_NAME:
        raise ValueError(f"a run's name has 1 to {MAX_NAME} characters, not {len(name)}")
    return name


def _last_line(log: Path) -> str:
    """What a process that failed said last, without the name of the command."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").replace("\r", "\n").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1].removeprefix("python -m seq2seq train: ") if lines else "The process ended without a word."
