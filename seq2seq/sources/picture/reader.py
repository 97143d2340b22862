"""Read a picture: a scene as text, or the bytes of an image file. The model sees SIDE x SIDE pixels in GRID x GRID places."""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Collection, Sequence

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from seq2seq.sources.picture.scene import SIDE, Scene
from seq2seq.sources.reader import NO_TOKEN, Place

GRID = 8  # places in a row and in a column
NEAR = 1  # places to each side that are hidden with a place: alone, its 8 x 8 pixels change little
MAX_BYTES = 10_000_000
MAX_PIXELS = 25_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")


class PictureReader:
    """Input: pixels [SIDE, SIDE, 3] in 0 to 255."""

    def read(self, given: str | bytes, readable: bool = False) -> np.ndarray:
        if isinstance(given, str):
            return Scene.parse(given).draw()
        return np.array(ImageOps.fit(_opened(given), (SIDE, SIDE), Image.Resampling.BOX))

    def places(self, source: Sequence[object]) -> list[Place]:
        cells = [(row, column) for row in range(GRID) for column in range(GRID)]
        return [
            Place(NO_TOKEN, f"row {r + 1}, column {c + 1}", i, (c / GRID, r / GRID, (c + 1) / GRID, (r + 1) / GRID))
            for i, (r, c) in enumerate(cells)
        ]

    def media(self, given: str | bytes, source: np.ndarray) -> str:
        """Return the pixels that the model sees, as a PNG."""
        buffer = io.BytesIO()
        Image.fromarray(source).save(buffer, "PNG", optimize=True)
        return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()

    def regions(self, source: Sequence[object]) -> list[list[int]]:
        """Return a square of places around each place, cut off at the edges."""
        near = [range(max(0, i - NEAR), min(GRID, i + NEAR + 1)) for i in range(GRID)]
        return [[GRID * r + c for r in rows for c in columns] for rows in near for columns in near]

    def without(self, source: np.ndarray, positions: Collection[int]) -> np.ndarray:
        """Fill the places with the mean colour of the picture, which is close to its ground.

        Grey, which Zeiler and Fergus 2014 use, would be a new object: a model that knows only shapes would describe it.
        """
        hidden, side = source.copy(), SIDE // GRID
        colour = source.mean((0, 1)).round().astype(source.dtype)
        for row, column in (divmod(position, GRID) for position in positions):
            hidden[row * side : (row + 1) * side, column * side : (column + 1) * side] = colour
        return hidden


def _opened(content: bytes) -> Image.Image:
    """Return an image in RGB. Its size is checked before its pixels are unpacked."""
    if len(content) > MAX_BYTES:
        raise ValueError(f"the picture has {len(content) / 1e6:.0f} MB; please keep to {MAX_BYTES / 1e6:.0f} MB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image: Image.Image = Image.open(io.BytesIO(content), formats=FORMATS)
            if image.width * image.height > MAX_PIXELS:
                size = f"{image.width:,} x {image.height:,}"
                raise ValueError(f"the picture has {size} pixels; please keep to {MAX_PIXELS // 1_000_000} million")
            if (frames := getattr(image, "n_frames", 1)) > 1:
                raise ValueError(f"the picture is animated ({frames} frames): please give one still picture")
            image = ImageOps.exif_transpose(image)
            if image.has_transparency_data:
                image = image.convert("RGBA")
                image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
            return image.convert("RGB")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValueError(f"the picture is too large; please keep to {MAX_PIXELS // 1_000_000} million pixels") from None
    except UnidentifiedImageError:
        raise ValueError(f"this is not a picture that can be read: please give one of {', '.join(FORMATS)}") from None
    except (OSError, SyntaxError, EOFError, OverflowError, MemoryError, IndexError, TypeError, AttributeError, KeyError):
        raise ValueError("the picture is damaged or cut off: please give a whole file") from None
