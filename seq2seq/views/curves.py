"""Curves with bands as Plotly figures, in one style for all views.

The page sets the colours, because they depend on its light or dark theme; each trace names its colour in `meta`. Lines also
differ in dash and marker, because colour alone is not enough for every reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

FEWEST = 10  # a point with fewer sentences is not drawn; the tables have all points
Table = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Style:
    """Style of a curve; `colour` is a name that the page knows: ink, source, target or soft."""

    colour: str
    symbol: str
    dash: str


REFERENCE = Style("ink", "circle", "solid")  # fed the reference
OWN = Style("target", "diamond-open", "dash")  # fed the decoder's own pieces
THIRD = Style("soft", "square-open", "dot")
FOURTH = Style("source", "triangle-up-open", "dashdot")


@dataclass(frozen=True)
class Curve:
    """A column of a report's table and its band."""

    table: Table
    column: str
    name: str
    style: Style
    key: str  # names the curve in `meta`


def figure(
    lines: Iterable[Curve], counter: str, x_title: str, y_title: str, bounds: tuple[float, float] | None = None
) -> go.Figure:
    """Draw the curves over the column `counter`; leave out points with too few sentences."""
    drawn = go.Figure()
    for line in lines:
        _add(drawn, line, counter)
    return with_layout(drawn, x_title, y_title, bounds)


def _add(drawn: go.Figure, curve: Curve, x: str) -> None:
    """Add a band and a line with markers."""
    y, style = curve.column, curve.style
    rows = [line for line in curve.table if line["sentences"] >= FEWEST and line[y] is not None]
    at = [line[x] for line in rows]
    band = [line[f"{y}_high"] for line in rows] + [line[f"{y}_low"] for line in reversed(rows)]
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
        y=[line[y] for line in rows],
        mode="lines+markers",
        name=curve.name,
        line={"width": 3, "dash": style.dash},
        marker={"size": 9, "symbol": style.symbol},
        meta={"of": curve.key, "colour": style.colour, "part": "line"},
        customdata=[[line["sentences"], line[f"{y}_low"], line[f"{y}_high"]] for line in rows],
        hovertemplate="%{y:.3f} (%{customdata[1]:.3f} to %{customdata[2]:.3f}), %{customdata[0]} sentences<extra></extra>",
    )


def with_layout(drawn: go.Figure, x_title: str, y_title: str, bounds: tuple[float, float] | None = None) -> go.Figure:
    return drawn.update_layout(
        template=None,
        xaxis={"title": {"text": x_title}, "tickformat": "d", "tickangle": 0, "zeroline": False},
        yaxis={
            "title": {"text": y_title},
            "rangemode": "tozero",
            "zeroline": False,
            **({"range": list(bounds)} if bounds else {}),
        },
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        margin={"l": 64, "r": 12, "t": 44, "b": 56},
        hovermode="x",
    )
