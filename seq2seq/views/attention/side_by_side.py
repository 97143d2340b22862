"""Attention of several models, or heads of one, on one sentence: matrices with what their rows and columns stand for.

Weights are between 0 and 1 in every matrix, so that all share one scale of colours. Nothing is a figure yet: the page draws
tables, which keys, screen readers and a printer can go through.
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

SOURCE, TARGET, FED = "source", "target", "fed"  # what an axis holds; "fed": the piece that a step was given, shifted by one
START = "start"
SECOND = 0.15  # a second look worth mentioning

Weights = Sequence[Sequence[float]]  # rows x columns


def scale() -> list[list[Any]]:
    """[[0, colour], …, [1, colour]], the colours as #rrggbb."""
    stops = plotly.colors.get_colorscale(SCALE)
    return [[place, colour] for place, colour in stops]


def grid(trace: DecodingTrace, weights: Weights, rows: str = TARGET, columns: str = SOURCE) -> dict[str, Any]:
    """One matrix by `pieces` and by `words`, its axes being SOURCE, TARGET or FED of `trace`.

    Between words, a column is the sum over its pieces and a row the mean over its own, so that rows still sum to 1.
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
        "says": [said(row["text"], columns, values) for row, values in zip(rows, rounded, strict=True)],
    }


def _axis(trace: DecodingTrace, kind: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What stands along an axis, by pieces and by words: text, the positions it covers, and the number of its word."""
    positions: Sequence[SourcePosition | DecodingStep] = trace.source if kind == SOURCE else trace.steps
    shift = 0
    pieces, whole = [], []
    if kind == FED:  # step t was fed what step t - 1 wrote, the first one the start mark
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


def said(row: str, columns: Sequence[Mapping[str, Any]], values: Sequence[float]) -> str:
    """One row of weights as a sentence."""
    best, *others = sorted(range(len(values)), key=lambda i: (-values[i], i))
    text = f"“{row}” looks at “{columns[best]['text']}” {percent(values[best])}"
    if others and values[others[0]] >= SECOND:
        text += f", then at “{columns[others[0]]['text']}” {percent(values[others[0]])}"
    return f"{text}."


def percent(share: float) -> str:
    """Never a false 0% or 100%."""
    if 0 < share < 0.005:
        return "under 1%"
    return "over 99%" if 0.995 < share < 1 else f"{share:.0%}"


def result(trace: DecodingTrace) -> dict[str, Any]:
    """What came of the decoding, in numbers: free-running, greedy."""
    return {
        "text": trace.text,
        "log_prob": trace.log_prob,
        "pieces": len(trace.steps),
        "entropy": [round(step.entropy, 3) for step in trace.steps],
        "rows": [label(step.piece).text for step in trace.steps],
    }


def thumbnail(weights: np.ndarray) -> dict[str, Any]:
    """A matrix small enough to send dozens of: a byte a weight."""
    shares = np.clip(np.rint(np.asarray(weights) * 255), 0, 255).astype(np.uint8)
    return {"rows": shares.shape[0], "columns": shares.shape[1], "bytes": base64.b64encode(shares.tobytes()).decode()}


def changes(trace: DecodingTrace, by_part: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """Instead of attention: how far each piece moved the encoder's state, a row for each direction."""
    pieces, _ = _axis(trace, SOURCE)
    return {
        "columns": pieces,
        "parts": [{"name": name, "values": [round(v, DIGITS) for v in vs]} for name, vs in by_part.items()],
    }
