"""A recorded run: the events of a run that was made with the `train` command. The board plays it for visitors without runs."""

from __future__ import annotations

from functools import cache
from typing import Any

from seq2seq.data.synthetic import TASKS
from seq2seq.training import event_log
from seq2seq.ui.kit import examples
from seq2seq.ui.kit.component import ASSETS
from seq2seq.views.train.run import event_payload

RUN = "recorded"  # in the place of a run's id
TASK = "reverse"
FOLDER = ASSETS / "recorded" / TASK
STATE = "recorded"


@cache
def answer() -> dict[str, Any]:
    """Return what `run_board.follow` returns for a run of the visitor."""
    events, _ = event_log.read(FOLDER)
    return {
        "run": RUN,
        "name": f"{TASKS[TASK].title}: a GRU with additive attention",
        "state": STATE,
        "waiting": 0,
        "problem": "",
        "failure": "",
        "note": "",
        "place": "",
        "anew": True,
        "told": event_payload(events, TASKS[TASK].first(examples.COUNT)),
        "command": (FOLDER / "command.txt").read_text(encoding="utf-8").strip(),
        "open": [],
        "has_files": False,
    }
