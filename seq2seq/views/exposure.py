"""A report on many sentences as Plotly figures and a table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from . import curves
from .curves import Table, laid_out, shown

LANES = {"forced": ("fed the reference", curves.TOLD), "free": ("fed its own output", curves.OWN)}

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
    position, mistake, words = report["by_position"], report["after_first_mistake"], report["by_injected_word"]
    drawn = {
        "accuracy": _lines(position, "position", "accuracy_{lane}", "position in the reference", "accuracy", (0, 1)),
        "loss": _lines(position, "position", "loss_{lane}", "position in the reference", "log-loss, nats a piece"),
        "mistake": _lines(mistake, "distance", "accuracy_{lane}", "pieces behind the first mistake", "accuracy", (0, 1)),
        "wrong-word": _both(
            {lane: shown(words[lane]) for lane in LANES}, "word", "lost", "place of the wrong word", "lost, nats"
        ),
    }
    return [
        {"name": name, "title": title, "note": note, "figure": json.loads(drawn[name].to_json())}
        for name, (title, note) in NOTES.items()
    ]


def _lines(table: Table, x: str, y: str, across: str, up: str, bounds: tuple[float, float] | None = None) -> go.Figure:
    """Both lanes from one table, where `y` holds the lane's name."""
    figure = go.Figure()
    for lane, (name, style) in LANES.items():
        curves.add(figure, shown(table), x, y.format(lane=lane), name, style, lane)
    return laid_out(figure, across, up, bounds)


def _both(tables: Mapping[str, Table], x: str, y: str, across: str, up: str) -> go.Figure:
    """Each lane from a table of its own."""
    figure = go.Figure()
    for lane, (name, style) in LANES.items():
        curves.add(figure, tables[lane], x, y, name, style, lane)
    return laid_out(figure, across, up)


def headline(report: Mapping[str, Any]) -> list[dict[str, str]]:
    """The means over all pieces, each with its unit, its mode and its band."""
    s = report["summary"]

    def band(key: str, digits: int = 1, scale: float = 100, unit: str = "%") -> str:
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
        {"name": "free translations that are the reference", "value": f"{s['never_diverged']:.1%}"},
        {"name": "first mistake, median", "value": first},
        {"name": "sentences, pieces", "value": f"{s['sentences']:,}, {s['pieces']:,}"},
    ]


def table(report: Mapping[str, Any]) -> dict[str, Any]:
    """The table by position as the page shows it, and as CSV with every column."""
    columns = ("position", "sentences", "accuracy_forced", "accuracy_free", "loss_forced", "loss_free", "on_reference")
    rows = [[line[name] for name in columns] for line in report["by_position"]]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(report["by_position"][0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(report["by_position"])
    return {"columns": list(columns), "rows": rows, "csv": text.getvalue()}


def payload(report: Mapping[str, Any] | None, **extra: Any) -> str:
    """Everything the page needs to show a report, or none, as one JSON text."""
    drawn: dict[str, Any] = {}
    if report is not None:
        drawn = {"headline": headline(report), "figures": figures(report), "table": table(report)}
    return json.dumps({**drawn, **extra}, ensure_ascii=False, allow_nan=False)
