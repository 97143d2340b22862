"""Tests of scenes and of the reader of pictures: what is drawn, what is read, and what is refused."""

import base64
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from seq2seq.sources.picture.reader import GRID, MAX_BYTES, PictureReader
from seq2seq.sources.picture.scene import COLOURS, GROUNDS, SHAPES, SIDE, SIZES, Scene

READER = PictureReader()
SCENE = "light; small blue circle 20 14; large purple square 40 44"


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


def test_a_scene_is_written_as_it_was_read() -> None:
    assert str(Scene.parse(SCENE)) == SCENE
    assert Scene.parse("light;small blue circle 20 14") == Scene.parse(" light ;  small  blue circle 20 14 ")


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_has_its_colour_inside_its_box_and_the_ground_outside(colour: str, shape: str) -> None:
    pixels = Scene.parse(f"dark; large {colour} {shape} 32 32").draw().astype(int)
    near = np.abs(pixels - np.array(COLOURS[colour])).max(-1) < 40
    assert near[22:42, 22:42].mean() > 0.2 and not near[:20].any() and not near[:, 44:].any()
    assert (np.abs(pixels - np.array(GROUNDS["dark"])).max(-1) < 40)[:20].all()


def test_shapes_of_one_colour_are_drawn_differently() -> None:
    drawn = [Scene.parse(f"light; {size} red {shape} 32 32").draw().tobytes() for shape in SHAPES for size in SIZES]
    assert len(set(drawn)) == len(SHAPES) * len(SIZES)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "begins with its ground"),
        ("green; small blue circle 20 14", "begins with its ground, light or dark, not 'green'"),
        ("light", "has 1 to 4 shapes, not 0"),
        ("light; " + "; ".join(["small blue circle 20 14"] * 5), "has 1 to 4 shapes, not 5"),
        ("light; small blue 20 14", "is not a shape"),
        ("light; small blue circle 20 1.5", "must be 6 to 58 pixels"),
        ("light; small blue circle 20 -9", "must be 6 to 58 pixels"),
        ("light; large blue circle 20 ٣٣", "must be 10 to 54 pixels"),
        ("light; small blue circle 20 " + "9" * 5000, "must be 6 to 58 pixels"),
    ],
)
def test_a_scene_that_cannot_be_drawn_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        READER.read(text)


@given(st.text(max_size=80))
def test_any_other_text_is_refused_with_one_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"scene|shape"):
        READER.read(text)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP"])
def test_a_picture_of_any_size_becomes_the_same_small_square(kind: str) -> None:
    image = Image.new("RGB", (300, 200), "red")
    pixels = READER.read(encoded(image, kind))
    assert pixels.shape == (SIDE, SIDE, 3) and pixels.dtype == np.uint8
    assert (np.abs(pixels.astype(int) - (255, 0, 0)) < 8).all()


def test_a_transparent_picture_stands_on_white() -> None:
    assert (READER.read(encoded(Image.new("RGBA", (10, 10), (255, 0, 0, 0)))) == 255).all()


def test_a_photo_is_turned_as_its_camera_says() -> None:
    image = Image.new("RGB", (64, 64), "white")
    image.paste("black", (0, 0, 64, 10))
    tags = Image.Exif()
    tags[0x0112] = 6  # the camera was turned by 90 degrees
    pixels = READER.read(encoded(image, "JPEG", exif=tags)).mean(-1)
    assert pixels[:, -5:].mean() < 30 and pixels[:, :30].mean() > 220


def test_damaged_huge_animated_and_foreign_files_are_refused() -> None:
    png = encoded(Image.new("RGB", (200, 200), "blue"))
    frames = encoded(Image.new("RGB", (9, 9)), "GIF", save_all=True, append_images=[Image.new("RGB", (9, 9), "red")])
    bomb = encoded(Image.new("1", (20_000, 20_000)))
    vector = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    for content, why in [
        (png[:60], "damaged or cut off"),
        (png[: len(png) // 2] + b"x" * 90, "damaged or cut off"),
        (frames, "animated"),
        (bomb, "400|too large|20,000"),
        (vector, "not a picture that can be read"),
        (b"", "not a picture that can be read"),
        (b"%PDF-1.4", "not a picture that can be read"),
        (bytes(MAX_BYTES + 1), "please keep to 10 MB"),
    ]:
        with pytest.raises(ValueError, match=why):
            READER.read(content)


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF....WEBP", b"BM"]),
)
def test_any_bytes_are_read_or_refused_with_one_sentence(content: bytes, start: bytes) -> None:
    try:
        assert READER.read(start + content).shape == (SIDE, SIDE, 3)
    except ValueError as error:
        assert "picture" in str(error)


def test_places_tile_the_picture_row_by_row() -> None:
    places = READER.places([])
    assert len(places) == GRID * GRID and places[9].piece == "row 2, column 2"
    boxes = np.array([place.box for place in places])
    assert ((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])).sum() == pytest.approx(1)
    assert len({tuple(box) for box in boxes}) == GRID * GRID


def test_what_the_model_sees_is_shown_exactly() -> None:
    pixels = READER.read(SCENE)
    kind, _, data = READER.media(SCENE, pixels).partition(",")
    assert kind == "data:image/png;base64"
    assert (np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) == pixels).all()


def test_a_hidden_place_has_the_mean_colour_and_everything_else_stays() -> None:
    pixels = READER.read(SCENE)
    hidden = READER.without(pixels, [9, 10])  # row 2, columns 2 and 3
    assert (hidden[8:16, 8:24] == pixels.mean((0, 1)).round()).all()
    changed = (hidden != pixels).any(-1)
    assert changed[8:16, 8:24].any() and not changed[:8].any() and not changed[16:].any() and not changed[:, 24:].any()


def test_a_region_is_a_place_with_its_neighbours() -> None:
    regions = READER.regions(READER.read(SCENE))
    assert [len(region) for region in regions[: GRID + 2]] == [4, *[6] * (GRID - 2), 4, 6, 9]
    for place, region in enumerate(regions):
        away = [np.subtract(divmod(place, GRID), divmod(other, GRID)) for other in region]
        assert len(set(region)) == len(region) and np.abs(away).max() == 1
