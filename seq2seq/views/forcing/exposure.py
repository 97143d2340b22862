"""An exposure report on many sentences as Plotly figures and a table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from seq2seq.views.curves import OWN, REFERENCE, Curve, Table, figure
from seq2seq.views.tables import table

COLUMNS = ("position", "sentences", "accuracy_forced", "accuracy_free", "loss_forced", "loss_free", "on_reference")
LANES = {"forced": ("fed the reference", REFERENCE), "free": ("fed its own output", OWN)}

# name: title and explanation
NOTES = {
    "accuracy": (
        "Is the next piece right?",
        "Share of the reference pieces that the decoder gets right, by position. Both lanes start equal; the gap is the cost "
        "of the decoder's own mistakes.",
    ),
    "loss": (
        "How probable is the reference piece?",
        "Log-loss of the reference piece, by position; lower is better. In the free lane the reference piece may not fit the "
        "decoder's own output.",
    ),
    "mistake": (
        "After the first mistake",
        "Accuracy at each distance after the first mistake, same sentences: teacher forcing corrects the mistake; in free "
        "running it stays in the input.",
    ),
    "wrong-word": (
        "What a wrong word costs",
        "One random word of each sentence is replaced by a wrong one: how much log-probability the lane's own later pieces "
        "lose, teacher-forced.",
    ),
}


def figures(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return each figure as plain JSON values, with its title and its explanation."""
    position, mistake = (dict.fromkeys(LANES, report[name]) for name in ("by_position", "after_first_mistake"))
    at, after = ("position", "position in the reference"), ("distance", "pieces after the first mistake")
    drawn = {
        "accuracy": _lanes(position, "accuracy_{lane}", *at, "accuracy", (0, 1)),
        "loss": _lanes(position, "loss_{lane}", *at, "log-loss, nats per piece"),
        "mistake": _lanes(mistake, "accuracy_{lane}", *after, "accuracy", (0, 1)),
        "wrong-word": _lanes(report["by_injected_word"], "lost", "word", "position of the wrong word", "lost, nats"),
    }
    return [
        {"name": name, "title": title, "note": note, "figure": json.loads(drawn[name].to_json())}
        for name, (title, note) in NOTES.items()
    ]


def _lanes(
    tables: Mapping[str, Table], column: str, counter: str, across: str, up: str, bounds: tuple[float, float] | None = None
) -> go.Figure:
    """Draw both lanes, each from its table; `column` may contain {lane}."""
    lines = [Curve(tables[lane], column.format(lane=lane), name, style, lane) for lane, (name, style) in LANES.items()]
    return figure(lines, counter, across, up, bounds)


def headline(report: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the means over all pieces, each with its unit, mode and band."""
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
        {"name": "log-loss, teacher-forced, nats per piece", "value": band("loss_forced", **nats)},  # type: ignore[arg-type]
        {"name": "log-loss, free-running, nats per piece", "value": band("loss_free", **nats)},  # type: ignore[arg-type]
        {"name": "cost of a wrong word in the reference, nats", "value": band("lost_forced", **nats)},  # type: ignore[arg-type]
        {"name": "cost of a wrong word in its own output, nats", "value": band("lost_free", **nats)},  # type: ignore[arg-type]
        {"name": "free translations equal to the reference", "value": f"{s['never_diverged']:.1%}"},
        {"name": "first mistake, median", "value": first},
        {"name": "sentences, pieces", "value": f"{s['sentences']:,}, {s['pieces']:,}"},
    ]


def payload(report: Mapping[str, Any] | None, **extra: Any) -> str:
    """Return the data of a report as JSON text; `report` is None if there is none yet."""
    drawn: dict[str, Any] = {"headline": [], "figures": [], "table": None}
    if report is not None:
        by_position = table(report["by_position"], COLUMNS)
        drawn = {"headline": headline(report), "figures": figures(report), "table": by_position}
    return json.dumps({**drawn, **extra}, ensure_ascii=False, allow_nan=False)
