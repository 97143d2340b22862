"""A matrix of attention weights with its labels: the record of every heatmap.

The page draws a matrix as a table, because keyboards, screen readers and printers can read tables. All weights are between 0
and 1, and all matrices share one colour scale, so that equal weights look equal in every picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seq2seq.sources.words import merge_words
from seq2seq.trace import DecodingStep, DecodingTrace, SourcePosition
from seq2seq.views.pieces import label, words

DIGITS = 4
# Contents of an axis. "fed" is the decoder input of each step: the targets, shifted by one.
SOURCE, TARGET, FED = "source", "target", "fed"
START = "start"
SECOND = 0.15  # smallest second weight that the sentence of a row mentions

Weights = Sequence[Sequence[float]]  # rows x columns


def of_trace(trace: DecodingTrace) -> dict[str, Any] | None:
    """Return the attention of a decoding, one row per step; None without attention."""
    weights = [step.attention for step in trace.steps if step.attention is not None]
    return grid(trace, weights) if weights and len(weights) == len(trace.steps) else None


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


def of_pieces(rows: Sequence[str], columns: Sequence[str], weights: Weights) -> dict[str, Any]:
    """Return the matrix of pieces that belong to no trace, for example of a probe sentence."""
    down, across = ([axis_entry(piece, [at]) for at, piece in enumerate(pieces)] for pieces in (rows, columns))
    return _matrix(down, across, weights)


def _matrix(rows: list[dict[str, Any]], columns: list[dict[str, Any]], weights: Weights) -> dict[str, Any]:
    rounded = [[round(weight, DIGITS) for weight in row] for row in weights]
    return {
        "rows": rows,
        "columns": columns,
        "weights": rounded,
        "says": [describe_row(row["text"], columns, values) for row, values in zip(rows, rounded, strict=True)],
    }


def axis(trace: DecodingTrace, kind: str) -> list[dict[str, Any]]:
    """Return the entries of an axis by pieces."""
    return _axis(trace, kind)[0]


def _axis(trace: DecodingTrace, kind: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the entries of an axis by pieces and by words: text, positions, and the number of the word."""
    positions: Sequence[SourcePosition | DecodingStep] = trace.source if kind == SOURCE else trace.steps
    shift = 0
    pieces, whole = [], []
    if kind == FED:  # the input of step t is the output of step t - 1; the first input is the start mark
        positions, shift = positions[:-1], 1
        pieces, whole = [[_entry(START, START, [0], -1)] for _ in range(2)]
    for at, position in enumerate(positions):
        pieces.append(axis_entry(position.piece, [at + shift], position.word))
    for text, group in words(positions):
        kind_of = label(positions[group[0]].piece).kind if len(group) == 1 else "text"
        whole.append(_entry(text, kind_of, [at + shift for at in group], positions[group[0]].word))
    return pieces, whole


def axis_entry(piece: str, at: list[int], word: int = -1) -> dict[str, Any]:
    """Return the entry of a piece: its label, its positions `at`, and the number of its word (-1: none)."""
    drawn = label(piece)
    return _entry(drawn.text, drawn.kind, at, word)


def _entry(text: str, kind: str, at: list[int], word: int) -> dict[str, Any]:
    return {"text": text, "kind": kind, "at": at, "word": word}


def describe_row(row: str, columns: Sequence[Mapping[str, Any]], values: Sequence[float]) -> str:
    """Say in a sentence where one row has its largest weights."""
    best, *others = sorted(range(len(values)), key=lambda i: (-values[i], i))
    text = f"“{row}” looks at {_named(columns[best])} {percent(values[best])}"
    if others and values[others[0]] >= SECOND:
        text += f", then at {_named(columns[others[0]])} {percent(values[others[0]])}"
    return f"{text}."


def _named(column: Mapping[str, Any]) -> str:
    return {"end": "no word (the end mark)", START: "the start mark"}.get(column["kind"], f"“{column['text']}”")


def percent(share: float) -> str:
    """Format a share without a false 0% or 100%."""
    if 0 < share < 0.005:
        return "under 1%"
    return "over 99%" if 0.995 < share < 1 else f"{share:.0%}"
