"""Attention of several models, or of several heads of one model, on one sentence."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from seq2seq.trace import DecodingTrace
from seq2seq.views.matrix import DIGITS, SOURCE, axis, percent
from seq2seq.views.pieces import label


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


def measured(report: Mapping[str, Any]) -> str:
    """Say how often the largest weight lies on the right word, from a report of `align`."""
    attention, diagonal = (report[method]["linked_precision"] for method in ("attention", "diagonal"))
    rates = [f"{report[method]['error_rate']:.2f}" for method in ("attention", "diagonal")]
    return (
        f"Measured on {report['sentences']:,} held-out pairs (teacher-forced): of the words that a statistical aligner links, "
        f"{percent(attention)} have their largest weight on the same source word; on a plain diagonal, {percent(diagonal)}. "
        f"Alignment error rate {rates[0]}, diagonal {rates[1]}."
    )


def changes(trace: DecodingTrace, by_part: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """Return how much each piece changed the encoder's state, one row per direction; for models without attention."""
    return {
        "columns": axis(trace, SOURCE),
        "parts": [{"name": name, "values": [round(v, DIGITS) for v in vs]} for name, vs in by_part.items()],
    }
