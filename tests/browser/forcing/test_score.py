"""Test the view "Score a translation"."""

from __future__ import annotations

from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import expect
from support.browser.page import expect_to_fit_a_phone

OWN = "J'ai faim."
LINK = f"?tab=score&text={quote('I am hungry.')}&first={quote(OWN)}"


@pytest.fixture
def view(visit):
    return lambda query="", **settings: visit(LINK + query, ready=".score.ready", **settings)


def test_a_typed_translation_is_scored_and_the_address_restores_it(view) -> None:
    page = view()
    page.locator("#score-first input").fill("J'ai froid.")
    page.locator("#score-first input").press("Enter")
    expect(page.get_by_test_id("sheet").first).to_contain_text("J'ai froid.")
    expect(page.get_by_test_id("verdicts")).to_contain_text("what the beam found is more probable than yours")
    page.wait_for_url("**froid*")
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_test_id("verdicts")).to_have_text(page.get_by_test_id("verdicts").inner_text().replace("\n", ""))


def test_two_translations_are_compared(view) -> None:
    page = view("&other=" + quote("J'ai froid."))
    expect(page.get_by_test_id("verdicts")).to_contain_text("“froid” in place of “faim”")
    expect(page.get_by_test_id("sheet")).to_have_count(2)
    expect_to_fit_a_phone(page)


def test_an_empty_translation_is_reported_and_the_scores_stay(view) -> None:
    page = view()
    page.locator("#score-first input").fill("  ")
    page.locator("#score-go").click()
    expect(page.locator(".message:visible")).to_contain_text("There is nothing to score: please type a translation in French")
    expect(page.get_by_test_id("sheet").first).to_contain_text("J'ai faim.")


def test_markup_stays_text(view) -> None:
    page = view("&other=" + quote("<img src=x onerror=alert(1)> ${1} {{2}}"))
    expect(page.get_by_test_id("sheet").nth(1)).to_contain_text("<img")
    assert page.locator(".score img").count() == 0


def test_a_tab_reopens_with_its_last_view_and_the_address_follows(visit) -> None:
    page = visit()
    for name, own, others in (
        ("Teacher forcing", "reference", {"search"}),
        ("Score a translation", "first", {"search", "reference"}),
        ("Translate", "search", {"tab", "reference", "first"}),
    ):
        page.get_by_role("tab", name=name).click()
        page.wait_for_url(f"**{own}=*")
        assert not others & parse_qs(urlsplit(page.url).query).keys()
    page.get_by_role("tab", name="Teacher forcing").click()
    page.wait_for_url("**first=*")
    expect(page.locator(".score")).to_be_visible()
