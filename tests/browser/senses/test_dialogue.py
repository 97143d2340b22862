"""The view Dialogue: the drawn bits are the engine's, and another answer and another question can be chosen."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from seq2seq.analysis.dialogue import OTHERS
from seq2seq.analysis.inside.language_model import NATS_TO_BITS
from seq2seq.decoding.strategies import Beam, Greedy
from seq2seq.decoding.translator import Translator
from seq2seq.trace import DecodingTrace

READY, TEXT = ".dialogue-view.ready", "What are you doing tonight?"
LINK = f"?tab=dialogue&text={quote(TEXT)}"


@pytest.fixture(scope="module")
def translator() -> Translator:
    return Translator.load("dialogue-en")


def bits(trace: DecodingTrace) -> float:
    return -trace.log_prob * NATS_TO_BITS / len(trace.steps)


def means(page: Page) -> list[float]:
    return [float(text) for text in page.locator(".dialogue-mean").all_inner_texts()]


def test_answers_and_bits_are_the_engines(visit, translator: Translator) -> None:
    page = visit(LINK, READY)
    expect(page.get_by_test_id("dialogue-opening")).to_contain_text("This model is no assistant. It was trained on 1,733")
    answers = page.get_by_test_id("dialogue-answers").get_by_role("radio")
    greedy, beam = (translator.translate(TEXT, strategy).text for strategy in (Greedy(), Beam(5)))
    assert [text.split("\n")[-1] for text in answers.all_inner_texts()[:2]] == [greedy, beam]
    assert means(page) == pytest.approx([bits(translator.score(q, greedy)) for q in (TEXT, OTHERS[0])], abs=0.006)
    answers.nth(1).click()
    expect(answers.nth(1)).to_have_attribute("aria-checked", "true")
    page.get_by_test_id("dialogue-swap").click()
    expect(page.get_by_test_id("dialogue-bits")).to_contain_text(OTHERS[1])
    assert means(page) == pytest.approx([bits(translator.score(q, beam)) for q in (TEXT, OTHERS[1])], abs=0.006)
    page.wait_for_function("new URLSearchParams(location.search).get('swap') === '1'")


def test_a_phone_has_no_sideways_scroll_and_an_example_fills_the_field(visit) -> None:
    page = visit(LINK, READY, viewport={"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_test_id("dialogue-examples").get_by_role("button").nth(2).click()
    expect(page.locator("#dialogue-text input, #dialogue-text textarea")).to_have_value("How was your holiday?")
