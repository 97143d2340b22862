"""Attention of several models, or of several heads of one model, on one sentence: matrices and their labels.

All weights are between 0 and 1, so all matrices share one colour scale. The page draws them as tables, because keyboards,
screen readers and printers can read tables.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.colors

from seq2seq.sources.words import merge_words
from seq2seq.trace import DecodingStep, DecodingTrace, SourcePosition
from seq2seq.views.pieces import label, words
from seq2seq.views.stage.heatmap import DIGITS, SCALE

SOURCE, TARGET, FED = (
    "source",
    "target",
    "fed",
)  # contents of an axis; "fed": the decoder input of each step, the targets shifted by one
START = "start"
SECOND = 0.15  # smallest second weight that the sentence mentions

Weights = Sequence[Sequence[float]]  # rows x columns


def scale() -> list[list[Any]]:
    """Return [[0, colour], …, [1, colour]]; colours are #rrggbb."""
    stops = plotly.colors.get_colorscale(SCALE)
    return [[place, colour] for place, colour in stops]


def grid(trace: DecodingTrace, weights: Weights, rows: str = TARGET, columns: str = SOURCE) -> dict[str, Any]:
    """Return one matrix by `pieces` and by `words`; its axes are SOURCE, TARGET or FED of `trace`.

    A word's column is the sum over its pieces, and its row is the mean over its pieces, so that rows still sum to 1.
    """
    (row_pieces, row_words), (column_pieces, column_words) = (_axis(trace, kind) for kind in (rows, columns))
    merged = merge_words(weights, [entry["at"] for entry in row_words], [entry["at"] for entry in column_words])
    return {
        "axes": [rows, columns],
        "pieces": _matrix(row_pieces, column_pieces, weights),
        "words": _matrix(row_words, column_words, merged),
    }


def _matrix(rows: list[dict[str, Any]], columns: list[dict[str, Any]], weights: Weights) -> dict[str, Any]:
    rounded = [[round(weight, DIGITS) for weight in row] for row in weights]
    return {
        "rows": rows,
        "columns": columns,
        "weights": rounded,
        "says": [describe_row(row["text"], columns, values) for row, values in zip(rows, rounded, strict=True)],
    }


def _axis(trace: DecodingTrace, kind: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the entries of an axis by pieces and by words: text, positions, and the number of the word."""
    positions: Sequence[SourcePosition | DecodingStep] = trace.source if kind == SOURCE else trace.steps
    shift = 0
    pieces, whole = [], []
    if kind == FED:  # the input of step t is the output of step t - 1; the first input is the start mark
        positions, shift = positions[:-1], 1
        pieces, whole = [[_entry(START, "end", [0], -1)] for _ in range(2)]
    for at, position in enumerate(positions):
        drawn = label(position.piece)
        pieces.append(_entry(drawn.text, drawn.kind, [at + shift], position.word))
    for text, group in words(positions):
        kind_of = label(positions[group[0]].piece).kind if len(group) == 1 else "text"
        whole.append(_entry(text, kind_of, [at + shift for at in group], positions[group[0]].word))
    return pieces, whole


def _entry(text: str, kind: str, at: list[int], word: int) -> dict[str, Any]:
    return {"text": text, "kind": kind, "at": at, "word": word}


def describe_row(row: str, columns: Sequence[Mapping[str, Any]], values: Sequence[float]) -> str:
    """Say in a sentence where one row has its largest weights."""
    best, *others = sorted(range(len(values)), key=lambda i: (-values[i], i))
    text = f"“{row}” looks at “{columns[best]['text']}” {percent(values[best])}"
    if others and values[others[0]] >= SECOND:
        text += f", then at “{columns[others[0]]['text']}” {percent(values[others[0]])}"
    return f"{text}."


def percent(share: float) -> str:
    """Format a share without a false 0% or 100%."""
    if 0 < share < 0.005:
        return "under 1%"
    return "over 99%" if 0.995 < share < 1 else f"{share:.0%}"


def result(trace: DecodingTrace) -> dict[str, Any]:
    """Return text and figures of a free-running, greedy decoding."""
    return {
        "text": trace.text,
        "log_prob": trace.log_prob,
        "pieces": len(trace.steps),
        "entropy": [round(step.entropy, 3) for step in trace.steps],
        "rows": [label(step.piece).text for step in trace.steps],
    }


def thumbnail(weights: np.ndarray) -> dict[str, Any]:
    """Return a small encoding of a matrix, one byte per weight, so that the page can load dozens."""
    shares = np.clip(np.rint(np.asarray(weights) * 255), 0, 255).astype(np.uint8)
    return {"rows": shares.shape[0], "columns": shares.shape[1], "bytes": base64.b64encode(shares.tobytes()).decode()}


def changes(trace: DecodingTrace, by_part: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """Return how much each piece changed the encoder's state, one row per direction; for models without attention."""
    pieces, _ = _axis(trace, SOURCE)
    return {
        "columns": pieces,
        "parts": [{"name": name, "values": [round(v, DIGITS) for v in vs]} for name, vs in by_part.items()],
    }
