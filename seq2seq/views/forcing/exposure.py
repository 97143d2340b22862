"""A report on many sentences as Plotly figures and a table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from seq2seq.views.curves import OWN, TOLD, Curve, Table, figure
from seq2seq.views.tables import table

COLUMNS = ("position", "sentences", "accuracy_forced", "accuracy_free", "loss_forced", "loss_free", "on_reference")
LANES = {"forced": ("fed the reference", TOLD), "free": ("fed its own output", OWN)}

# name: title, and what is to be seen in it
NOTES = {
    "accuracy": (
        "Is the next piece right?",
        "Share of the reference's pieces that the decoder gets right, by position. Both lanes start alike; the gap is what its "
        "own mistakes cost.",
    ),
    "loss": (
        "How sure is it of the reference's piece?",
        "Log-loss of the reference's piece, by position; lower is better. Fed its own output, the decoder is asked to go on "
        "with a story that is not its own.",
    ),
    "mistake": (
        "After the first mistake",
        "The same sentences, from the first mistake on: teacher forcing has put it right, running free the decoder lives with "
        "it.",
    ),
    "wrong-word": (
        "What a wrong word costs",
        "One word of each sentence, drawn at random, gives way to a wrong one: log-probability that the lane's own pieces "
        "behind it lose, teacher-forced.",
    ),
}


def figures(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each with its title, what is to be seen in it, and the figure as plain JSON values."""
    position, mistake = (dict.fromkeys(LANES, report[name]) for name in ("by_position", "after_first_mistake"))
    at, behind = ("position", "position in the reference"), ("distance", "pieces behind the first mistake")
    drawn = {
        "accuracy": _lanes(position, "accuracy_{lane}", *at, "accuracy", (0, 1)),
        "loss": _lanes(position, "loss_{lane}", *at, "log-loss, nats a piece"),
        "mistake": _lanes(mistake, "accuracy_{lane}", *behind, "accuracy", (0, 1)),
        "wrong-word": _lanes(report["by_injected_word"], "lost", "word", "place of the wrong word", "lost, nats"),
    }
    return [
        {"name": name, "title": title, "note": note, "figure": json.loads(drawn[name].to_json())}
        for name, (title, note) in NOTES.items()
    ]


def _lanes(
    tables: Mapping[str, Table], column: str, counter: str, across: str, up: str, bounds: tuple[float, float] | None = None
) -> go.Figure:
    """Both lanes, each from its table; `column` may hold the lane's name."""
    lines = [Curve(tables[lane], column.format(lane=lane), name, style, lane) for lane, (name, style) in LANES.items()]
    return figure(lines, counter, across, up, bounds)


def headline(report: Mapping[str, Any]) -> list[dict[str, str]]:
    """The means over all pieces, each with its unit, its mode and its band."""
    s = report["summary"]

    def band(key: str, digits: int = 1, scale: float = 100, unit: str = "%") -> str:
        if s[key] is None:
            return "–"
        low, high = s[f"{key}_low"] * scale, s[f"{key}_high"] * scale
        return f"{s[key] * scale:.{digits}f}{unit} ({low:.{digits}f} to {high:.{digits}f})"

    nats = {"digits": 2, "scale": 1, "unit": ""}
    first = "none" if s["median_first_mistake"] is None else f"piece {s['median_first_mistake']:g}"
    return [
        {"name": "accuracy, teacher-forced", "value": band("accuracy_forced")},
        {"name": "accuracy, free-running", "value": band("accuracy_free")},
        {"name": "difference, percentage points", "value": band("accuracy_gap", unit="")},
        {"name": "log-loss, teacher-forced, nats a piece", "value": band("loss_forced", **nats)},  # type: ignore[arg-type]
        {"name": "log-loss, free-running, nats a piece", "value": band("loss_free", **nats)},  # type: ignore[arg-type]
        {"name": "a wrong word in the reference costs, nats", "value": band("lost_forced", **nats)},  # type: ignore[arg-type]
        {"name": "a wrong word among its own costs, nats", "value": band("lost_free", **nats)},  # type: ignore[arg-type]
        {"name": "free translations that are the reference", "value": f"{s['never_diverged']:.1%}"},
        {"name": "first mistake, median", "value": first},
        {"name": "sentences, pieces", "value": f"{s['sentences']:,}, {s['pieces']:,}"},
    ]


def payload(report: Mapping[str, Any] | None, **extra: Any) -> str:
    """Everything the page needs to show a report, or none, as one JSON text."""
    drawn: dict[str, Any] = {"headline": [], "figures": [], "table": None}
    if report is not None:
        by_position = table(report["by_position"], COLUMNS)
        drawn = {"headline": headline(report), "figures": figures(report), "table": by_position}
    return json.dumps({**drawn, **extra}, ensure_ascii=False, allow_nan=False)
