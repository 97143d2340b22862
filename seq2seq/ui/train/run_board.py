"""The board of the Train tab: a run while it trains, its curves, its probe sentences, and a visitor's other runs.

The page asks by itself for what is new, about once a second, and sends its orders the same way. What it sends is anybody's, so
each call names its visitor, and nothing in it is believed unchecked.
"""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

import gradio as gr

from seq2seq.data.synthetic import TASKS, Example
from seq2seq.models.checkpoint import Origin
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.runs import archive
from seq2seq.runs.folders import MAX_NAME, Run
from seq2seq.runs.queue import FINISHED
from seq2seq.training import event_log
from seq2seq.training.event_log import Place
from seq2seq.training.events import Started
from seq2seq.training.plan import Files, Plan
from seq2seq.ui.host.limits import UNLIMITED
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address, examples
from seq2seq.ui.kit.address import TAB
from seq2seq.ui.kit.component import next_serial
from seq2seq.ui.kit.message import explain
from seq2seq.ui.kit.view import Slot, View
from seq2seq.views.train import run as view_of_run

EVENT_BYTES = 2**25  # of a run's reports that are loaded, at most
OWNER = 16  # characters of a visitor's secret, at least
_log = logging.getLogger(__name__)


def build(slot: Slot) -> gr.HTML:
    """The board, with what the page can call."""
    answers: dict[str, Callable[[Services, str, Mapping[str, Any]], dict[str, Any]]] = {
        "follow": partial(follow, views=[view for view in slot.views if view.opens_models]),
        "order": order,
        "list_runs": list_runs,
        "download": download,
    }
    return slot.board(server_functions=[_answering(slot.services, name, answer) for name, answer in answers.items()])


def _answering(
    services: Services, name: str, answer: Callable[[Services, str, Mapping[str, Any]], dict[str, Any]]
) -> Callable[[Any], dict[str, Any]]:
    """What the page can call: never an error of ours, always an answer."""

    def answered(asked: Any) -> dict[str, Any]:
        try:
            if not isinstance(asked, dict):
                raise ValueError("That could not be read. Please load the page again.")
            return answer(services, _owner(asked.get("owner")), asked)
        except Exception as error:
            return {"problem": explain(error)}

    answered.__name__ = name
    return answered


def _owner(secret: Any) -> str:
    if not is_secret(secret):
        raise ValueError("Your browser did not say whose runs it wants. Please load the page again.")
    return str(secret)


def is_secret(value: Any) -> bool:
    """Whether it could be what a visitor is known by."""
    return isinstance(value, str) and OWNER <= len(value) <= 100 and value.isascii()


def shown(services: Services, owner: str, wanted: str, begun: bool = False) -> str:
    """The board's value: whose runs it shows, which one first (`wanted`, or the newest), and whether it was just `begun`."""
    problem = ""
    runs = services.runs.of(owner)
    run = runs[0].id if runs else ""
    if wanted:
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
    """A finished run from an archive that `download` made, or what any run reported, from the event file in its folder.

    Raises ValueError, fit to be shown.
    """
    _check_room(services, owner)
    if Path(file).suffix == Path(event_log.FILE).suffix:
        return _watched(services, owner, Path(file))

    def fill(folder: Path) -> tuple[str, Plan]:
        found = archive.unpack(Path(file), folder)
        subject = found.origin.subject
        return _named(found.origin, found.model), Plan(subject if subject in TASKS else Files("train.tsv", "valid.tsv"))

    return services.runs.adopt(owner, fill)


def _watched(services: Services, owner: str, file: Path) -> Run:
    if file.stat().st_size > EVENT_BYTES:
        raise ValueError(f"{file.name} is larger than {EVENT_BYTES // 2**20} MiB: no run of this project reports so much.")
    try:
        text = file.read_text(encoding="utf-8")
        events = [event_log.from_json(line) for line in text.split("\n") if line]
    except ValueError as error:
        raise ValueError(f"{file.name} does not hold what a run reported, as {event_log.FILE} does: {error}") from None
    if not any(isinstance(event, Started) for event in events):
        raise ValueError(f"{file.name} does not tell of a run's start: please choose the whole {event_log.FILE} of a run.")
    return services.runs.watch(owner, file.stem[:MAX_NAME], "".join(event_log.to_json(event) + "\n" for event in events))


def _check_room(services: Services, owner: str) -> None:
    most = services.limits.runs
    if len(services.runs.of(_owner(owner))) >= most:
        raise ValueError(f"You have {most} runs, and this host keeps no more: please delete one below.")


