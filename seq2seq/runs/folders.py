"""The folders of runs: what each is made of, what it has reported, its model. Whether one trains is `queue.py`'s business."""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seq2seq import files
from seq2seq.data.public_corpora import PUBLIC
from seq2seq.files import replace_file
from seq2seq.models.checkpoint import CONFIG
from seq2seq.runs.card import RESULTS, command
from seq2seq.training import event_log
from seq2seq.training.event_log import START, Place
from seq2seq.training.events import Event
from seq2seq.training.plan import Plan

ABOUT, ERROR = "run.json", "error"  # files of a run
MODEL = "run-"  # begins the name of a run's model, which is that of its folder; the run's id follows
MAX_NAME = 80
_LETTERS = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@dataclass(frozen=True)
class Run:
    """What is known of a run before it has done anything. Whoever knows `owner` may see and steer it."""

    id: str
    owner: str
    name: str
    plan: dict[str, Any]  # Plan.to_dict; empty where there is only what the run reported
    minutes: float | None  # None leaves the length to the plan
    created: float  # seconds since 1970
    probes: tuple[str, ...] = ()  # sentences that it translates at each validation
    measure: int = 0  # how many held-out sentences it translates then


class RunFolders:
    """All runs of a folder, as they lie there."""

    def __init__(self, root: Path):
        self._root = root.absolute()  # a run's process works elsewhere
        self._unwritten: dict[str, str] = {}  # why a run failed, where that could not be written down

    def of(self, owner: str) -> list[Run]:
        """A visitor's runs, the newest first. A folder that cannot be read is passed over."""
        found = []
        for folder in self._root.iterdir() if self._root.is_dir() else ():
            try:
                run = self.read(folder.name)
            except ValueError:
                continue
            if run.owner == owner:
                found.append(run)
        return sorted(found, key=lambda run: -run.created)

    def get(self, owner: str, id: str) -> Run:
        """Raises ValueError for a run that is not there, or is another visitor's: the answer does not tell which."""
        run = self._found(id)
        if run is None or not secrets.compare_digest(run.owner.encode(), owner.encode()):
            raise ValueError(f"There is no run “{id[:40]}” of yours.")
        return run

    def model(self, name: str) -> tuple[Run, Path]:
        """A run and the folder of its best model so far, for anybody who knows that model's name: it cannot be guessed, so that
        whoever has it was given it. Raises ValueError where there is none."""
        run = self._found(name.removeprefix(MODEL))
        if run is None or not (self.checkpoint(run) / CONFIG).is_file():
            raise ValueError("This model is not here (any more): its run was deleted, or has not saved anything yet.")
        return run, self.checkpoint(run)

    def problem(self, run: Run) -> str:
        """What a failed run said at its end; empty where it did not fail."""
        try:
            return (self.folder(run.id) / ERROR).read_text(encoding="utf-8")
        except OSError:
            return self._unwritten.get(run.id, "")

    def forgive(self, run: Run) -> None:
        """Forget why the run failed. Raises OSError where the disk does not let it."""
        (self.folder(run.id) / ERROR).unlink(missing_ok=True)
        self._unwritten.pop(run.id, None)

    def events(self, run: Run, place: Place = START) -> tuple[list[Event], Place]:
        """What the run reported behind `place`, and the place to ask with next time."""
        return event_log.read(self.checkpoint(run), place)

    def command(self, run: Run) -> str:
        """The command line that repeats the run: of a finished one to the same numbers. Empty where none is known."""
        if not run.plan:
            return ""
        plan = Plan.from_dict(run.plan)
        line = command("train", ["--out", "my-model", *self.length(run), *plan.arguments()])
        with suppress(OSError, ValueError, LookupError, TypeError):
            line = str(json.loads((self.checkpoint(run) / RESULTS).read_text(encoding="utf-8"))["training"]["command"])
        subject = plan.origin.get("subject")
        return f"{command('fetch', [subject, '--out', '.'])}\n{line}" if subject in PUBLIC else line

    def checkpoint(self, run: Run) -> Path:
        """The folder of its model."""
        return self.folder(run.id) / f"{MODEL}{run.id}"

    def rename(self, run: Run, name: str) -> Run:
        """Raises ValueError for a name that is none."""
        renamed = Run(**{**asdict(run), "name": checked(name)})
        self.write(renamed)
        return renamed

    @staticmethod
    def length(run: Run) -> list[str]:
        """The arguments of the command line that say how long the run is, where its plan does not."""
        return [] if run.minutes is None else ["--minutes", f"{run.minutes:g}"]

    def fail(self, run: Run, why: str) -> None:
        """Note why the run failed: where the disk takes nothing more, which may be why, for as long as this process lasts."""
        try:
            replace_file(self.folder(run.id) / ERROR, lambda path: path.write_text(why, encoding="utf-8"))
        except OSError:
            self._unwritten[run.id] = why

    def _found(self, id: str) -> Run | None:
        if not 0 < len(id) <= MAX_NAME or not set(id) <= _LETTERS or not self.folder(id).is_dir():
            return None
        return self.read(id)

    def folder(self, id: str) -> Path:
        return self._root / id

    def write(self, run: Run) -> None:
        """Raises ValueError where there is no room for it."""
        _kept(self.folder(run.id) / ABOUT, json.dumps(asdict(run), ensure_ascii=False, indent=2) + "\n")

    def report(self, run: Run, events: str) -> None:
        """Keep what a run from elsewhere reported. Raises ValueError where there is no room for it."""
        _kept(self.checkpoint(run) / event_log.FILE, events)

    def read(self, id: str) -> Run:
        """Raises ValueError for a folder that holds no run."""
        try:
            values = json.loads((self.folder(id) / ABOUT).read_text(encoding="utf-8"))
            run = Run(**{**values, "probes": tuple(values["probes"])})
        except (OSError, KeyError, TypeError, ValueError):
            raise ValueError(f"The run “{id[:40]}” cannot be read.") from None
        return run


def checked(name: str) -> str:
    """A run's name, on one line. Raises ValueError for one that is empty or long."""
    name = " ".join(name.split())
    if not 0 < len(name) <= MAX_NAME:
        raise ValueError(f"a run's name has 1 to {MAX_NAME} characters, not {len(name)}")
    return name


def _kept(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_file(file, lambda path: path.write_text(text, encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"the run cannot be kept: {files.advice(error) or error.strerror}") from None
