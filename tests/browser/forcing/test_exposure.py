"""Over many sentences, in a browser: what was measured beforehand, a file of one's own, cancelling."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from seq2seq.decoding.model_info import ModelInfo
from seq2seq.models.checkpoint import ROOT
from seq2seq.runs import card
from seq2seq.ui.kit import examples

INFO = ModelInfo.read("en-fr-additive")
PAIRS = [(text, examples.reference(text, INFO)) for text in examples.of(INFO)]


@pytest.fixture
def view(visit):
    return lambda query="", **settings: visit("?tab=sentences" + query, ready=".exposure.ready", **settings)


def choose(page: Page, tmp_path, pairs: list[tuple[str, str]]) -> None:
    file = tmp_path / "pairs.tsv"
    file.write_text("".join(f"{s}\t{t}\n" for s, t in pairs), encoding="utf-8")
    page.locator("input[type=file]").first.set_input_files(file)


def test_what_was_measured_beforehand_is_drawn(view) -> None:
    page = view()
    found = card.read_exposure(ROOT / "en-fr-additive")
    assert found is not None
    expect(page.get_by_test_id("measured")).to_contain_text(found["command"])
    expect(page.get_by_test_id("headline")).to_contain_text(f"{100 * found['report']['summary']['accuracy_forced']:.1f}%")
    for name in ("accuracy", "loss", "mistake", "wrong-word"):
        expect(page.get_by_test_id(f"figure-{name}").locator(".scatterlayer .trace")).to_have_count(4)  # two bands, two lines
    page.get_by_text("The table by position").click()
    expect(page.get_by_test_id("table").locator("tr")).to_have_count(1 + len(found["report"]["by_position"]))
    with page.expect_download() as download:
        page.get_by_test_id("csv").click()
    lines = download.value.path().read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + len(found["report"]["by_position"])


def test_a_file_of_ones_own_is_measured_and_its_sentences_open_in_two_lanes(view, tmp_path) -> None:
    page = view()
    choose(page, tmp_path, PAIRS)
    expect(page.get_by_test_id("measured")).to_have_text(f"Your file, {len(PAIRS)} pairs.")
    listed = page.get_by_test_id("worst").locator("li")
    expect(listed).to_have_count(len(PAIRS))
    page.get_by_test_id("find").fill(str(len(PAIRS)))  # the last line's number
    source = PAIRS[-1][0]
    expect(listed.locator("a")).to_have_text([source])
    page.get_by_test_id("find").fill("zzz")
    expect(page.get_by_test_id("found")).to_have_text("No sentence holds this.")
    page.get_by_test_id("find").fill(source[:8].upper())
    listed.locator("a", has_text=source).click()
    page.locator(".lanes.ready").wait_for()
    expect(page.locator("#forcing-text input")).to_have_value(source)


def test_measuring_can_be_cancelled(view, tmp_path) -> None:
    page = view()
    choose(page, tmp_path, PAIRS * 280)
    expect(page.get_by_test_id("progress")).to_be_visible()
    page.locator("#sentences-stop").click()
    expect(page.get_by_test_id("progress")).to_be_hidden()
    expect(page.get_by_test_id("measured")).to_contain_text("a held-out file")


def test_a_bad_file_is_said_and_the_picture_stays(view, tmp_path) -> None:
    page = view()
    choose(page, tmp_path, [("no reference", "")])
    expect(page.locator(".message:visible")).to_contain_text("The file contains no sentence pair")
    expect(page.get_by_test_id("figure-accuracy")).to_be_visible()


def test_another_model_shows_its_own_and_has_an_address(view) -> None:
    page = view()
    page.locator("#sentences-model input").click()
    page.get_by_role("option", name="English → French: GRU, no attention").click()
    expect(page.get_by_test_id("measured")).to_contain_text("en-fr-plain")
    page.wait_for_url("**model=en-fr-plain*")
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_test_id("measured")).to_contain_text("en-fr-plain")


def test_a_phone_never_scrolls_sideways(view) -> None:
    page = view(viewport={"width": 390, "height": 844})
    page.get_by_test_id("figure-accuracy").locator(".scatterlayer .trace").first.wait_for()
    page.get_by_text("The table by position").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
