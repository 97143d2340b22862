"""The board of the Train tab: a training run, its curves, its probe sentences, and the visitor's other runs.

The page requests new events about once a second and sends its commands in the same way. Its calls are untrusted input: each one
names its visitor, and everything is checked.
"""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode
from zipfile import ZIP_DEFLATED, ZipFile

import gradio as gr

from seq2seq.data.synthetic import TASKS, Example
from seq2seq.models.saved.checkpoint import Origin
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.runs import archive
from seq2seq.runs.folders import MAX_NAME, Run
from seq2seq.runs.queue import FINISHED
from seq2seq.training import event_log
from seq2seq.training.event_log import Place
from seq2seq.training.events import Started
from seq2seq.training.files import Files
from seq2seq.training.plan import Plan
from seq2seq.ui.host.limits import UNLIMITED
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address, examples
from seq2seq.ui.kit.address import TAB
from seq2seq.ui.kit.component import next_serial
from seq2seq.ui.kit.message import explain
from seq2seq.ui.kit.view import Slot, View
from seq2seq.ui.train import recorded
from seq2seq.views.train import run as view_of_run

EVENT_BYTES = 2**25  # maximum size of an event file to load
OWNER = 16  # minimum length of a visitor's secret
_log = logging.getLogger(__name__)


def build(slot: Slot) -> gr.HTML:
    """Build the board with the functions that the page can call."""
    answers: dict[str, Callable[[Services, str, Mapping[str, Any]], dict[str, Any]]] = {
        "follow": partial(follow, views=[view for view in slot.views if view.model_parameter]),
        "order": order,
        "list_runs": list_runs,
        "download": download,
        "download_pairs": download_pairs,
    }
    return slot.board(server_functions=[_answering(slot.services, name, answer) for name, answer in answers.items()])


def _answering(
    services: Services, name: str, answer: Callable[[Services, str, Mapping[str, Any]], dict[str, Any]]
) -> Callable[[Any], dict[str, Any]]:
    """Wrap a function for the page: errors become an answer with `problem`."""

    def answered(request: Any) -> dict[str, Any]:
        try:
            if not isinstance(request, dict):
                raise ValueError("That could not be read. Please load the page again.")
            return answer(services, _owner(request.get("owner")), request)
        except Exception as error:
            return {"problem": explain(error)}

    answered.__name__ = name
    return answered


def _owner(secret: Any) -> str:
    if not is_secret(secret):
        raise ValueError("Your browser did not send its visitor key. Please load the page again.")
    return str(secret)


def is_secret(value: Any) -> bool:
    """Whether `value` has the form of a visitor's secret."""
    return isinstance(value, str) and OWNER <= len(value) <= 100 and value.isascii()


def payload(services: Services, owner: str, wanted: str, begun: bool = False) -> str:
    """Return the board's value: the visitor, the first run (`wanted`, or the newest), and whether it has just `begun`."""
    problem = ""
    runs = services.runs.of(owner)
    run = runs[0].id if runs else recorded.RUN
    if wanted and wanted != recorded.RUN:
        try:
            run = services.runs.get(owner, wanted).id
        except ValueError as error:
            problem = str(error)
    return json.dumps(
        {
            "owner": owner,
            "run": run,
            "begun": begun,
            "figures": view_of_run.figures(),
            "problem": problem,
            "serial": next_serial(),
        },
        ensure_ascii=False,
    )


def load(services: Services, owner: str, file: str) -> Run:
    """Load a finished run from an archive of `download`, or the events of any run from its event file.

    Raises ValueError with a message for the user.
    """
    _check_room(services, owner)
    if Path(file).suffix == Path(event_log.FILE).suffix:
        return _load_events(services, owner, Path(file))

    def fill(folder: Path) -> tuple[str, Plan]:
        unpacked = archive.unpack(Path(file), folder)
        subject = unpacked.origin.subject
        return _run_name(unpacked.origin, unpacked.model), Plan(
            subject if subject in TASKS else Files("train.tsv", "valid.tsv")
        )

    return services.runs.adopt(owner, fill)


def _load_events(services: Services, owner: str, file: Path) -> Run:
    if file.stat().st_size > EVENT_BYTES:
        raise ValueError(f"{file.name} is larger than {EVENT_BYTES // 2**20} MiB: no run of this project has so many events.")
    try:
        text = file.read_text(encoding="utf-8")
        events = [event_log.from_json(line) for line in text.split("\n") if line]
    except ValueError as error:
        raise ValueError(f"{file.name} is not an event file like {event_log.FILE}: {error}") from None
    if not any(isinstance(event, Started) for event in events):
        raise ValueError(f"{file.name} has no start event: please choose the complete {event_log.FILE} of a run.")
    return services.runs.watch(owner, file.stem[:MAX_NAME], "".join(event_log.to_json(event) + "\n" for event in events))


def _check_room(services: Services, owner: str) -> None:
    most = services.limits.runs
    if len(services.runs.of(_owner(owner))) >= most:
        raise ValueError(f"You have {most} runs, the limit of this host: please delete one below.")


