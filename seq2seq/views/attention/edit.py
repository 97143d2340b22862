"""A translation beside the one that was written with other attention weights at one step."""

from __future__ import annotations

from itertools import takewhile
from typing import Any

from seq2seq.trace import DecodingStep, DecodingTrace
from seq2seq.views.attention import side_by_side
from seq2seq.views.attention.attribution import probability
from seq2seq.views.pieces import alone, label


def side(trace: DecodingTrace) -> dict[str, Any]:
    """One of the two: what came of it, its attention by pieces, and the candidates of each step."""
    weights = [list(step.attention) for step in trace.steps if step.attention is not None]
    return {
        "result": side_by_side.result(trace),
        "grid": side_by_side.grid(trace, weights)["pieces"],
        "labels": [{"text": label(step.piece).text, "kind": label(step.piece).kind} for step in trace.steps],
        "candidates": [_candidates(step) for step in trace.steps],
    }


def _candidates(step: DecodingStep) -> list[dict[str, Any]]:
    return [{"text": alone(c.piece), "kind": label(c.piece).kind, "log_prob": c.log_prob} for c in step.candidates]


def shared(before: DecodingTrace, after: DecodingTrace) -> int:
    """With how many same pieces the two begin."""
    pairs = zip(before.steps, after.steps, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0].token == pair[1].token, pairs))


def said(before: DecodingTrace, after: DecodingTrace, step: int) -> str:
    """What the edit at `step` (0-based) did, in plain words."""
    was, now = before.steps[step], after.steps[step]
    assert was.attention is not None and now.attention is not None
    texts = [label(position.piece).text for position in before.source]
    looked, looks = (texts[max(range(len(texts)), key=weights.__getitem__)] for weights in (was.attention, now.attention))
    moved = f"now looks mostly at “{looks}” instead of “{looked}”" if looks != looked else f"still looks mostly at “{looks}”"
    piece = label(was.piece).text
    start = f"At step {step + 1} it {moved}"
    same = shared(before, after)
    if len(before.steps) == len(after.steps) == same:
        return (
            f"{start}. The translation stays the same; the probability of “{piece}” goes from {probability(was.log_prob)} "
            f"to {probability(now.log_prob)}."
        )
    if same == step:
        return (
            f"{start}, and writes “{label(now.piece).text}” ({probability(now.log_prob)}) where it wrote “{piece}” "
            f"({probability(was.log_prob)}). From there on it reads its new piece, and looks where it will."
        )
    return (
        f"{start}, and still writes “{piece}” (probability {probability(was.log_prob)} before, {probability(now.log_prob)} "
        f"now). But its state is another one: from step {same + 1} on the translation differs."
    )
