"""A scene: up to four coloured shapes on a light or dark ground, as one line of text, and as a picture of SIDE x SIDE pixels.

    light; small blue circle 20 14; large purple square 40 44

The numbers are the centre of a shape in pixels from the left and from the top.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

SIDE = 64
GROUNDS = {"light": (244, 244, 240), "dark": (34, 36, 42)}
COLOURS = {
    "red": (214, 48, 49),
    "green": (39, 150, 82),
    "blue": (41, 98, 214),
    "yellow": (240, 200, 30),
    "purple": (136, 62, 188),
    "orange": (240, 128, 32),
}
SIZES = {"small": 12, "large": 20}  # pixels: the side of the box
SHAPES = ("circle", "square", "triangle", "star", "cross", "ring")
MAX_SHAPES = 4
_FINE = 4  # drawn this much larger and reduced, so that edges are smooth
_NOISE = 5.0  # largest standard deviation of the noise, of 255


@dataclass(frozen=True, slots=True)
class Shape:
    size: str
    colour: str
    shape: str
    x: int
    y: int

    @property
    def name(self) -> str:
        return f"{self.size} {self.colour} {self.shape}"

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Return left, top, right and bottom as shares of the picture."""
        half = SIZES[self.size] / 2
        return (self.x - half) / SIDE, (self.y - half) / SIDE, (self.x + half) / SIDE, (self.y + half) / SIDE


@dataclass(frozen=True, slots=True)
class Scene:
    ground: str
    shapes: tuple[Shape, ...]

    def __str__(self) -> str:
        return "; ".join([self.ground, *(f"{shape.name} {shape.x} {shape.y}" for shape in self.shapes)])

    @classmethod
    def parse(cls, text: str) -> Scene:
        """Read the line of `str(scene)`. Raises ValueError with one sentence."""
        ground, *lines = (part.strip() for part in text.split(";"))
        if ground not in GROUNDS:
            raise ValueError(f"a scene begins with its ground, {' or '.join(GROUNDS)}, not {ground[:40]!r}")
        if not 1 <= len(lines) <= MAX_SHAPES:
            raise ValueError(f"a scene has 1 to {MAX_SHAPES} shapes, not {len(lines)}")
        return cls(ground, tuple(map(_shape, lines)))

    def draw(self) -> np.ndarray:
        """Return the pixels [SIDE, SIDE, 3] in 0 to 255, with a little noise that depends only on the scene."""
        image = Image.new("RGB", (SIDE * _FINE, SIDE * _FINE), GROUNDS[self.ground])
        pen = ImageDraw.Draw(image)
        for shape in self.shapes:
            _draw(pen, shape, GROUNDS[self.ground])
        pixels = np.asarray(image.reduce(_FINE), dtype=np.float32)
        dice = np.random.default_rng(zlib.crc32(str(self).encode()))
        noise = dice.standard_normal(pixels.shape, dtype=np.float32) * dice.uniform(0, _NOISE)
        return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def _shape(line: str) -> Shape:
    words = line.split()
    if len(words) != 5 or words[0] not in SIZES or words[1] not in COLOURS or words[2] not in SHAPES:
        raise ValueError(f"{line[:60]!r} is not a shape: write it as 'small blue circle 20 14'")
    places = [int(word) if word.isascii() and word.isdigit() and len(word) < 4 else -1 for word in words[3:]]
    half = SIZES[words[0]] // 2
    if not all(half <= place <= SIDE - half for place in places):
        limits = f"{half} to {SIDE - half} pixels from the left and the top"
        raise ValueError(f"a {words[0]} shape must be {limits}, not {line[:60]!r}")
    return Shape(words[0], words[1], words[2], *places)


def _draw(pen: ImageDraw.ImageDraw, shape: Shape, ground: tuple[int, int, int]) -> None:
    x, y, radius = shape.x * _FINE, shape.y * _FINE, SIZES[shape.size] * _FINE / 2
    colour = COLOURS[shape.colour]
    box = (x - radius, y - radius, x + radius, y + radius)
    third = radius / 3
    match shape.shape:
        case "circle":
            pen.ellipse(box, fill=colour)
        case "ring":
            pen.ellipse(box, fill=colour)
            hole = 0.5 * radius
            pen.ellipse((x - hole, y - hole, x + hole, y + hole), fill=ground)
        case "square":
            inner = 0.88 * radius
            pen.rectangle((x - inner, y - inner, x + inner, y + inner), fill=colour)
        case "triangle":
            pen.polygon([(x, y - radius), (x + radius, y + 0.8 * radius), (x - radius, y + 0.8 * radius)], fill=colour)
        case "cross":
            pen.rectangle((x - third, y - radius, x + third, y + radius), fill=colour)
            pen.rectangle((x - radius, y - third, x + radius, y + third), fill=colour)
        case "star":
            corners = [
                (x + length * math.sin(angle), y - length * math.cos(angle))
                for angle, length in ((math.pi * i / 5, radius * (1.0 if i % 2 == 0 else 0.42)) for i in range(10))
            ]
            pen.polygon(corners, fill=colour)
