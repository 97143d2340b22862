"""Test the view "The cure": the comparison saved with a bundled model, next to the paper's numbers."""

from __future__ import annotations

import csv

import pytest
from playwright.sync_api import expect
from support.browser.page import expect_to_fit_a_phone

from seq2seq.models.saved.checkpoint import ROOT, available
from seq2seq.runs import reports
from seq2seq.views.forcing import cure

COMPARISON = next(saved for name in available() if (saved := reports.read_comparison(ROOT / name)))
FIGURES = {"schedule": 4, "difference": 4, "free": 4, "forced": 4, "mistake": 4, "wrong-word": 4}  # number of lines and bands


@pytest.fixture
def view(visit):
    return lambda query="", **settings: visit("?tab=cure" + query, ready=".cure.ready", **settings)


def test_figures_and_table_show_both_recipes_and_the_papers_numbers_and_fit_a_phone(reuse) -> None:
    page = reuse("?tab=cure", ".cure.ready")
    expect(page.get_by_test_id("verdict")).to_have_text("".join(cure.verdict(COMPARISON)))
    for name, traces in FIGURES.items():
        expect(page.locator(".cure").get_by_test_id(f"figure-{name}").locator(".scatterlayer .trace")).to_have_count(traces)
    table = page.get_by_test_id("recipes")
    for recipe in COMPARISON["recipes"]:
        summary = recipe["report"]["summary"]
        row = table.locator("tr", has=page.get_by_text(recipe["name"], exact=True))
        expect(row).to_contain_text(f"{100 * summary['accuracy_free']:.1f}")
        expect(row).to_contain_text(", ".join(str(run["seed"]) for run in recipe["runs"]))
    expect(page.get_by_test_id("published")).to_contain_text("30.6")
    expect(page.get_by_test_id("compared")).to_contain_text(COMPARISON["command"])
    expect_to_fit_a_phone(page)


def test_the_table_by_position_opens_and_its_file_is_complete(reuse) -> None:
    page = reuse("?tab=cure", ".cure.ready")
    page.locator(".cure .by-position summary").click()
    lines = COMPARISON["differences"][0]["by_position"]
    expect(page.locator(".cure").get_by_test_id("table").locator("tr")).to_have_count(len(lines) + 1)
    with page.expect_download() as started:
        page.locator(".cure").get_by_test_id("csv").click()
    rows = list(csv.DictReader(started.value.path().open(encoding="utf-8")))
    (name,) = (column for column in rows[0] if column.endswith("minus teacher forcing, accuracy_forced_low"))
    assert [float(row[name]) for row in rows] == [line["accuracy_forced_low"] for line in lines]


def test_a_link_opens_a_recipes_model_in_two_lanes(view) -> None:
    page = view()
    page.locator(".cure-links a").last.click()
    page.locator(".lanes.ready").wait_for()
    assert COMPARISON["recipes"][-1]["runs"][0]["model"] in page.url
    expect(page.locator("#forcing-reference input")).not_to_have_value("")


def test_the_keyboard_opens_the_view_and_the_address_names_it(visit) -> None:
    page = visit("?tab=teacher-forcing", ready=".lanes.ready")
    page.get_by_role("tab", name="The cure").focus()
    page.keyboard.press("Enter")
    page.locator(".cure.ready").wait_for()
    page.wait_for_url("**tab=cure*")
