"""Helpers of the browser tests: example sentences, and the parts of the page by name."""

from __future__ import annotations

from urllib.parse import quote

from playwright.sync_api import Page, expect

SENTENCE = "We will eat soup on the balcony tonight."
OTHER = "She has already closed the blue window."
AT_STEP_2 = f"?text={quote(SENTENCE)}&step=2"


def player(page: Page):
    return page.get_by_test_id("player")


def expect_step(page: Page, step: int) -> None:
    expect(player(page)).to_have_attribute("data-step", str(step))


def steps(page: Page) -> int:
    return int(page.get_by_test_id("counter").inner_text().split("/")[1])


def translate(page: Page, text: str) -> None:
    page.locator("#text input").fill(text)
    page.locator("#text input").press("Enter")


def heatmap(page: Page):
    """Return the heatmap after it is drawn."""
    page.locator(".plot .heat-table thead th").first.wait_for()
    return page.get_by_test_id("plot")


def unmarked(text: str) -> str:
    """Return the label of a piece without the mark of its place in a word."""
    return text[1:] if len(text) > 1 and text[0] in "·␣" else text


def expect_to_fit_a_phone(page: Page) -> None:
    """Check that the page has no sideways scroll on a phone; then give it its size back."""
    usual = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("document.documentElement.scrollWidth <= 390")
    page.set_viewport_size(usual)


def output(page: Page) -> list[str]:
    """Return the target pieces shown so far, without marks."""
    return [unmarked(text) for text in page.locator(".chip.target[aria-hidden=false] text").all_text_contents()]


def fork(page: Page) -> str:
    """Fork step 2 at the first candidate that was not chosen; return its piece."""
    other = page.locator(".candidate:not(.chosen)").first
    piece = other.locator(".candidate-piece").inner_text()
    other.click()
    page.get_by_test_id("compare").wait_for()
    return piece
