"""A picture and the sentence about it, as plain values: weights on its places at each word, and what they fall on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from seq2seq.sources.picture.scene import COLOURS, GROUNDS, SHAPES, SIDE, SIZES, Scene, Shape
from seq2seq.trace import DecodingStep, DecodingTrace
from seq2seq.views.matrix import percent
from seq2seq.views.pieces import label
from seq2seq.views.senses import deletion as needs
from seq2seq.views.senses.deletion import Deletion
from seq2seq.views.senses.spans import DIGITS, candidates, probability, second_choice, span

MOSTLY = 0.5  # from this share on, the weight lies on a shape
COVERED = 0.25  # from this share of its box on, a shape is named as hidden
PALETTE = {
    "shapes": list(SHAPES),
    "colours": {name: f"#{red:02x}{green:02x}{blue:02x}" for name, (red, green, blue) in COLOURS.items()},
    "sizes": SIZES,
    "grounds": {name: f"#{red:02x}{green:02x}{blue:02x}" for name, (red, green, blue) in GROUNDS.items()},
    "side": SIDE,
}


def view(trace: DecodingTrace, scene: Scene | None, deletion: Deletion | None = None) -> dict[str, Any]:
    """Return the picture, its places, the steps with their weights and candidates, and a sentence for each step.

    `scene` is None for a picture of the visitor. With `deletion`, steps also have their losses, and sentences are about these.
    Raises ValueError for a model without attention.
    """
    steps = [step for step in trace.steps if label(step.piece).kind != "end"]
    if any(step.attention is None for step in steps):
        raise ValueError(f"The model “{trace.model}” has no attention, so there is nothing to see here.")
    shapes = scene.shapes if scene else ()
    return {
        "media": trace.media,
        "places": [position.box for position in trace.source],
        "steps": [{**_step(step), **needs.drawn(deletion, step)} for step in steps],
        "said": [_start(trace), *(said(trace, step, shapes, deletion) for step in steps)],
        "scene": None if scene is None else {"ground": scene.ground, "shapes": [_shape(shape) for shape in shapes]},
    }


def _shape(shape: Shape) -> dict[str, Any]:
    return {"size": shape.size, "colour": shape.colour, "shape": shape.shape, "x": shape.x, "y": shape.y}


def _step(step: DecodingStep) -> dict[str, Any]:
    return {
        "text": label(step.piece).text,
        "p": round(math.exp(step.log_prob), DIGITS),
        "weights": [round(weight, DIGITS) for weight in step.attention or ()],
        "candidates": candidates(step),
    }


def on_shape(trace: DecodingTrace, step: DecodingStep, shape: Shape) -> float:
    """Return the share of the weight on places that overlap the box of `shape`."""
    left, top, right, bottom = shape.box
    total = 0.0
    for position, weight in zip(trace.source, step.attention or (), strict=True):
        assert position.box is not None
        x, y, x_end, y_end = position.box
        if max(left, x) < min(right, x_end) and max(top, y) < min(bottom, y_end):
            total += weight
    return total


def said(
    trace: DecodingTrace, step: DecodingStep, shapes: Sequence[Shape], deletion: Deletion | None = None
) -> list[dict[str, str]]:
    """Say where the decoder looks when it writes this word, or what it needs, and how sure it is, as spans of text."""
    word = label(step.piece).text
    spans = [span(f"Word {step.position + 1}: the decoder writes "), span(f"“{word}”", "target")]
    spans.append(span(f" (probability {probability(step.log_prob)}). "))
    if deletion is not None:
        names = (lambda at: _hidden(trace, at, deletion.regions[at], shapes), lambda at: trace.source[at].piece)
        return [*spans, *needs.said(deletion, step, *names)]
    shares = [on_shape(trace, step, shape) for shape in shapes]
    best = max(range(len(shares)), key=shares.__getitem__, default=None)
    if best is not None and shares[best] >= MOSTLY:
        spans += [span(f"Of its weight, {percent(shares[best])} lies on the "), span(shapes[best].name, "source"), span(".")]
    else:
        weights = list(step.attention or ())
        most = max(range(len(weights)), key=weights.__getitem__)
        place = trace.source[most].piece
        beside = "No shape has most of its weight. " if shapes else ""
        spans.append(span(f"{beside}Its heaviest place is in {place}, with {percent(weights[most])}."))
    return [*spans, *second_choice(step)]


def _hidden(trace: DecodingTrace, place: int, region: Sequence[int], shapes: Sequence[Shape]) -> list[dict[str, str]]:
    """Name a place, its neighbours, and the shapes that they hide."""
    spans = [span(f"{trace.source[place].piece} and its neighbours")]
    names = [shape.name for shape in shapes if _covered(trace, region, shape) >= COVERED]
    for count, name in enumerate(names):
        spans += [span(" and " if count else " on "), span(f"the {name}", "source")]
    return spans


def _covered(trace: DecodingTrace, region: Sequence[int], shape: Shape) -> float:
    """Return the share of the box of `shape` that the rectangle of a region covers."""
    (left, top, right, bottom), first, last = shape.box, trace.source[region[0]].box, trace.source[region[-1]].box
    assert first is not None and last is not None
    width, height = min(right, last[2]) - max(left, first[0]), min(bottom, last[3]) - max(top, first[1])
    return max(0.0, width) * max(0.0, height) / ((right - left) * (bottom - top))


def _start(trace: DecodingTrace) -> list[dict[str, str]]:
    count = len(trace.source)
    return [span(f"Convolutions have made one vector for each of {count} places. Nothing is written yet.")]
