"""The lanes of a sentence side by side: fed the reference, fed its own output, a third one after a rescue or a wrong word.

Every lane is told in the same terms, step by step: what it was fed, what it writes, its candidates, and the reference's piece
as the model sees it there. A forced lane would write its first candidate, and is then not fed it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seq2seq.trace import DecodingStep, DecodingTrace
from seq2seq.views.pieces import alone, label
from seq2seq.views.stage.sentences import Span, piece_spans, told

if TYPE_CHECKING:  # the engine's records are read here, and the engine is not loaded for it
    from seq2seq.analysis.two_lanes import Injection, Lanes, Recovery, Rescue

START = {"text": "start", "kind": "end"}


def _label(piece: str) -> dict[str, Any]:
    return {"text": alone(piece), "kind": label(piece).kind}


def _candidates(step: DecodingStep) -> list[dict[str, Any]]:
    return [{**_label(c.piece), "token": c.token, "log_prob": c.log_prob} for c in step.candidates]


def _gold(piece: str, position: int, log_prob: float, rank: int) -> dict[str, Any]:
    return {**_label(piece), "position": position, "log_prob": log_prob, "rank": rank}


def forced_lane(trace: DecodingTrace) -> dict[str, Any]:
    """A lane that was fed `trace`'s own pieces, whatever it would have written."""
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
    """A lane that was fed what it wrote, but for the first `given` steps, which were given to it."""
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
    """The two lanes, what each step is told as, and the reference's words that can be given as a rescue."""
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
        "sentences": [told(step_sentence(lanes, number)) for number in range(_length(lanes) + 1)],
    }


def rescued(found: Rescue, gold: str, step: int) -> dict[str, Any]:
    """The third lane after a rescue, and what came of it."""
    lane = free_lane(found.trace, found.word.end)
    spans = [
        Span("Given "),
        Span(f"“{gold}”", "target"),
        Span(f" at step {step + 1}, the decoder "),
        Span(_came_back(found.recovery, "the reference")),
    ]
    return {"kind": "rescue", "lane": lane, "at": [found.word.start, found.word.end], "says": told(spans)}


def injected(found: Injection, trace: DecodingTrace, wrong: str, right: str) -> dict[str, Any]:
    """The third lane after a wrong word, and what it did. `trace` was forced as far as the lane is."""
    end = found.word.start + len(found.wrong)
    lane = forced_lane(trace) if found.lane == "forced" else free_lane(trace, end)
    spans = [
        *(Span("With "), Span(f"“{wrong}”", "target"), Span(" in place of "), Span(f"“{right}”", "target")),
        Span(", the pieces behind it lose "),
        Span(f"{found.lost:.2f} of log-probability (teacher-forced, natural logarithm). The decoder "),
        Span(_came_back(found.recovery, "what it chose before")),
    ]
    return {"kind": "injection", "of": found.lane, "lane": lane, "at": [found.word.start, end], "says": told(spans)}


def every_word(found: Sequence[Injection], right: Sequence[str], wrong: Sequence[str]) -> list[dict[str, Any]]:
    """A row a word of a lane that was replaced in turn."""
    return [
        {"right": r, "wrong": w, "lost": i.lost, "after": i.recovery.after, "steps": i.recovery.steps}
        for i, r, w in zip(found, right, wrong, strict=True)
    ]


def _came_back(recovery: Recovery, to: str) -> str:
    if recovery.after is None:
        return f"does not come back to {to}."
    if recovery.after == 0:
        return f"goes on at once with {to}."
    steps = "1 step" if recovery.after == 1 else f"{recovery.after} steps"
    return f"comes back to {to} after {steps} and stays with it."


def _rank(rank: int) -> int | None:
    """A rank that is worth saying."""
    return rank if rank > 1 else None


def _length(lanes: Lanes) -> int:
    return max(len(lanes.forced.steps), len(lanes.free.steps))


def step_sentence(lanes: Lanes, number: int) -> list[Span]:
    """What happens at step `number`, counted from 1; 0 is before the first."""
    if number == 0:
        return [Span("Both lanes start alike: the encoder has read the source, and nothing is written yet.")]
    t, parts = number - 1, lanes.divergence
    forced, free = (trace.steps[t] if t < len(trace.steps) else None for trace in (lanes.forced, lanes.free))
    head = Span(f"Step {number}: ")
    if forced and free and (parts is None or t < parts):
        last = parts is None and t == len(lanes.free.steps) - 1
        spans = [
            head,
            Span("both lanes have read the same and choose "),
            *piece_spans(free.piece, free.log_prob),
            Span(", as the reference has it."),
        ]
        return [*spans, Span(" The free translation is the reference: the lanes never part.")] if last else spans
    if forced and free and t == parts:
        return [
            *(head, Span("the first mistake. Both lanes would write "), *piece_spans(free.piece, free.log_prob)),
            *(Span("; the reference has "), *piece_spans(forced.piece, forced.log_prob, forced.rank)),
            Span(". Teacher forcing puts it right and feeds the reference's; running free, the decoder goes on from its own."),
        ]
    spans = [head]
    if forced:
        verb = "also chooses" if forced.rank == 1 else f"would choose “{alone(forced.candidates[0].piece)}”, not"
        spans += [
            Span(f"fed the reference, the decoder {verb} "),
            *piece_spans(forced.piece, forced.log_prob, _rank(forced.rank)),
            Span(". "),
        ]
    else:
        spans.append(Span("the reference has ended. "))
    if free:
        expected = lanes.expected[t]
        gold = lanes.forced.steps[expected.position]
        spans += [Span("Fed its own story, it writes "), *piece_spans(free.piece, free.log_prob)]
        if gold.token == free.token:
            spans.append(Span(", a piece of the reference again."))
        else:
            spans += [
                Span("; the reference's "),
                *piece_spans(gold.piece, expected.log_prob, _rank(expected.rank)),
                Span(" is what stands beside it."),
            ]
    else:
        spans.append(Span("The free lane has ended."))
    return spans


def identity(lanes: Lanes) -> str:
    """Tells these lanes from any others."""
    return lanes.forced.id + lanes.free.id


def payload(lanes: Lanes, **extra: Any) -> str:
    """Everything the page needs to show the lanes, as one JSON text."""
    return json.dumps({"id": identity(lanes), "lanes": view(lanes), **extra}, ensure_ascii=False, allow_nan=False)
