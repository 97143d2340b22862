"""Attention as a Plotly figure: one row per written piece (or word), one column per source piece (or word).

Axes are numeric with `tickvals`/`ticktext`, because a category axis would merge two equal pieces. The page makes the hover
labels as plain text, because Plotly would interpret HTML-like marks in them.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import plotly.colors

from seq2seq.sources.words import merge_words
from seq2seq.trace import DecodingTrace
from seq2seq.views.pieces import label, words

SCALE = "Cividis"  # perceptually uniform and readable with every kind of colour vision
DIGITS = 4
_STOPS = plotly.colors.get_colorscale(SCALE)


def figure(weights: Sequence[Sequence[float]], rows: Sequence[str], columns: Sequence[str], unit: str) -> dict[str, Any]:
    """Return a heatmap of `weights` (rows x columns, each 0..1) in `unit`; `rows` and `columns` are plain-text labels.

    The dictionary equals the JSON of plotly.py's objects. Those check every number, which takes longer than the decoding.
    """
    heat = {
        "type": "heatmap",
        "z": [[round(w, DIGITS) for w in row] for row in weights],
        "zmin": 0,
        "zmax": 1,
        "colorscale": _STOPS,
        "hoverinfo": "none",
        "xgap": 1,
        "ygap": 1,
        "colorbar": {
            "orientation": "h",
            "y": 0,
            "yanchor": "top",
            "title": {"text": unit, "side": "bottom"},
            "tickvals": [0, 0.25, 0.5, 0.75, 1],
            "thickness": 12,
            "outlinewidth": 0,
        },
    }
    layout = {
        "xaxis": _axis(columns, side="top", tickangle=-45),
        "yaxis": {**_axis(rows), "autorange": False, "range": [len(rows) - 0.5, -0.5]},
    }
    return {"data": [heat], "layout": layout}


def _axis(labels: Sequence[str], **settings: Any) -> dict[str, Any]:
    return {
        "tickvals": list(range(len(labels))),
        "ticktext": [html.escape(text, quote=False) for text in labels],
        "range": [-0.5, len(labels) - 0.5],
        "showgrid": False,
        "zeroline": False,
        "ticks": "",
        "ticklabelstandoff": 6,
        **settings,
    }


def view(trace: DecodingTrace) -> dict[str, Any] | None:
    """Return two figures, `pieces` and `words`, and the pieces of every row and column; None without attention."""
    weights = [step.attention for step in trace.steps if step.attention is not None]
    if not weights or len(weights) != len(trace.steps):
        return None
    unit = "attention weight, mean over heads" if trace.reading.averaged else "attention weight"
    target, source = words(trace.steps), words(trace.source)
    rows, columns = [group for _, group in target], [group for _, group in source]
    return {
        "pieces": {
            "figure": figure(weights, _texts(trace.steps), _texts(trace.source), unit),
            "rows": [[t] for t in range(len(trace.steps))],
            "columns": [[s] for s in range(len(trace.source))],
        },
        "words": {
            "figure": figure(merge_words(weights, rows, columns), [w for w, _ in target], [w for w, _ in source], unit),
            "rows": rows,
            "columns": columns,
        },
    }


def _texts(positions: Sequence[Any]) -> list[str]:
    return [label(position.piece).text for position in positions]