def start(
    services: Services,
    owner: str,
    plan: Plan,
    minutes: float | None,
    probes: tuple[str, ...],
    measure: int,
    fill: Callable[[Path], None] = lambda _: None,
) -> Run:
    """A new run; without `minutes` its plan says how long it is. `fill` puts the pairs that it learns from into its folder.

    Raises ValueError, fit to be shown, where the host allows no more.
    """
    limits = services.limits
    if (minutes is None and limits.minutes < UNLIMITED) or (minutes is not None and not 0 < minutes <= limits.minutes):
        raise ValueError(f"On this host a run has at most {limits.minutes:g} minutes.")
    _check_room(services, owner)
    return services.runs.start(owner, _named(plan.full_origin(), plan.outline()), plan, minutes, probes, measure, fill)


def _named(origin: Origin, model: Seq2Seq) -> str:
    """What a run is called before its owner gives it another name."""
    return f"{origin.title}, {model.architecture.describe(model.config)}"[:MAX_NAME]


def follow(services: Services, owner: str, asked: Mapping[str, Any], views: Sequence[View] = ()) -> dict[str, Any]:
    """The state of one of the visitor's runs, and its reports after the place that the page has reached.

    `views` are those that can be opened with the run's model.
    """
    runs = services.runs
    run = runs.get(owner, str(asked.get("run")))
    reached = _place(asked.get("place"))
    events, place = runs.events(run, reached)
    return {
        "run": run.id,
        "name": run.name,
        "state": runs.state(run),
        "waiting": runs.waiting(run),
        "problem": "",
        "failure": runs.problem(run),
        "place": f"{place.file}-{place.offset}",
        "anew": place.file != reached.file,
        "told": view_of_run.event_payload(events, _known(run)),
        "command": runs.command(run),
        "open": _addresses(services, run, views),
    }


def _known(run: Run) -> list[Example]:
    """The examples of a task, whose true alignments are known."""
    task = run.plan.get("data")
    return TASKS[task].first(examples.COUNT) if isinstance(task, str) and task in TASKS else []


def _place(text: Any) -> Place:
    """Raises ValueError for what `follow` did not give."""
    parts = str(text or "0-0").split("-")
    if len(parts) != 2 or not all(part.isdecimal() and len(part) <= 20 for part in parts):
        raise ValueError("That could not be read. Please load the page again.")
    return Place(*map(int, parts))


def _addresses(services: Services, run: Run, views: Sequence[View]) -> list[dict[str, str]]:
    """Where a run's model can be used, once it has saved one."""
    try:
        services.runs.model(model := services.runs.checkpoint(run).name)
    except ValueError:
        return []
    # Of pairs from outside there are no examples but those that the run has watched.
    own = {} if _known(run) or not run.probes else {"text": run.probes[0]}
    values = {"model": model, **own}
    return [
        {"name": view.title, "address": "?" + urlencode([(TAB, view.name), *address.write(view.parameters, values)])}
        for view in views
    ]


def order(services: Services, owner: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Pause, resume, stop, rename or delete a run of the visitor's."""
    runs = services.runs
    run = runs.get(owner, str(asked.get("run")))
    orders: dict[str, Callable[[], object]] = {
        "pause": lambda: runs.pause(run),
        "resume": lambda: runs.resume(run),
        "stop": lambda: runs.stop(run),
        "rename": lambda: runs.rename(run, str(asked.get("name"))),
        "delete": lambda: runs.delete(run),
    }
    if asked.get("what") not in orders:
        raise ValueError(f"a run can be told to {', '.join(orders)}")
    orders[str(asked["what"])]()
    return {"problem": ""}


def download(services: Services, owner: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The model of a finished run as an archive, and what to call it."""
    run = services.runs.get(owner, str(asked.get("run")))
    if services.runs.state(run) != FINISHED:
        raise ValueError("A model can be downloaded when its run has finished.")
    name = re.sub(r"[^a-z0-9]+", "-", run.name.lower()).strip("-") or "model"
    with TemporaryDirectory() as folder:
        archive.pack(services.runs.checkpoint(run), file := Path(folder, "model.zip"), name)
        content = base64.b64encode(file.read_bytes()).decode()
    return {"problem": "", "name": f"{name}.zip", "content": content}


def list_runs(services: Services, owner: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The visitor's runs, the newest first."""
    runs = services.runs
    listed = [{"id": run.id, "name": run.name, "state": runs.state(run), "created": run.created} for run in runs.of(owner)]
    return {"problem": "", "runs": listed}
