"""A training run as it is watched: its events in columns, empty figures for them, and the attention of its probe sentences.

The page asks for what is new about once a second and draws it into the figures, so these hold no numbers: `meta` of a trace
says which columns are its own.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from seq2seq.data.synthetic.example import Example
from seq2seq.sources.pieces import Span, character_spans
from seq2seq.training.events import (
    BatchSplit,
    DeviceUsed,
    Event,
    Finished,
    Measured,
    SampleDecoded,
    Started,
    StepDone,
    Validated,
)
from seq2seq.views.curves import OWN, THIRD, TOLD, Style, laid_out
from seq2seq.views.pieces import label, visible
from seq2seq.views.stage import heatmap

_COLUMNS: dict[str, type[Any]] = {"steps": StepDone, "validated": Validated, "measured": Measured}
_BATCH = Style("soft", "circle", "solid")


@dataclass(frozen=True)
class Trace:
    """A column of the events, drawn against the update."""

    name: str
    table: str
    column: str
    style: Style
    compared: bool = True  # drawn of other runs, too, where they are compared


@dataclass(frozen=True)
class Sheet:
    """A figure: its title, what is to be seen in it, its upright axis, its traces."""

    title: str
    note: str
    up: str
    traces: tuple[Trace, ...]
    bounds: tuple[float, float] | None = None
    folded: bool = False  # shown on demand


SHEETS: dict[str, Sheet] = {
    "loss": Sheet(
        "Loss",
        "Of each batch that it learns from, fed as the teacher-forcing schedule says, with dropout and label smoothing; and of "
        "the held-out sentences, teacher-forced, without.",
        "nats a piece",
        (
            Trace("training batch", "steps", "loss", _BATCH, compared=False),
            Trace("held out, teacher-forced", "validated", "loss", TOLD),
        ),
    ),
    "accuracy": Sheet(
        "Is the next piece right?",
        "Share of the reference's pieces, on held-out sentences. The gap is what its own mistakes cost.",
        "accuracy",
        (
            Trace("fed the reference", "measured", "accuracy_forced", TOLD),
            Trace("fed its own output", "measured", "accuracy_free", OWN),
        ),
        (0, 1.02),
    ),
    "quality": Sheet(
        "Left alone: what does it write?",
        "Greedy translations of held-out sentences, free-running: how many are exactly the reference, and their BLEU.",
        "of 100",
        (
            Trace("exact match, %", "measured", "exact", TOLD),
            Trace("BLEU (sacrebleu)", "measured", "bleu", OWN, compared=False),
        ),
        (0, 102),
    ),
    "gradient": Sheet(
        "Gradient norm",
        "Before clipping, of each batch.",
        "norm",
        (Trace("gradient norm", "steps", "gradient_norm", _BATCH, compared=False),),
        folded=True,
    ),
    "rate": Sheet(
        "Learning rate",
        "It rises over the first updates, then falls by half a cosine.",
        "learning rate",
        (Trace("learning rate", "steps", "learning_rate", TOLD),),
        folded=True,
    ),
    "forcing": Sheet(
        "Teacher forcing",
        "Probability of feeding the reference's piece; below 1 the decoder is fed what it drew itself.",
        "share fed the reference",
        (Trace("share fed the reference", "steps", "teacher_forcing", THIRD),),
        (0, 1.02),
        folded=True,
    ),
}


def figures() -> list[dict[str, Any]]:
    """Every figure, without numbers, as plain JSON values."""
    return [
        {"name": name, "title": s.title, "note": s.note, "folded": s.folded, "figure": json.loads(_empty(s).to_json())}
        for name, s in SHEETS.items()
    ]


def _empty(sheet: Sheet) -> go.Figure:
    drawn = go.Figure()
    for trace in sheet.traces:
        batches = trace.table == "steps"  # many points: a line alone
        told_by = {"table": trace.table, "column": trace.column, "compared": trace.compared}
        drawn.add_scatter(
            x=[],
            y=[],
            mode="lines" if batches else "lines+markers",
            name=trace.name,
            line={"width": 2 if batches else 3, "dash": trace.style.dash},
            marker={"size": 8, "symbol": trace.style.symbol},
            meta={**told_by, "colour": trace.style.colour, "part": "line"},
            hovertemplate="%{y:.4~g} after update %{x:,}",
        )
    laid_out(drawn, "updates", sheet.up, sheet.bounds)
    return drawn.update_layout(uirevision="run", hovermode="closest", showlegend=True)  # a visitor's zoom stays


def told(events: Iterable[Event], known: Iterable[Example] = ()) -> dict[str, Any]:
    """Events as plain JSON values: those of many numbers in columns, a probe sentence with its heatmap.

    Of the `known` examples the true alignment is drawn into it, once the translation is right.
    """
    examples = {example.source: example for example in known}
    found: dict[str, Any] = {name: {f.name: [] for f in dataclasses.fields(kind)} for name, kind in _COLUMNS.items()}
    found |= {"started": [], "samples": [], "finished": None, "device": None, "split": None}
    latest = {Finished: "finished", DeviceUsed: "device", BatchSplit: "split"}
    for event in events:
        if isinstance(event, Started):
            found["started"].append(dataclasses.asdict(event))
        elif isinstance(event, SampleDecoded):
            found["samples"].append(_sample(event, examples.get(event.source)))
        elif type(event) in latest:
            found[latest[type(event)]] = {name: _plain(value) for name, value in dataclasses.asdict(event).items()}
        for name, kind in _COLUMNS.items():
            if isinstance(event, kind):
                for column, values in found[name].items():
                    values.append(_plain(getattr(event, column)))
    return found


def _plain(value: Any) -> Any:
    """JSON has no word for the numbers of a run that diverges."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _sample(event: SampleDecoded, example: Example | None) -> dict[str, Any]:
    drawn = None
    if event.attention:
        rows, columns = ([label(piece).text for piece in pieces] for pieces in (event.pieces, event.source_pieces))
        drawn = heatmap.figure(event.attention, rows, columns, "attention weight")
    right = example is not None and event.hypothesis == example.target
    gold = true_alignment(example, event.source_pieces, event.pieces) if example and right else []
    return {
        "update": event.update,
        "source": event.source,
        "hypothesis": visible(event.hypothesis),
        "figure": drawn,
        "gold": gold,
    }


def true_alignment(example: Example, source: Sequence[str], target: Sequence[str]) -> list[tuple[int, int]]:
    """Which target piece belongs to which source piece, (row, column) of the heatmap, by the example's spans of characters."""
    spans, spans_of_target = character_spans(source), character_spans(target)
    return [
        (row, column)
        for row, written in enumerate(spans_of_target)
        for column, read in enumerate(spans)
        if any(_meet(read, of_source) and _meet(written, of_target) for of_source, of_target in example.links)
    ]


def _meet(one: Span, other: Span) -> bool:
    return max(one[0], other[0]) < min(one[1], other[1])
