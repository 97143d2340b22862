"""Back and Forward walk through what was translated."""

from __future__ import annotations

from urllib.parse import parse_qs, quote, urlsplit

from playwright.sync_api import expect
from support.browser.page import OTHER, SENTENCE, output, player, translate


def named_in(url: str) -> str | None:
    """Return the sentence that an address names."""
    return parse_qs(urlsplit(url).query).get("text", [None])[0]


def test_back_and_forward_walk_through_the_translations(visit):
    page = visit(f"?text={quote(OTHER)}&step=1")
    first = output(page)
    length = page.evaluate("history.length")
    translate(page, SENTENCE)
    page.wait_for_url(lambda url: named_in(url) == SENTENCE)
    page.get_by_test_id("scrub").fill("2")  # a step replaces the address of its translation
    page.wait_for_url("**step=2")
    second, trace = output(page), player(page).get_attribute("data-trace")
    assert page.evaluate("history.length") == length + 1

    page.go_back()
    expect(page.locator("#text input")).to_have_value(OTHER)
    expect(player(page)).not_to_have_attribute("data-trace", trace)
    assert output(page) == first
    page.wait_for_url("**step=1")

    page.go_forward()
    expect(page.locator("#text input")).to_have_value(SENTENCE)
    expect(player(page)).to_have_attribute("data-trace", trace)
    assert output(page) == second
    page.wait_for_url("**step=2")
    assert page.evaluate("history.length") == length + 1  # walking adds no entries


def test_back_from_another_tab_opens_the_translation(visit):
    page = visit(f"?text={quote(OTHER)}&step=1")
    translate(page, SENTENCE)
    page.wait_for_url(lambda url: named_in(url) == SENTENCE)
    page.get_by_role("tab", name="Teacher forcing").click()
    page.wait_for_url("**tab=**")
    page.go_back()
    expect(page.locator("#text input")).to_have_value(OTHER)
    expect(player(page)).to_be_visible()
