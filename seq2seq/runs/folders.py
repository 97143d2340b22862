"""The folders of runs: plan, reported events and model of each. `queue.py` knows which run is training."""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seq2seq import files
from seq2seq.data.corpora import Corpus, Pair
from seq2seq.data.public.corpora import PUBLIC
from seq2seq.data.public.dictionaries import DICTIONARIES
from seq2seq.files import replace_file
from seq2seq.models.saved.checkpoint import CONFIG
from seq2seq.runs.card import RESULTS, command
from seq2seq.training import event_log
from seq2seq.training.event_log import START, Place
from seq2seq.training.events import Event
from seq2seq.training.files import Files
from seq2seq.training.plan import Plan

ABOUT, ERROR, NOTE = "run.json", "error", "note"  # files of a run
MODEL = "run-"  # prefix of the name of a run's model and its folder; the run's id follows
MAX_NAME = 80
# The public corpora by the subject of their models.
_CORPORA = {**{name: name for name in PUBLIC}, **{corpus.settings["subject"]: name for name, corpus in DICTIONARIES.items()}}
_LETTERS = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@dataclass(frozen=True)
class Run:
    """A run as it was created. Only a visitor who knows `owner` may see and control it."""

    id: str
    owner: str
    name: str
    plan: dict[str, Any]  # Plan.to_dict; empty for an imported run that has only its events
    minutes: float | None  # length of the run; None if the plan decides it
    created: float  # seconds since 1970
    probes: tuple[str, ...] = ()  # sentences that it translates at each validation
    measure: int = 0  # number of held-out sentences that it translates at each validation


