"""Every view looks as it did when its picture was made, at four sizes and themes, and passes axe's accessibility checks.

Text is drawn in a font of matplotlib, in one colour, so that pictures do not depend on the machine's fonts. After an intended
change, make new pictures and look at them: SEQ2SEQ_PICTURES=write tests/run tests/browser/looks
"""

from __future__ import annotations

import base64
import os
from io import BytesIO
from pathlib import Path

import matplotlib
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image, ImageChops
from playwright.sync_api import Page

from seq2seq.ui import views

PICTURES = Path(__file__).parent / "pictures"
FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
SIZES = {"large": (1440, 900), "projector": (1280, 720), "phone": (390, 844)}
LOOKS = [("large", "light"), ("projector", "light"), ("phone", "light"), ("large", "dark")]
READY = {
    "train": ".train .figure-plot:visible .main-svg >> nth=0",  # its charts are hidden until their numbers arrive
    "bottleneck": ".bottleneck.ready .grown-written .target >> nth=0",
    "sentences": "#exposure .ready .main-svg >> nth=0",
    "fading": ".fading-says p >> nth=0",
}
COLOURS = ["color-contrast", "link-in-text-block"]  # axe's rules of colours
FIELDS = 480  # pixels: the most that title, tabs and fields may take of a phone's 844
CELL = 8  # pixels: a picture is compared in squares of this side
TOLERANCE = 24  # of 255: mean difference of a square that counts as different
SHARE = 0.004  # of the squares may differ; a column that moves by its width differs in more
WRITE = os.environ.get("SEQ2SEQ_PICTURES") == "write"
VIEWS = {view.name: view for view in views.VIEWS}
STILL = """*, *::before, *::after { font-family: Fixed, sans-serif !important; animation: none !important;
  transition: none !important; caret-color: transparent !important; }"""


@pytest.fixture(scope="module")
def font() -> str:
    data = base64.b64encode(FONT.read_bytes()).decode()
    return f"@font-face {{ font-family: Fixed; src: url(data:font/ttf;base64,{data}); }} {STILL}"


@pytest.fixture
def open_view(visit, font):
    """Return a function that opens a view and shows it at rest."""

    def opened(name: str) -> Page:
        view = VIEWS[name]
        page = visit(f"?tab={name}", READY.get(name, f"#{view.element} .ready"))
        page.emulate_media(reduced_motion="reduce")
        for plot in page.locator(".figure-plot:visible").all():
            plot.locator(".main-svg").first.wait_for()
        page.add_style_tag(content=font)
        page.evaluate("document.fonts.ready")
        for button in page.locator("[data-action=last]:visible:enabled").all():
            button.click()  # the last step: nothing plays
        page.mouse.move(0, 0)
        return page

    return opened


def drawn(page: Page, size: str, theme: str) -> Image.Image:
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate("dark => document.body.classList.toggle('dark', dark)", theme == "dark")
    page.evaluate("scrollTo(0, 0)")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return Image.open(BytesIO(page.screenshot())).convert("RGB")


def reduced(picture: Image.Image) -> Image.Image:
    """Return the mean colour of each square, as a small picture."""
    return picture.resize((picture.width // CELL, picture.height // CELL), Image.Resampling.BOX)


def different(one: Image.Image, other: Image.Image) -> float:
    """Return the share of squares that differ."""
    if one.size != other.size:
        return 1.0
    most = ImageChops.difference(one, other).convert("L").point(lambda value: 255 * (value > TOLERANCE))
    return most.histogram()[255] / (one.width * one.height)


def faults(page: Page, theme: str) -> list[str]:
    """Return the serious faults that axe finds, with the elements. Of the dark theme only its colours are looked at: the rest
    of the page is the same."""
    only = {"runOnly": {"type": "rule", "values": COLOURS}} if theme == "dark" else {}
    found = Axe().run(page, options={"resultTypes": ["violations"], **only}).response["violations"]
    serious = [fault for fault in found if fault["impact"] in ("serious", "critical")]
    return [f"{fault['id']}: {[node['target'] for node in fault['nodes']][:4]}" for fault in serious]


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_looks_like_its_pictures_and_has_no_serious_fault_of_accessibility(open_view, name, tmp_path):
    page = open_view(name)
    wrong = []
    for size, theme in LOOKS:
        picture = drawn(page, size, theme)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{size}: the page scrolls sideways"
        if size == "phone":  # the fields leave room: the view starts on the first screen
            assert page.locator(f"#{VIEWS[name].element}").bounding_box()["y"] < FIELDS
        if size == "large":
            wrong += [f"{theme}: {fault}" for fault in faults(page, theme)]
        file = PICTURES / f"{name}-{size}-{theme}.png"
        if WRITE:
            file.parent.mkdir(exist_ok=True)
            reduced(picture).save(file, optimize=True)
            continue
        share = different(reduced(picture), Image.open(file).convert("RGB"))
        if share > SHARE:
            picture.save(tmp_path / file.name)
            wrong.append(f"{file.name}: {share:.1%} of the squares differ; the new picture is {tmp_path / file.name}")
    assert wrong == []


def test_a_moved_column_is_a_difference():
    picture = Image.open(PICTURES / "translate-large-light.png").convert("RGB")
    moved = picture.copy()
    moved.paste(picture.crop((0, 0, 400 // CELL, 900 // CELL)), (24 // CELL, 0))
    assert different(picture, moved) > SHARE
