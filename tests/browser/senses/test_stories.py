"""The view Stories: the drawn weights are the trace's, and mouse and keyboard move through words and sentences."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from seq2seq.decoding.translator import Translator
from seq2seq.trace import DecodingTrace
from seq2seq.ui.senses.stories import VIEW, ours
from seq2seq.views.senses import stories as view

READY = ".story-view.ready"
TEXT = "On Monday Max went to the park. There he sold 7 guitars. Mia sold 5 flutes. After that Max sold 3 flutes."
LINK = f"?tab={VIEW.name}&text={quote(TEXT)}&step=3"
NAMED = re.compile(r"% of the weight: There .*%, he .*%, sold .*%, 7 \d+%, guitars\. ")


@pytest.fixture(scope="module")
def trace() -> DecodingTrace:
    return Translator.load("stories").translate(TEXT)


def shares(page: Page) -> list[float]:
    return [float(text.strip("<>%")) / 100 for text in page.locator(".story-share").all_inner_texts()]


def test_the_rows_have_the_sums_of_the_trace_at_each_step(reuse, trace: DecodingTrace) -> None:
    page = reuse(LINK, READY)
    drawn = view.view(trace)
    words = page.get_by_test_id("story-summary").get_by_role("radio")
    assert words.all_inner_texts() == [step["text"] for step in drawn["steps"]]
    for number, step in enumerate(drawn["steps"]):
        words.nth(number).click()
        expect(words.nth(number)).to_have_attribute("aria-checked", "true")
        assert shares(page) == pytest.approx(step["rows"], abs=0.011)
        assert page.locator(".story-player .says").inner_text() == "".join(span["text"] for span in drawn["said"][number + 1])
    # One step is one row of the trace: weights of pieces, summed by sentence.
    attention = trace.steps[2].attention
    assert attention is not None and trace.steps[2].piece == "▁10"
    stops = [i for i, position in enumerate(trace.source) if position.piece == "."]
    assert drawn["steps"][2]["rows"][1] == pytest.approx(sum(attention[stops[0] + 1 : stops[1] + 1]), abs=1e-4)


def test_a_row_that_is_pointed_at_or_has_the_focus_shows_its_words(reuse) -> None:
    page = reuse(LINK, READY)
    page.get_by_test_id("story-summary").get_by_role("radio").nth(2).click()
    page.locator(".story-row").nth(2).hover()
    detail = page.get_by_test_id("story-detail")
    expect(detail.locator(".story-part-word")).to_have_text(["Mia", "sold", "5", "flutes."])
    page.mouse.move(0, 0)
    page.locator(".story-row").first.focus()
    page.keyboard.press("ArrowDown")
    expect(detail.locator(".story-part-word")).to_have_text(["There", "he", "sold", "7", "guitars."])
    expect(page.locator(".story-row").nth(1)).to_have_attribute("aria-label", NAMED)
    page.keyboard.press("ArrowUp")
    expect(page.locator(".story-row").first).to_be_focused()


def test_the_keyboard_steps_and_the_step_is_in_the_address(reuse) -> None:
    page = reuse(LINK, READY)
    words = page.get_by_test_id("story-summary").get_by_role("radio")
    words.first.click()
    page.keyboard.press("ArrowRight")
    expect(words.nth(1)).to_be_focused()
    expect(words.nth(1)).to_have_attribute("aria-checked", "true")
    page.locator(".story-row").first.focus()
    page.keyboard.press("ArrowRight")
    expect(words.nth(2)).to_have_attribute("aria-checked", "true")
    expect(page.locator(".story-player [data-testid=live]")).to_contain_text("7 + 3 = 10")
    page.wait_for_function("new URLSearchParams(location.search).get('step') === '3'")


def test_a_changed_amount_changes_the_sum_and_another_story_fills_the_field(visit) -> None:
    page = visit(LINK, READY)
    field = page.locator("#story-text textarea")
    field.fill(TEXT.replace("7 guitars", "2 guitars"))
    page.locator("#story-go").click()
    expect(page.get_by_test_id("story-summary")).to_contain_text("5")
    page.wait_for_function("new URLSearchParams(location.search).get('text').includes('2 guitars')")
    page.get_by_test_id("story-another").click()
    page.wait_for_function("!new URLSearchParams(location.search).get('text').includes('guitars. Mia')")
    text = field.input_value()
    assert text in ours() and text == next(iter(ours()))
    expect(page.get_by_test_id("story-right")).to_contain_text("summary is")


def test_all_tabs_are_on_a_phone_and_the_page_does_not_scroll_sideways(visit) -> None:
    page = visit(LINK, READY, viewport={"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for tab in page.locator("#tabs > .tab-wrapper").get_by_role("tab").all():
        box = tab.bounding_box()
        assert box["width"] > 30 and box["x"] >= 0 and box["x"] + box["width"] <= 390
