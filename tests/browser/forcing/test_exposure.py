"""Test the view "Over many sentences": the saved measurement, an uploaded file, the Cancel button."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from support.browser.page import expect_to_fit_a_phone

from seq2seq.decoding.model_info import ModelInfo
from seq2seq.models.saved.checkpoint import ROOT
from seq2seq.runs import reports
from seq2seq.ui.kit import examples

INFO = ModelInfo.read("en-fr-additive")
PAIRS = [(text, examples.reference(text, INFO)) for text in examples.of(INFO)]


@pytest.fixture
def page(reuse) -> Page:
    """Return the page that tests share; they leave the saved measurement on it. Its figures take seconds to draw."""
    return reuse("?tab=sentences", ".exposure.ready")


@pytest.fixture
def view(visit):
    return lambda query="", **settings: visit("?tab=sentences" + query, ready=".exposure.ready", **settings)


def upload(page: Page, tmp_path, pairs: list[tuple[str, str]]) -> None:
    file = tmp_path / "pairs.tsv"
    file.write_text("".join(f"{s}\t{t}\n" for s, t in pairs), encoding="utf-8")
    page.locator("input[type=file]").first.set_input_files(file)


def test_the_saved_measurement_is_shown_and_fits_a_phone(page) -> None:
    saved = reports.read_exposure(ROOT / "en-fr-additive")
    assert saved is not None
    expect(page.get_by_test_id("measured")).to_contain_text(saved["command"])
    expect(page.get_by_test_id("headline")).to_contain_text(f"{100 * saved['report']['summary']['accuracy_forced']:.1f}%")
    for name in ("accuracy", "loss", "mistake", "wrong-word"):
        expect(page.get_by_test_id(f"figure-{name}").locator(".scatterlayer .trace")).to_have_count(4)  # two bands, two lines
    page.get_by_text("The table by position").click()
    expect(page.get_by_test_id("table").locator("tr")).to_have_count(1 + len(saved["report"]["by_position"]))
    expect_to_fit_a_phone(page)
    with page.expect_download() as download:
        page.locator("#exposure").get_by_test_id("csv").click()
    lines = download.value.path().read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + len(saved["report"]["by_position"])


def test_a_measurement_can_be_cancelled(page, tmp_path) -> None:
    upload(page, tmp_path, PAIRS * 280)
    expect(page.get_by_test_id("progress")).to_be_visible()
    page.locator("#sentences-stop").click()
    expect(page.get_by_test_id("progress")).to_be_hidden()
    expect(page.get_by_test_id("measured")).to_contain_text("a held-out file")


def test_an_invalid_file_is_reported_and_the_figure_stays(page, tmp_path) -> None:
    upload(page, tmp_path, [("no reference", "")])
    expect(page.locator(".message:visible")).to_contain_text("The file contains no sentence pair")
    expect(page.get_by_test_id("figure-accuracy")).to_be_visible()


def test_an_uploaded_file_is_measured_and_its_sentences_open_in_two_lanes(view, tmp_path) -> None:
    page = view()
    upload(page, tmp_path, PAIRS)
    expect(page.get_by_test_id("measured")).to_have_text(f"Your file, {len(PAIRS)} pairs.")
    sentences = page.get_by_test_id("worst").locator("li")
    expect(sentences).to_have_count(len(PAIRS))
    page.get_by_test_id("find").fill(str(len(PAIRS)))  # the number of the last line
    source = PAIRS[-1][0]
    expect(sentences.locator("a")).to_have_text([source])
    page.get_by_test_id("find").fill("zzz")
    expect(page.get_by_test_id("found")).to_have_text("No sentence holds this.")
    page.get_by_test_id("find").fill(source[:8].upper())
    sentences.locator("a", has_text=source).click()
    page.locator(".lanes.ready").wait_for()
    expect(page.locator("#forcing-text input")).to_have_value(source)


def test_another_model_shows_its_measurement_and_the_address_restores_it(view) -> None:
    page = view()
    page.locator("#sentences-model input").click()
    page.get_by_role("option", name="English → French: GRU, no attention").click()
    expect(page.get_by_test_id("measured")).to_contain_text("en-fr-plain")
    page.wait_for_url("**model=en-fr-plain*")
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_test_id("measured")).to_contain_text("en-fr-plain")
