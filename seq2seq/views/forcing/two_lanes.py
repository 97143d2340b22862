"""The lanes of a sentence: forced (fed the reference), free (fed its own output), and a third one with a rescue or wrong word.

Every lane has the same fields per step: its input, its output, its candidates, and the reference piece with its probability and
rank there. The output of a forced lane is its first candidate, but its next input is the reference.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seq2seq.trace import DecodingStep, DecodingTrace
from seq2seq.views.pieces import label
from seq2seq.views.stage.sentences import TextSpan, piece_spans, to_dicts

if TYPE_CHECKING:  # for the annotations only: the views do not load the engine
    from seq2seq.analysis.forcing.two_lanes import Injection, Lanes, Recovery, Rescue

START = {"text": "start", "kind": "end"}


def _label(piece: str) -> dict[str, Any]:
    return {"text": label(piece).text, "kind": label(piece).kind}


def _candidates(step: DecodingStep) -> list[dict[str, Any]]:
    return [{**_label(c.piece), "token": c.token, "log_prob": c.log_prob} for c in step.candidates]


def _gold(piece: str, position: int, log_prob: float, rank: int) -> dict[str, Any]:
    return {**_label(piece), "position": position, "log_prob": log_prob, "rank": rank}


def forced_lane(trace: DecodingTrace) -> dict[str, Any]:
    """Return a lane whose inputs were the pieces of `trace`, whatever it would have chosen."""
    steps = trace.steps
    return {
        "fed": [START, *(_label(step.piece) for step in steps[:-1])],
        "writes": [_label(step.candidates[0].piece) for step in steps],
        "log_probs": [step.candidates[0].log_prob for step in steps],
        "right": [step.rank == 1 for step in steps],
        "candidates": [_candidates(step) for step in steps],
        "gold": [_gold(step.piece, t, step.log_prob, step.rank) for t, step in enumerate(steps)],
        "totals": [step.total for step in steps],
        "attention": [step.attention for step in steps],
    }


def free_lane(trace: DecodingTrace, given: int = 0) -> dict[str, Any]:
    """Return a lane that was fed its own output, except for the first `given` steps, which were forced."""
    steps = trace.steps
    return {
        "fed": [START, *(_label(step.piece) for step in steps[:-1])],
        "writes": [_label(step.piece) for step in steps],
        "log_probs": [step.log_prob for step in steps],
        "candidates": [_candidates(step) for step in steps],
        "totals": [step.total for step in steps],
        "attention": [step.attention for step in steps],
        "given": given,
    }


def view(lanes: Lanes) -> dict[str, Any]:
    """Return both lanes and a sentence for each step."""
    gold = lanes.forced.steps
    free = free_lane(lanes.free)
    free["gold"] = [_gold(gold[e.position].piece, e.position, e.log_prob, e.rank) for e in lanes.expected]
    free["right"] = [step.token == gold[e.position].token for step, e in zip(lanes.free.steps, lanes.expected, strict=True)]
    return {
        "source": [_label(position.piece) for position in lanes.forced.source],
        "reference": [_label(step.piece) for step in gold],
        "forced": forced_lane(lanes.forced),
        "free": free,
        "divergence": lanes.divergence,
        "sentences": [to_dicts(step_sentence(lanes, number)) for number in range(_length(lanes) + 1)],
    }


def rescued(rescue: Rescue, gold: str, step: int) -> dict[str, Any]:
    """Return the third lane after a rescue, and a sentence about its effect."""
    lane = free_lane(rescue.trace, rescue.word.end)
    spans = [
        TextSpan("Given "),
        TextSpan(f"“{gold}”", "target"),
        TextSpan(f" at step {step + 1}, the decoder "),
        TextSpan(_recovery_text(rescue.recovery, "the reference")),
    ]
    return {"kind": "rescue", "lane": lane, "at": [rescue.word.start, rescue.word.end], "says": to_dicts(spans)}


def injected(injection: Injection, trace: DecodingTrace, wrong: str, right: str) -> dict[str, Any]:
    """Return the third lane after a wrong word, and a sentence about its effect. `trace` was forced as far as the lane is."""
    end = injection.word.start + len(injection.wrong)
    lane = forced_lane(trace) if injection.lane == "forced" else free_lane(trace, end)
    spans = [
        *(TextSpan("With "), TextSpan(f"“{wrong}”", "target"), TextSpan(" in place of "), TextSpan(f"“{right}”", "target")),
        TextSpan(", the pieces after it lose "),
        TextSpan(f"{injection.lost:.2f} nats of log-probability (teacher-forced). The decoder "),
        TextSpan(_recovery_text(injection.recovery, "its earlier output")),
    ]
    return {"kind": "injection", "of": injection.lane, "lane": lane, "at": [injection.word.start, end], "says": to_dicts(spans)}


def every_word(injections: Sequence[Injection], right: Sequence[str], wrong: Sequence[str]) -> list[dict[str, Any]]:
    """Return one row per word of a lane; each word was replaced in turn."""
    return [
        {"right": r, "wrong": w, "lost": i.lost, "after": i.recovery.after, "steps": i.recovery.steps}
        for i, r, w in zip(injections, right, wrong, strict=True)
    ]


def _recovery_text(recovery: Recovery, to: str) -> str:
    if recovery.after is None:
        return f"does not return to {to}."
    if recovery.after == 0:
        return f"continues at once with {to}."
    steps = "1 step" if recovery.after == 1 else f"{recovery.after} steps"
    return f"returns to {to} after {steps} and stays with it."


def _rank(rank: int) -> int | None:
    """Return a rank that the sentence should mention."""
    return rank if rank > 1 else None


def _length(lanes: Lanes) -> int:
    return max(len(lanes.forced.steps), len(lanes.free.steps))


def step_sentence(lanes: Lanes, number: int) -> list[TextSpan]:
    """Describe step `number`, counted from 1; 0 is the state before step 1."""
    if number == 0:
        return [TextSpan("Both lanes start equal: the encoder has read the source, and nothing is written yet.")]
    t, divergence = number - 1, lanes.divergence
    forced, free = (trace.steps[t] if t < len(trace.steps) else None for trace in (lanes.forced, lanes.free))
    head = TextSpan(f"Step {number}: ")
    if forced and free and (divergence is None or t < divergence):
        last = divergence is None and t == len(lanes.free.steps) - 1
        spans = [
            head,
            TextSpan("both lanes have the same input and choose "),
            *piece_spans(free.piece, free.log_prob),
            TextSpan(", like the reference."),
        ]
        return [*spans, TextSpan(" The free translation equals the reference: the lanes never differ.")] if last else spans
    if forced and free and t == divergence:
        return [
            *(head, TextSpan("the first mistake. Both lanes would write "), *piece_spans(free.piece, free.log_prob)),
            *(TextSpan("; the reference has "), *piece_spans(forced.piece, forced.log_prob, forced.rank)),
            TextSpan(". Teacher forcing feeds the reference piece; in free running, the decoder is fed its own piece."),
        ]
    spans = [head]
    if forced:
        verb = "also chooses" if forced.rank == 1 else f"would choose “{label(forced.candidates[0].piece).text}”, not"
        spans += [
            TextSpan(f"fed the reference, the decoder {verb} "),
            *piece_spans(forced.piece, forced.log_prob, _rank(forced.rank)),
            TextSpan(". "),
        ]
    else:
        spans.append(TextSpan("the reference has ended. "))
    if free:
        expected = lanes.expected[t]
        gold = lanes.forced.steps[expected.position]
        spans += [TextSpan("Fed its own output, it writes "), *piece_spans(free.piece, free.log_prob)]
        if gold.token == free.token:
            spans.append(TextSpan(", the same piece as the reference at this position."))
        else:
            spans += [
                TextSpan("; at this position the reference has "),
                *piece_spans(gold.piece, expected.log_prob, _rank(expected.rank)),
                TextSpan("."),
            ]
    else:
        spans.append(TextSpan("The free lane has ended."))
    return spans


def identity(lanes: Lanes) -> str:
    """Return an id that is different for different lanes."""
    return lanes.forced.id + lanes.free.id


def payload(lanes: Lanes, **extra: Any) -> str:
    """Return all data of the lanes that the page needs, as JSON text."""
    return json.dumps({"id": identity(lanes), "lanes": view(lanes), **extra}, ensure_ascii=False, allow_nan=False)
