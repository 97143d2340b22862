"""Scenes of one to four coloured shapes, described by one sentence, in the order from the top left to the bottom right.

"a small blue circle is above a large purple square which is left of a small red star". Six pairs of colour and shape never
occur in training.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from seq2seq.data.synthetic.example import Example, Part
from seq2seq.sources.picture.scene import COLOURS, GROUNDS, MAX_SHAPES, SHAPES, SIDE, SIZES, Scene, Shape

UNSEEN = frozenset(
    {
        *(("purple", "star"), ("green", "square"), ("yellow", "triangle")),
        *(("red", "cross"), ("blue", "ring"), ("orange", "circle")),
    }
)
_KNOWN = tuple((colour, shape) for colour in COLOURS for shape in SHAPES if (colour, shape) not in UNSEEN)
GAP = 3  # pixels between the boxes of two shapes
CLEAR = 6  # pixels by which an order or a relation must be decided, so that each scene has one sentence
MODEL: dict[str, Any] = {
    "source_kind": "picture",
    "architecture": "pointwise",
    "start": "encoder",
    "embedding_size": 128,
    "decoder_size": 192,
    "attention_size": 64,
    "dropout": 0.25,
}
TRAINING: dict[str, Any] = {
    "learning_rate": 2e-3,
    "batch_tokens": 500,
    "label_smoothing": 0.1,
    "word_dropout": 0.5,  # without it, the decoder writes a pair that it knows instead of a new one
    "best_by": "last",  # with label smoothing, the held-out loss rises while new pairs still get better
    "warmup_updates": 200,
    "average_decay": 0.999,
    "validate_every": 200,
}


def draw(numbers: random.Random) -> Example:
    """Make a scene as in training."""
    return _example(numbers, must=())


def unseen(numbers: random.Random) -> Example:
    """Make a scene with a pair of colour and shape that no scene of training has."""
    return _example(numbers, must=sorted(UNSEEN))


def describe(scene: Scene) -> Example | None:
    """Return the example of a scene; None if its order or one of its relations is not clear."""
    shapes = sorted(scene.shapes, key=lambda shape: shape.x + shape.y)
    target: list[Part] = _named(shapes[0], scene)
    for number, (one, other) in enumerate(pairwise(shapes)):
        across, down = other.x - one.x, other.y - one.y
        if across + down < CLEAR or abs(abs(across) - abs(down)) < CLEAR:
            return None
        beside = "left of" if across > 0 else "right of"
        relation = beside if abs(across) > abs(down) else "above" if down > 0 else "below"
        target += [(f"{' which' if number else ''} is {relation} ", ()), *_named(other, scene)]
    source: list[Part] = [(scene.ground, ())]
    for index, shape in enumerate(scene.shapes):
        source += [("; ", ()), (f"{shape.name} {shape.x} {shape.y}", (index,))]
    found = Example.of(source, target, f"{len(shapes)} shapes" if len(shapes) > 1 else "1 shape")
    boxes = {line: shape.box for line, shape in zip(str(scene).split("; ")[1:], scene.shapes, strict=True)}
    return replace(found, regions=tuple(boxes[found.source[slice(*span)]] for span, _ in found.links))


def _named(shape: Shape, scene: Scene) -> list[Part]:
    return [("a ", ()), (shape.name, (scene.shapes.index(shape),))]


def _example(numbers: random.Random, must: Sequence[tuple[str, str]]) -> Example:
    count = numbers.randint(1, MAX_SHAPES)
    while True:
        pairs = [numbers.choice(_KNOWN) for _ in range(count)]
        if must:
            pairs[numbers.randrange(count)] = numbers.choice(must)
        scene = Scene(numbers.choice(sorted(GROUNDS)), tuple(_placed(numbers, *pair) for pair in pairs))
        if not touching(scene) and (found := describe(scene)):
            return found


def _placed(numbers: random.Random, colour: str, shape: str) -> Shape:
    size = numbers.choice(sorted(SIZES))
    half = SIZES[size] // 2
    return Shape(size, colour, shape, numbers.randint(half, SIDE - half), numbers.randint(half, SIDE - half))


def touching(scene: Scene) -> bool:
    """Whether two shapes are closer than in training."""
    return not all(_apart(a, b) for i, a in enumerate(scene.shapes) for b in scene.shapes[:i])


def _apart(one: Shape, other: Shape) -> bool:
    gap = (SIZES[one.size] + SIZES[other.size]) / 2 + GAP
    return abs(one.x - other.x) >= gap or abs(one.y - other.y) >= gap
