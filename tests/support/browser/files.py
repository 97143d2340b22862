"""Read the files that a view saves."""

from __future__ import annotations

import csv
import io
from xml.etree import ElementTree

from PIL import Image
from playwright.sync_api import Locator


def save(place: Locator, kind: str) -> bytes:
    """Press a button of `place` ("csv", "svg" or "png"); return the content of the file."""
    with place.page.expect_download() as download:
        place.locator(f"[data-file={kind}]").click()
    assert download.value.suggested_filename.endswith(f".{kind}")
    return download.value.path().read_bytes()


def rows(content: bytes) -> list[dict[str, str]]:
    """Return the lines of a CSV file by column name."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def texts(content: bytes) -> list[str]:
    """Return everything that is written on a drawing in SVG, in order."""
    return [node.text or "" for node in ElementTree.fromstring(content).iter("{http://www.w3.org/2000/svg}text")]


def picture(content: bytes) -> Image.Image:
    """Return a PNG file as colours; its paper must be white and have ink on it."""
    image = Image.open(io.BytesIO(content)).convert("RGB")
    assert image.getpixel((0, 0)) == image.getpixel((image.width - 1, image.height - 1)) == (255, 255, 255)
    assert len(image.getcolors(2**24) or ()) > 10
    return image
