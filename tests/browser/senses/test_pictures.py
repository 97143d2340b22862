"""The view Pictures: the drawn light is the trace's, shapes can be moved by mouse and keyboard, and a file can be described."""

from __future__ import annotations

import base64
import io
import re
from urllib.parse import parse_qs, quote, urlparse

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from support.browser.files import picture, rows, save, texts

from seq2seq.analysis.attribution import deletions
from seq2seq.decoding.translator import Translator
from seq2seq.trace import DecodingTrace

READY = ".pictures-view.ready"
SCENE = "light; large blue square 16 16; small red star 46 14"
LINK = f"?tab=pictures&scene={quote(SCENE)}&step=3"
DARKNESS = "shades => shades.map(shade => Number(shade.style.getPropertyValue('--dark')))"


@pytest.fixture(scope="module")
def trace() -> DecodingTrace:
    return Translator.load("scenes").translate(SCENE)


def scene_of(page: Page) -> str:
    return parse_qs(urlparse(page.url).query)["scene"][0]


def test_the_light_of_each_word_is_its_attention(visit, trace: DecodingTrace) -> None:
    page = visit(LINK, READY, reduced_motion="reduce")
    words = page.get_by_test_id("pictures-words").get_by_role("radio")
    assert " ".join(words.all_inner_texts()) == trace.text
    for number in (1, 2, 3):
        words.nth(number).click()
        expect(words.nth(number)).to_have_attribute("aria-checked", "true")
        darkness = page.locator(".pictures-shade").evaluate_all(DARKNESS)
        weights = trace.steps[number].attention or ()
        assert [1 - dark / 0.62 for dark in darkness] == pytest.approx([w / max(weights) for w in weights], abs=0.02)
    page.keyboard.press("ArrowRight")
    expect(words.nth(4)).to_have_attribute("aria-checked", "true")
    expect(page.get_by_test_id("pictures-right")).to_have_text("The sentence is right.")


def test_the_light_of_deletion_is_what_each_word_needs_and_can_be_saved(visit, trace: DecodingTrace) -> None:
    page = visit(f"{LINK}&light=deletion", READY, reduced_motion="reduce")
    scenes = Translator.load("scenes")
    losses = deletions(scenes, trace, scenes.source_ids(SCENE))
    words = page.get_by_test_id("pictures-words").get_by_role("radio")
    for number in (1, 2, 4):  # large, blue; “is” needs no single place
        words.nth(number).click()
        expect(words.nth(number)).to_have_attribute("aria-checked", "true")
        shares = [max(0, loss) / max(losses[number]) if max(losses[number]) > 0.05 else 0 for loss in losses[number]]
        darkness = page.locator(".pictures-shade").evaluate_all(DARKNESS)
        assert [1 - dark / 0.62 for dark in darkness] == pytest.approx(shares, abs=0.02)
        ring = page.locator(".pictures-mark circle").last
        looked = divmod(int(np.argmax(trace.steps[number].attention)), 8)
        assert (float(ring.get_attribute("cy")), float(ring.get_attribute("cx"))) == tuple(8 * each + 4 for each in looked)
    files = page.locator(".pictures-files")
    table = rows(save(files, "csv"))
    assert {(row["model"], row["picture"], row["mode"]) for row in table} == {("scenes", SCENE, "free-running (greedy)")}
    drawn = len(trace.text.split())
    for name, values in (
        ("loss without the place and its neighbours (nats)", losses),
        ("attention weight", [step.attention for step in trace.steps]),
    ):
        assert [float(row[name]) for row in table] == pytest.approx(np.ravel(values[:drawn]), abs=1e-4)
    assert [(row["step"], row["row"], row["column"]) for row in (table[0], table[-1])] == [
        ("1", "1", "1"),
        (str(drawn), "8", "8"),
    ]
    drawing = save(files, "svg")
    assert [text for text in texts(drawing) if text in trace.text.split()] == trace.text.split()
    assert f"loses {max(losses[1]):.2f} nats" in texts(drawing) and f"Picture: {SCENE}" in texts(drawing)
    assert drawing.count(b'href="data:image/png') == drawn + 1  # the picture itself comes first
    picture(save(files, "png"))
    page.get_by_test_id("light").get_by_role("radio", checked=True).press("ArrowLeft")
    page.wait_for_function("!new URLSearchParams(location.search).has('light')")
    expect(page.get_by_test_id("light").get_by_role("radio", name="where it looks")).to_be_focused()
    expect(page.locator(".pictures-mark")).to_be_hidden()
    expect(words.nth(4)).to_have_attribute("aria-checked", "true")  # at the same word
    assert "loss without the place and its neighbours (nats)" not in rows(save(files, "csv"))[0]


def test_a_shape_can_be_dragged_and_moved_by_keys_and_changed(visit) -> None:
    page = visit(LINK, READY, reduced_motion="reduce")
    star = page.get_by_role("button", name="small red star")
    box, canvas = star.bounding_box(), page.get_by_test_id("pictures-canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 0.3 * canvas["width"], y + 0.5 * canvas["height"], steps=5)
    page.mouse.up()
    expect(page.get_by_test_id("pictures-words")).to_contain_text(
        re.compile("square.*is.*above.*a.*small.*red.*star", re.DOTALL)
    )
    page.wait_for_function("new URLSearchParams(location.search).get('scene').includes('star 2')")
    before = scene_of(page)
    page.get_by_role("button", name="large blue square").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("scene => new URLSearchParams(location.search).get('scene') !== scene", arg=before)
    assert "large blue square 18 16" in scene_of(page)
    expect(page.get_by_role("button", name="large blue square")).to_be_focused()  # so that the next key moves it, too
    page.get_by_test_id("pictures-colour").select_option("green")
    expect(page.get_by_test_id("pictures-right")).to_contain_text("Never seen in training: large green square.")
    page.get_by_test_id("pictures-remove").click()
    expect(page.get_by_test_id("pictures-words")).to_have_text(re.compile(r"a\s*small\s*red\s*star"))
    expect(page.get_by_test_id("pictures-remove")).to_be_disabled()


def test_the_visitors_own_picture_is_shown_as_the_model_sees_it(visit) -> None:
    page = visit(LINK, READY, reduced_motion="reduce")
    buffer = io.BytesIO()
    Image.new("RGB", (200, 100), (10, 200, 30)).save(buffer, "PNG")
    page.get_by_test_id("pictures-file").set_input_files(
        {"name": "a.png", "mimeType": "image/png", "buffer": buffer.getvalue()}
    )
    expect(page.get_by_test_id("pictures-hint")).to_have_text("Your own picture, as the model sees it: 64 × 64 pixels.")
    seen = page.locator(".pictures-image").get_attribute("href")
    assert Image.open(io.BytesIO(base64.b64decode(seen.partition(",")[2]))).getpixel((5, 5)) == (10, 200, 30)
    bad = {"name": "b.png", "mimeType": "image/png", "buffer": b"<svg onload='document.title=1'/>"}
    page.get_by_test_id("pictures-file").set_input_files(bad)
    expect(page.locator("#tab-senses .message-block:visible").first).to_contain_text("not a picture that can be read")
