"""Answers of a dialogue model side by side, and one answer under two questions, as plain values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from seq2seq.trace import DecodingTrace
from seq2seq.views.pieces import label

BITS = 1 / math.log(2)  # bits per nat
HEAD = ("replies by", "turns", "different", "distinct-1", "distinct-2", "words", "five most frequent", "most frequent")
NOTHING = 0.05  # bits per piece: below this, the question hardly matters


def bits(trace: DecodingTrace) -> float:
    """Return the mean surprise of a forced reply in bits per piece; its end mark is a piece."""
    return -trace.log_prob * BITS / len(trace.steps)


def swap(own: DecodingTrace, other: DecodingTrace) -> dict[str, Any]:
    """Return one reply under its own question and under another: bits of each piece, their means, and what they say."""
    rows = [
        {"question": trace.source_text, "bits": [round(-step.log_prob * BITS, 3) for step in trace.steps], "mean": bits(trace)}
        for trace in (own, other)
    ]
    worth = bits(other) - bits(own)
    return {
        "pieces": [{"text": (drawn := label(step.piece)).text, "kind": drawn.kind} for step in own.steps],
        "rows": rows,
        "worth": worth,
        "says": _says(own, other, worth),
    }


def _says(own: DecodingTrace, other: DecodingTrace, worth: float) -> str:
    numbers = f"{bits(own):.2f} bits per piece under its own question and {bits(other):.2f} under the other one"
    if abs(worth) < NOTHING:
        return f"The answer costs {numbers}: it hardly cares what was asked."
    if worth < 0:
        return f"The answer costs {numbers}: it fits the other question better."
    return f"The answer costs {numbers}: its own question is worth {worth:.2f} bits per piece."


def varieties(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the table of a report of `replies`: its head and its rows as text."""
    return {"head": HEAD, "rows": [_row(each) for each in found["varieties"]], "says": _summary(found)}


def _row(each: Mapping[str, Any]) -> Sequence[str]:
    return [
        each["how"],
        f"{each['replies']:,}",
        f"{each['different']:,}",
        f"{each['distinct_1']:.3f}",
        f"{each['distinct_2']:.3f}",
        f"{each['words']:.1f}",
        f"{100 * each['top_share']:.0f}%",
        f"{each['most_frequent'] or 'nothing'} ({each['most_frequent_count']:,})",
    ]


def _summary(found: Mapping[str, Any]) -> str:
    question = found["question"]
    return (
        f"Real replies of held-out talks cost {question['own']:.3f} bits per piece, teacher-forced, and "
        f"{question['swapped']:.3f} under the question of somebody else: the question is worth {question['worth']:.3f} bits "
        f"per piece. The table is free-running, by {found['command']}"
    )
