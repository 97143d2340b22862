"""A picture and the sentence about it, as plain values: weights on its places at each word, and what they fall on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seq2seq.sources.picture.scene import COLOURS, GROUNDS, SHAPES, SIDE, SIZES, Scene, Shape
from seq2seq.trace import DecodingStep, DecodingTrace
from seq2seq.views.matrix import percent
from seq2seq.views.pieces import label
from seq2seq.views.senses.spans import DIGITS, candidates, probability, second_choice, span

MOSTLY = 0.5  # from this share on, the weight lies on a shape
PALETTE = {
    "shapes": list(SHAPES),
    "colours": {name: f"#{red:02x}{green:02x}{blue:02x}" for name, (red, green, blue) in COLOURS.items()},
    "sizes": SIZES,
    "grounds": {name: f"#{red:02x}{green:02x}{blue:02x}" for name, (red, green, blue) in GROUNDS.items()},
    "side": SIDE,
}


def view(trace: DecodingTrace, scene: Scene | None) -> dict[str, Any]:
    """Return the picture, its places, the steps with their weights and candidates, and a sentence for each step.

    `scene` is None for a picture of the visitor. Raises ValueError for a model without attention.
    """
    steps = [step for step in trace.steps if label(step.piece).kind != "end"]
    if any(step.attention is None for step in steps):
        raise ValueError(f"The model “{trace.model}” has no attention, so there is nothing to see here.")
    shapes = scene.shapes if scene else ()
    return {
        "media": trace.media,
        "places": [position.box for position in trace.source],
        "steps": [_step(step) for step in steps],
        "said": [_start(trace), *(said(trace, step, shapes) for step in steps)],
        "scene": None if scene is None else {"ground": scene.ground, "shapes": [_shape(shape) for shape in shapes]},
    }


def _shape(shape: Shape) -> dict[str, Any]:
    return {"size": shape.size, "colour": shape.colour, "shape": shape.shape, "x": shape.x, "y": shape.y}


def _step(step: DecodingStep) -> dict[str, Any]:
    return {
        "text": label(step.piece).text,
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


def said(trace: DecodingTrace, step: DecodingStep, shapes: Sequence[Shape]) -> list[dict[str, str]]:
    """Say where the decoder looks when it writes this word, and how sure it is, as spans of text."""
    word = label(step.piece).text
    spans = [span(f"Word {step.position + 1}: the decoder writes "), span(f"“{word}”", "target")]
    spans.append(span(f" (probability {probability(step.log_prob)}). "))
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


def _start(trace: DecodingTrace) -> list[dict[str, str]]:
    count = len(trace.source)
    return [span(f"Convolutions have made one vector for each of {count} places. Nothing is written yet.")]
