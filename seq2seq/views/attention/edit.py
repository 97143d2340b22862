"""A translation compared with a second one, whose attention weights were edited at one step."""

from __future__ import annotations

from itertools import takewhile
from typing import Any

from seq2seq.sources.pieces import END, has_letters
from seq2seq.trace import DecodingStep, DecodingTrace
from seq2seq.views import matrix
from seq2seq.views.attention import side_by_side
from seq2seq.views.attention.attribution import probability
from seq2seq.views.pieces import label


def side(trace: DecodingTrace) -> dict[str, Any]:
    """Return one of the two translations: its result, its attention by pieces, and the candidates of each step."""
    weights = [list(step.attention) for step in trace.steps if step.attention is not None]
    return {
        "result": side_by_side.result(trace),
        "grid": matrix.grid(trace, weights)["pieces"],
        "labels": [{"text": label(step.piece).text, "kind": label(step.piece).kind} for step in trace.steps],
        "candidates": [_candidates(step) for step in trace.steps],
    }


def _candidates(step: DecodingStep) -> list[dict[str, Any]]:
    return [{"text": label(c.piece).text, "kind": label(c.piece).kind, "log_prob": c.log_prob} for c in step.candidates]


def common_prefix(before: DecodingTrace, after: DecodingTrace) -> int:
    """Count the pieces with which both translations begin."""
    pairs = zip(before.steps, after.steps, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0].token == pair[1].token, pairs))


def striking_edit(trace: DecodingTrace, total: int) -> dict[str, Any]:
    """Return `step` (from 1) and `weights` (their sum is `total`) of an edit that is likely to change the translation.

    The step with the largest weight on a word looks only at the word of a later step instead; if there is none, of an earlier
    step.
    """
    words = [position.piece != END and has_letters(position.piece) for position in trace.source]
    looks = []  # (weight, step, source position) of each step: its largest weight on a word
    for t, step in enumerate(trace.steps):
        best = max((weight, s) for s, weight in enumerate(step.attention or ()) if words[s])
        looks.append((best[0], t, best[1]))
    _, step_to_edit, looked = max(looks)
    others = [look for look in looks if look[2] != looked]
    goal = max([look for look in others if look[1] > step_to_edit] or others or looks)[2]
    return {"step": step_to_edit + 1, "weights": tuple(total if s == goal else 0 for s in range(len(trace.source)))}


def verdict(before: DecodingTrace, after: DecodingTrace, step: int) -> str:
    """Say in a sentence what the edit at `step` (0-based) changed."""
    was, now = before.steps[step], after.steps[step]
    assert was.attention is not None and now.attention is not None
    texts = [label(position.piece).text for position in before.source]
    old_top, new_top = (texts[max(range(len(texts)), key=weights.__getitem__)] for weights in (was.attention, now.attention))
    moved = (
        f"now looks mostly at “{new_top}” instead of “{old_top}”"
        if new_top != old_top
        else f"still looks mostly at “{new_top}”"
    )
    piece = label(was.piece).text
    start = f"At step {step + 1} the decoder {moved}"
    same = common_prefix(before, after)
    if len(before.steps) == len(after.steps) == same:
        return (
            f"{start}. The translation stays the same; the probability of “{piece}” goes from {probability(was.log_prob)} "
            f"to {probability(now.log_prob)}."
        )
    if same == step:
        return (
            f"{start} and writes “{label(now.piece).text}” ({probability(now.log_prob)}) instead of “{piece}” "
            f"({probability(was.log_prob)}). From the next step on it is fed the new piece, with its own attention weights."
        )
    return (
        f"{start} and still writes “{piece}” (probability {probability(was.log_prob)} before, {probability(now.log_prob)} "
        f"now). But its hidden state has changed: from step {same + 1} on the translation differs."
    )