def start(
    services: Services,
    owner: str,
    plan: Plan,
    minutes: float | None,
    probes: tuple[str, ...],
    measure: int,
    fill: Callable[[Path], None] = lambda _: None,
) -> Run:
    """Start a new run; without `minutes` the plan decides its length. `fill` writes the training pairs into its folder.

    Raises ValueError with a message for the user if a limit of the host is exceeded.
    """
    limits = services.limits
    if (minutes is None and limits.minutes < UNLIMITED) or (minutes is not None and not 0 < minutes <= limits.minutes):
        raise ValueError(f"On this host a run can take at most {limits.minutes:g} minutes.")
    _check_room(services, owner)
    return services.runs.start(owner, _run_name(plan.full_origin(), plan.outline()), plan, minutes, probes, measure, fill)


def _run_name(origin: Origin, model: Seq2Seq) -> str:
    """Return the first name of a run."""
    return f"{origin.title}, {model.architecture.describe(model.config)}"[:MAX_NAME]


def follow(services: Services, owner: str, request: Mapping[str, Any], views: Sequence[View] = ()) -> dict[str, Any]:
    """Return the state of one of the visitor's runs, and its events after the position that the page has read.

    `views` are the views that can be opened with the run's model.
    """
    if request.get("run") == recorded.RUN:
        return recorded.answer()
    runs = services.runs
    run = runs.get(owner, str(request.get("run")))
    position = _read_position(request.get("place"))
    events, place = runs.events(run, position)
    return {
        "run": run.id,
        "name": run.name,
        "state": runs.state(run),
        "waiting": runs.waiting(run),
        "problem": "",
        "failure": runs.problem(run),
        "note": runs.note(run),
        "place": f"{place.file}-{place.offset}",
        "anew": place.file != position.file,
        "told": view_of_run.event_payload(events, _task_examples(run)),
        "command": runs.command(run),
        "open": _addresses(services, run, views),
        "has_files": bool(services.runs.files(run)),
    }


def _task_examples(run: Run) -> list[Example]:
    """Return the examples of the run's task, which have true alignments; empty for other data."""
    task = run.plan.get("data")
    return TASKS[task].first(examples.COUNT) if isinstance(task, str) and task in TASKS else []


def _read_position(text: Any) -> Place:
    """Read a position as `follow` returns it, or raise ValueError."""
    parts = str(text or "0-0").split("-")
    if len(parts) != 2 or not all(part.isdecimal() and len(part) <= 20 for part in parts):
        raise ValueError("That could not be read. Please load the page again.")
    return Place(*map(int, parts))


def _addresses(services: Services, run: Run, views: Sequence[View]) -> list[dict[str, str]]:
    """Return the addresses of views with the run's model; empty until the run has saved one."""
    try:
        source = services.trained_info(model := services.runs.checkpoint(run).name).source
    except ValueError:
        return []
    # For uploaded or downloaded pairs, the probe sentences are the only examples.
    own = {} if _task_examples(run) or not run.probes else {"text": run.probes[0]}
    found = []
    for view in views:
        if source in view.reads:
            values = address.write(view.parameters, {view.model_parameter: model, **own})
            found.append({"name": view.title, "address": "?" + urlencode([(TAB, view.name), *values])})
    return found


def order(services: Services, owner: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Pause, resume, stop, rename or delete one of the visitor's runs."""
    runs = services.runs
    run = runs.get(owner, str(request.get("run")))
    orders: dict[str, Callable[[], object]] = {
        "pause": lambda: runs.pause(run),
        "resume": lambda: runs.resume(run),
        "stop": lambda: runs.stop(run),
        "rename": lambda: runs.rename(run, str(request.get("name"))),
        "delete": lambda: runs.delete(run),
    }
    if request.get("what") not in orders:
        raise ValueError(f"the possible commands are {', '.join(orders)}")
    orders[str(request["what"])]()
    return {"problem": ""}


def download(services: Services, owner: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the model of a finished run as an archive, with a file name."""
    run = services.runs.get(owner, str(request.get("run")))
    if services.runs.state(run) != FINISHED:
        raise ValueError("A model can only be downloaded when its run has finished.")
    name = re.sub(r"[^a-z0-9]+", "-", run.name.lower()).strip("-") or "model"
    with TemporaryDirectory() as folder:
        archive.pack(services.runs.checkpoint(run), file := Path(folder, "model.zip"), name)
        content = base64.b64encode(file.read_bytes()).decode()
    return {"problem": "", "name": f"{name}.zip", "content": content}


def download_pairs(services: Services, owner: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sentence pairs of a run as an archive, so that its command can be run in a shell."""
    run = services.runs.get(owner, str(request.get("run")))
    if not (files := services.runs.files(run)):
        raise ValueError("This run has no files: its task makes its pairs itself.")
    with BytesIO() as packed:
        with ZipFile(packed, "w", ZIP_DEFLATED) as archive_of_pairs:
            for file in files:
                archive_of_pairs.write(file, file.name)
        content = base64.b64encode(packed.getvalue()).decode()
    return {"problem": "", "name": "pairs.zip", "content": content}


def list_runs(services: Services, owner: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the visitor's runs, newest first."""
    runs = services.runs
    listed = [{"id": run.id, "name": run.name, "state": runs.state(run), "created": run.created} for run in runs.of(owner)]
    return {"problem": "", "runs": listed}