class RunFolders:
    """All runs in a root folder."""

    def __init__(self, root: Path):
        self._root = root.absolute()  # the process of a run has another working directory
        self._unwritten: dict[str, str] = {}  # errors of runs that could not be written to disk

    def of(self, owner: str) -> list[Run]:
        """Return a visitor's runs, newest first. Skip a folder that cannot be read."""
        runs = []
        for folder in self._root.iterdir() if self._root.is_dir() else ():
            try:
                run = self.read(folder.name)
            except ValueError:
                continue
            if run.owner == owner:
                runs.append(run)
        return sorted(runs, key=lambda run: -run.created)

    def get(self, owner: str, id: str) -> Run:
        """Return a visitor's run. Raises ValueError if it does not exist or is another visitor's; the message is the same."""
        run = self._find(id)
        if run is None or not secrets.compare_digest(run.owner.encode(), owner.encode()):
            raise ValueError(
                f"There is no run “{id[:40]}” of yours. A run belongs to the browser that started it. To show it to others, "
                "open its model in the Translate tab there, and share that address."
            )
        return run

    def model(self, name: str) -> tuple[Run, Path]:
        """Return a run and the folder of its best model so far. Anybody who knows the model's name may use it, because the name
        cannot be guessed. Raises ValueError if there is no model."""
        run = self._find(name.removeprefix(MODEL))
        if run is None or not (self.checkpoint(run) / CONFIG).is_file():
            raise ValueError("This model is not here: its run was deleted, or has not saved a model yet.")
        return run, self.checkpoint(run)

    def problem(self, run: Run) -> str:
        """Return the error message of a failed run; empty if it did not fail."""
        try:
            return (self.folder(run.id) / ERROR).read_text(encoding="utf-8")
        except OSError:
            return self._unwritten.get(run.id, "")

    def note(self, run: Run) -> str:
        """Return what the host says about where the run trains; empty if there is nothing to say."""
        try:
            return (self.folder(run.id) / NOTE).read_text(encoding="utf-8")
        except OSError:
            return ""

    def forgive(self, run: Run) -> None:
        """Delete the run's error message. Raises OSError if the disk refuses."""
        (self.folder(run.id) / ERROR).unlink(missing_ok=True)
        self._unwritten.pop(run.id, None)

    def events(self, run: Run, place: Place = START) -> tuple[list[Event], Place]:
        """Return the run's events after `place`, and the place for the next call."""
        return event_log.read(self.checkpoint(run), place)

    def command(self, run: Run) -> str:
        """Return the command that repeats the run; a finished run gives the same numbers. Empty if unknown."""
        if not run.plan:
            return ""
        plan = Plan.from_dict(run.plan)
        line = command("train", ["--out", "my-model", *self.length(run), *plan.arguments()])
        with suppress(OSError, ValueError, LookupError, TypeError):
            line = str(json.loads((self.checkpoint(run) / RESULTS).read_text(encoding="utf-8"))["training"]["command"])
        subject = plan.origin.get("subject")
        return f"{command('fetch', [_CORPORA[subject], '--out', '.'])}\n{line}" if subject in _CORPORA else line

    def files(self, run: Run) -> list[Path]:
        """Return the files of the run's pairs that are in its folder; empty for a task."""
        names = [run.plan["data"].get(name) for name in ("data", "valid")] if isinstance(run.plan.get("data"), dict) else []
        found = [self.folder(run.id) / name for name in names if isinstance(name, str)]
        return [file for file in found if file.is_file()]

    def held_out(self, run: Run) -> list[Pair]:
        """Return the pairs on which the run is validated. Raises ValueError if they are not here."""
        plan = Plan.from_dict(run.plan)
        if plan.task:
            return plan.task.pairs("valid")
        file = self.folder(run.id) / str(plan.data.valid) if isinstance(plan.data, Files) else None
        if file is None or not file.is_file():
            raise ValueError("The held-out pairs of this run are not here. Measure a file of sentence pairs instead.")
        return list(Corpus(str(file), source=0, target=1, as_is=True))

    def checkpoint(self, run: Run) -> Path:
        """Return the folder of the run's model."""
        return self.folder(run.id) / f"{MODEL}{run.id}"

    def rename(self, run: Run, name: str) -> Run:
        """Change the run's name. Raises ValueError for an invalid name."""
        renamed = Run(**{**asdict(run), "name": checked(name)})
        self.write(renamed)
        return renamed

    @staticmethod
    def length(run: Run) -> list[str]:
        """Return the command line arguments for the run's length, if the plan does not set it."""
        return [] if run.minutes is None else ["--minutes", f"{run.minutes:g}"]

    def fail(self, run: Run, why: str) -> None:
        """Save why the run failed; if the disk refuses, perhaps because it is full, remember it until this process ends."""
        try:
            replace_file(self.folder(run.id) / ERROR, lambda path: path.write_text(why, encoding="utf-8"))
        except OSError:
            self._unwritten[run.id] = why

    def _find(self, id: str) -> Run | None:
        if not 0 < len(id) <= MAX_NAME or not set(id) <= _LETTERS or not self.folder(id).is_dir():
            return None
        return self.read(id)

    def folder(self, id: str) -> Path:
        return self._root / id

    def write(self, run: Run) -> None:
        """Save the run. Raises ValueError if the disk refuses."""
        _save(self.folder(run.id) / ABOUT, json.dumps(asdict(run), ensure_ascii=False, indent=2) + "\n")

    def report(self, run: Run, events: str) -> None:
        """Save the events of an imported run. Raises ValueError if the disk refuses."""
        _save(self.checkpoint(run) / event_log.FILE, events)

    def read(self, id: str) -> Run:
        """Read a run. Raises ValueError if the folder does not contain one."""
        try:
            values = json.loads((self.folder(id) / ABOUT).read_text(encoding="utf-8"))
            run = Run(**{**values, "probes": tuple(values["probes"])})
        except (OSError, KeyError, TypeError, ValueError):
            raise ValueError(f"The run “{id[:40]}” cannot be read.") from None
        return run


def checked(name: str) -> str:
    """Return a run's name on one line. Raises ValueError for an empty or long name."""
    name = " ".join(name.split())
    if not 0 < len(name) <= MAX_NAME:
        raise ValueError(f"a run's name must have 1 to {MAX_NAME} characters, not {len(name)}")
    return name


def _save(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_file(file, lambda path: path.write_text(text, encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"the run cannot be saved: {files.advice(error) or error.strerror}") from None
