"""Curves with bands as Plotly figures, the same everywhere.

Colours are left to the page, which knows light from dark: each trace names its colour in `meta`. Colour is never alone: lines
differ in their dashes and marks, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

FEWEST = 10  # sentences that a point needs to be drawn; the tables have all
Table = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Style:
    """How a curve is drawn; `colour` is one that the page knows: ink, source, target or soft."""

    colour: str
    symbol: str
    dash: str


TOLD = Style("ink", "circle", "solid")  # what goes by the reference
OWN = Style("target", "diamond-open", "dash")  # what goes by the decoder's own pieces
THIRD = Style("soft", "square-open", "dot")


@dataclass(frozen=True)
class Curve:
    """A column of a report's table, with its band."""

    table: Table
    column: str
    name: str
    style: Style
    key: str  # says in `meta` what is drawn


def figure(lines: Iterable[Curve], counter: str, across: str, up: str, bounds: tuple[float, float] | None = None) -> go.Figure:
    """The curves against the column `counter`, as far as enough sentences stand behind them."""
    drawn = go.Figure()
    for line in lines:
        _add(drawn, line, counter)
    return laid_out(drawn, across, up, bounds)


def _add(drawn: go.Figure, curve: Curve, x: str) -> None:
    """A band and a line with marks."""
    y, style = curve.column, curve.style
    known = [line for line in curve.table if line["sentences"] >= FEWEST and line[y] is not None]
    at = [line[x] for line in known]
    band = [line[f"{y}_high"] for line in known] + [line[f"{y}_low"] for line in reversed(known)]
    drawn.add_scatter(
        x=at + at[::-1],
        y=band,
        mode="lines",
        fill="toself",
        line={"width": 0},
        meta={"of": curve.key, "colour": style.colour, "part": "band"},
        hoverinfo="skip",
        showlegend=False,
    )
    drawn.add_scatter(
        x=at,
        y=[line[y] for line in known],
        mode="lines+markers",
        name=curve.name,
        line={"width": 3, "dash": style.dash},
        marker={"size": 9, "symbol": style.symbol},
        meta={"of": curve.key, "colour": style.colour, "part": "line"},
        customdata=[[line["sentences"], line[f"{y}_low"], line[f"{y}_high"]] for line in known],
        hovertemplate="%{y:.3f} (%{customdata[1]:.3f} to %{customdata[2]:.3f}), %{customdata[0]} sentences<extra></extra>",
    )


def laid_out(drawn: go.Figure, across: str, up: str, bounds: tuple[float, float] | None = None) -> go.Figure:
    return drawn.update_layout(
        template=None,
        xaxis={"title": {"text": across}, "tickformat": "d", "tickangle": 0, "zeroline": False},
        yaxis={"title": {"text": up}, "rangemode": "tozero", "zeroline": False, **({"range": list(bounds)} if bounds else {})},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        margin={"l": 64, "r": 12, "t": 44, "b": 56},
        hovermode="x",
    )
