"""Helpers of the browser tests of lessons: make a lesson by hand or in the dialog."""

from __future__ import annotations

import io

import zxingcpp
from PIL import Image
from playwright.sync_api import Page

from seq2seq.ui.lesson.lesson import CONTROLS, Lesson, encode
from seq2seq.ui.views import VIEWS

QUESTION = "Which word does it look at?\n\nAnd <b>why</b>?"
TRANSFORMER = "captions-de-en-transformer"
# Queries that make all controls of a view visible, and selectors of what is visible once the view is open.
QUERY = {"translate": "?search=beam", "attention": f"?tab=attention&panels={TRANSFORMER}&text=Ein+Hund"}
READY = {
    "attention": ".panel-heads",
    "bottleneck": "#bottleneck-family",
    "sentences": "#sentences-model",
    "train": "#train-data",
}
TABS = {QUERY.get(v.name, f"?tab={v.name}"): READY.get(v.name, f"#{v.element} .ready") for v in VIEWS}


def at(query: str, lesson: Lesson) -> str:
    return f"{query}{'&' if query else '?'}lesson={encode(lesson)}"


def compose(page: Page, question: str, **states: str) -> str:
    """Enter `question` and the `states` of controls in the dialog; return its link."""
    page.get_by_test_id("lesson-open").click()
    page.get_by_test_id("lesson-ask").fill(question)
    for name, state in states.items():
        page.get_by_role("radio", name=f"{CONTROLS[name].title}: {state}", exact=True).check()
    page.wait_for_function(
        """encoded => {
          const { value } = document.querySelector('[data-testid=lesson-link]');
          if (!value || document.querySelector('[data-testid=lesson-copy]').disabled) return false;
          const link = new URL(value).searchParams, page = new URLSearchParams(location.search);
          // The link of an earlier step stays until the new one is there.
          return link.get('lesson') === encoded && link.get('step') === page.get('step');
        }""",
        arg=encode(Lesson(question, *(tuple(n for n in states if states[n] == s) for s in ("hidden", "locked")))),
    )
    return page.get_by_test_id("lesson-link").input_value()


def query_of(link: str) -> str:
    return link[link.index("?") :]


def scanned(picture: bytes) -> str:
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)).convert("L"))
    assert code.format == zxingcpp.BarcodeFormat.QRCode
    return code.text


def wait_for_lesson(page: Page) -> None:
    page.locator(".lesson.ready").wait_for()


def focus_by_tabbing(page: Page, selector: str, most: int = 60) -> bool:
    """Return whether the Tab key reaches an element within `selector`."""
    page.locator("body").press("Tab")
    for _ in range(most):
        if page.evaluate("selector => Boolean(document.activeElement.closest(selector))", selector):
            return True
        page.keyboard.press("Tab")
    return False
