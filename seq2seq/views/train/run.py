"""A training run for the page: its events in columns, empty figures, and the attention of its probe sentences.

The page asks for new events about once a second and adds them to the figures, so the figures themselves are empty: `meta` of a
Plotly trace names its columns.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from seq2seq.data.synthetic.example import Example
from seq2seq.training.events import (
    DISTANCES,
    BatchSplit,
    DeviceUsed,
    Event,
    Finished,
    Measured,
    Reached,
    SampleDecoded,
    Started,
    StepDone,
    StoppedEarly,
    Tested,
    Validated,
)
from seq2seq.views import matrix
from seq2seq.views.curves import FOURTH, OWN, REFERENCE, THIRD, Style, with_layout
from seq2seq.views.pieces import visible

_COLUMNS: dict[str, type[Any]] = {"steps": StepDone, "validated": Validated, "measured": Measured}
_BATCH = Style("soft", "circle", "solid")


@dataclass(frozen=True)
class Trace:
    """A column of the events, drawn over the updates."""

    name: str
    table: str
    column: str
    style: Style
    compared: bool = True  # also drawn for the other runs of a comparison
    optional: bool = False  # not named in the legend of a run that has no such numbers


@dataclass(frozen=True)
class Sheet:
    """A figure: its title, explanation, y-axis and traces."""

    title: str
    note: str
    up: str
    traces: tuple[Trace, ...]
    bounds: tuple[float, float] | None = None
    folded: bool = False  # shown on demand
    log: bool = False  # the y-axis is logarithmic


def _reach_column(distance: int) -> str:
    return f"from_{distance}"


SHEETS: dict[str, Sheet] = {
    "loss": Sheet(
        "Loss",
        "Training batches: fed by the teacher-forcing schedule, with dropout and label smoothing. Held-out sentences: "
        "teacher-forced, without dropout and label smoothing.",
        "nats per piece",
        (
            Trace("training batch", "steps", "loss", _BATCH, compared=False),
            Trace("held out, teacher-forced", "validated", "loss", REFERENCE),
        ),
    ),
    "accuracy": Sheet(
        "Is the next piece right?",
        "Share of the reference pieces that are right, on held-out sentences. The gap is the cost of its own mistakes.",
        "accuracy",
        (
            Trace("fed the reference", "measured", "accuracy_forced", REFERENCE),
            Trace("fed its own output", "measured", "accuracy_free", OWN),
        ),
        (0, 1.02),
    ),
    "quality": Sheet(
        "Free-running: how good are the translations?",
        "Greedy translations of held-out sentences, free-running: the share of exact matches, and BLEU.",
        "of 100",
        (
            Trace("exact match, %", "measured", "exact", REFERENCE),
            Trace("BLEU (sacrebleu)", "measured", "bleu", OWN, compared=False),
        ),
        (0, 102),
    ),
    "attention": Sheet(
        "Does the attention find the alignment?",
        "Teacher-forced, on held-out sentences of a task: the share of the attention weight that is on the true alignment.",
        "share of the weight",
        (Trace("on the true alignment", "measured", "aligned", REFERENCE),),
        (0, 1.02),
    ),
    "reach": Sheet(
        "How far back does it reach?",
        "How much the output depends on a source piece, by the number of pieces that the encoder reads after it. Norm of the "
        "gradient of log p, teacher-forced, on held-out sentences; 1 is the mean over the pieces of a sentence.",
        "relative norm",
        tuple(
            Trace(name, "reached", _reach_column(distance), style, compared=distance == DISTANCES[-1], optional=True)
            for distance, name, style in zip(
                DISTANCES,
                ("0 or 1 pieces later", "2 to 4", "5 to 9", "10 or more"),
                (REFERENCE, OWN, THIRD, FOURTH),
                strict=True,
            )
        ),
        log=True,
    ),
    "gradient": Sheet(
        "Gradient norm",
        "Of each batch, before clipping.",
        "norm",
        (Trace("gradient norm", "steps", "gradient_norm", _BATCH, compared=False),),
        folded=True,
    ),
    "rate": Sheet(
        "Learning rate",
        "It rises during the first updates, then falls along half a cosine.",
        "learning rate",
        (Trace("learning rate", "steps", "learning_rate", REFERENCE),),
        folded=True,
    ),
    "forcing": Sheet(
        "Teacher forcing",
        "Probability of feeding the reference piece; otherwise the decoder is fed a piece that it sampled.",
        "share fed the reference",
        (Trace("share fed the reference", "steps", "teacher_forcing", THIRD),),
        (0, 1.02),
        folded=True,
    ),
}


def figures() -> list[dict[str, Any]]:
    """Return every figure without data, as plain JSON values."""
    return [
        {"name": name, "title": s.title, "note": s.note, "folded": s.folded, "figure": json.loads(_empty(s).to_json())}
        for name, s in SHEETS.items()
    ]


def _empty(sheet: Sheet) -> go.Figure:
    drawn = go.Figure()
    for trace in sheet.traces:
        batches = trace.table == "steps"  # many points: no markers
        meta = {"table": trace.table, "column": trace.column, "compared": trace.compared, "optional": trace.optional}
        drawn.add_scatter(
            x=[],
            y=[],
            mode="lines" if batches else "lines+markers",
            name=trace.name,
            line={"width": 2 if batches else 3, "dash": trace.style.dash},
            marker={"size": 8, "symbol": trace.style.symbol},
            meta={**meta, "colour": trace.style.colour, "part": "line"},
            hovertemplate="%{y:.4~g} after update %{x:,}",
        )
    with_layout(drawn, "updates", sheet.up, sheet.bounds)
    if sheet.log:
        drawn.update_yaxes(type="log", tickformat="~g")
    return drawn.update_layout(uirevision="run", hovermode="closest", showlegend=True)  # a visitor's zoom stays


def event_payload(events: Iterable[Event], examples: Iterable[Example] = ()) -> dict[str, Any]:
    """Return events as plain JSON values: numbers in columns, and each probe sentence with its heatmap.

    If a probe sentence is one of `examples` and its translation is right, the heatmap also has the true alignment.
    """
    by_source = {example.source: example for example in examples}
    data: dict[str, Any] = {name: {f.name: [] for f in dataclasses.fields(kind)} for name, kind in _COLUMNS.items()}
    data["reached"] = {name: [] for name in ("update", *map(_reach_column, DISTANCES))}
    data |= {"started": [], "samples": [], "finished": None, "device": None, "split": None, "stopped": None, "tested": None}
    latest = {Finished: "finished", DeviceUsed: "device", BatchSplit: "split", StoppedEarly: "stopped", Tested: "tested"}
    for event in events:
        if isinstance(event, Started):
            data["started"].append(dataclasses.asdict(event))
        elif isinstance(event, SampleDecoded):
            data["samples"].append(_sample(event, by_source.get(event.source)))
        elif isinstance(event, Reached):
            _add_reach(data["reached"], event)
        elif type(event) in latest:
            data[latest[type(event)]] = {name: _plain(value) for name, value in dataclasses.asdict(event).items()}
        for name, kind in _COLUMNS.items():
            if isinstance(event, kind):
                for column, values in data[name].items():
                    values.append(_plain(getattr(event, column)))
    return data


def _add_reach(columns: dict[str, list[Any]], event: Reached) -> None:
    """Add the relative norms; None for a distance that no sentence has."""
    found = {_reach_column(distance): value for distance, value in zip(event.distances, event.relative, strict=True)}
    for name, values in columns.items():
        values.append(event.update if name == "update" else _plain(found.get(name)))


def _plain(value: Any) -> Any:
    """Return None for the infinite values of a run that diverges, because JSON has no such numbers."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _sample(event: SampleDecoded, example: Example | None) -> dict[str, Any]:
    drawn = matrix.of_pieces(event.pieces, event.source_pieces, event.attention) if event.attention else None
    right = example is not None and event.hypothesis == example.target
    pieces_only = example and not example.regions  # the places of a picture are no pieces of a text
    gold = example.aligned(event.source_pieces, event.pieces) if example and right and pieces_only else []
    return {
        "update": event.update,
        "source": event.source,
        "hypothesis": visible(event.hypothesis),
        "matrix": drawn,
        "gold": gold,
    }
