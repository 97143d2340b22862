"""Predict, then reveal, in a browser: links drawn by mouse and by keyboard, and beside them what the engine says."""

from __future__ import annotations

from urllib.parse import parse_qs, quote, urlparse

import pytest
from playwright.sync_api import Page, expect

from seq2seq.analysis import alignment
from seq2seq.analysis.alignment import Links
from seq2seq.decoding.translator import Translator
from seq2seq.sources.words import split
from seq2seq.ui.kit import gold

TEXT, TRANSLATION, MODEL = "We were waiting for you in the garden.", "Nous t'attendions dans le jardin.", "en-fr-additive"
LINK = f"?tab=predict&text={quote(TEXT)}&reference={quote(TRANSLATION)}&model={MODEL}"
DRAWN: Links = frozenset({(0, 0), (3, 1), (1, 2)})
WITH_LINKS = "&links=0-0.1-2.3-1"
TOLD = "[data-weight], .predict-cell.sure, .predict-cell.possible, .predict-cell.most"  # by a reveal alone


@pytest.fixture
def view(visit):
    return lambda query="", **settings: visit(LINK + query, ready=".predict.ready", **settings)


def cell(page: Page, i: int, j: int):
    return page.locator(f".predict-cell[data-link='{i}-{j}']")


def drawn(page: Page) -> Links:
    names = page.locator(".predict-cell[aria-pressed=true]").evaluate_all("cells => cells.map((cell) => cell.dataset.link)")
    return frozenset((int(i), int(j)) for i, j in (name.split("-") for name in names))


def parameter(page: Page, name: str) -> str:
    return parse_qs(urlparse(page.url).query).get(name, [""])[0]


def expect_revealed(page: Page, links: Links) -> None:
    """What is drawn is what the engine finds."""
    expect(page.get_by_test_id("predict")).to_have_attribute("data-revealed", "true")
    translator = Translator.load(MODEL)
    weights = alignment.attention(translator, split(TEXT, "English"), split(TRANSLATION, "French"))
    shown = page.locator(".predict-cell").evaluate_all("cells => cells.map((cell) => Number(cell.dataset.weight))")
    assert shown == pytest.approx(weights.flatten().tolist(), abs=1e-3)
    ends = page.locator(".predict-end").evaluate_all("cells => cells.map((cell) => cell.textContent)")
    left = 1 - weights.sum(1)
    assert [int(text[:-1] or 0) for text in ends] == [round(100 * w) if w >= 0.05 else 0 for w in left]
    most = page.locator(".predict-cell.most").evaluate_all("cells => cells.map((cell) => cell.dataset.link)")
    assert sorted(most) == sorted(f"{i}-{j}" for i, j in alignment.largest(weights))
    known = gold.find(TEXT, TRANSLATION, translator.info)
    assert known
    for kind, expected in (("sure", known.sure), ("possible", known.possible - known.sure)):
        ringed = page.locator(f".predict-cell.{kind}").evaluate_all("cells => cells.map((cell) => cell.dataset.link)")
        assert sorted(ringed) == sorted(f"{i}-{j}" for i, j in expected)
    own = page.get_by_test_id("scores").locator("tr").nth(1)
    expect(own).to_contain_text(f"{alignment.score(links, known).error_rate:.3f}")
    expect(own).to_contain_text(f"{len(alignment.agreeing(links, weights))} of {len(weights)}")
    assert drawn(page) == links


def test_links_are_drawn_by_mouse_and_revealed(view) -> None:
    page = view()
    assert page.locator(TOLD).count() == 0
    expect(page.get_by_test_id("outcome")).to_be_hidden()
    for i, j in sorted(DRAWN | {(8, 6)}):
        cell(page, i, j).click()
    cell(page, 8, 6).click()  # taken back
    expect(page.get_by_test_id("count")).to_have_text("3 links; 4 of 7 target words without a link")
    page.wait_for_url("**links=0-0.1-2.3-1*")
    page.get_by_test_id("reveal").click()
    expect_revealed(page, DRAWN)
    page.wait_for_url("**revealed=1*")
    cell(page, 8, 6).click(force=True)
    assert drawn(page) == DRAWN  # what was predicted stays as it was
    page.get_by_test_id("again").click()
    expect(page.get_by_test_id("predict")).to_have_attribute("data-revealed", "false")
    assert drawn(page) == frozenset() and page.locator(TOLD).count() == 0
    page.wait_for_url(lambda url: "revealed" not in url and "links" not in url)


def test_links_are_drawn_by_keyboard(view) -> None:
    page = view()
    assert page.locator(".predict-cell[tabindex='0']").count() == 1
    cell(page, 0, 0).focus()
    for keys, at in (
        (["Enter"], (0, 0)),
        (["ArrowDown", "ArrowDown", "ArrowRight", "Space"], (1, 2)),
        (["End", "ArrowRight", "Home", "ArrowUp", "ArrowRight", "ArrowRight", "ArrowRight", "Enter"], (3, 1)),
    ):
        for key in keys:
            page.keyboard.press(key)
        expect(cell(page, *at)).to_be_focused()
        expect(cell(page, *at)).to_have_attribute("aria-pressed", "true")
    expect(cell(page, 3, 1)).to_have_attribute("tabindex", "0")
    expect(page.locator(".predict-grid th.on")).to_have_text(["for", "t'"])
    page.keyboard.press("Tab")
    expect(page.get_by_test_id("reveal")).to_be_focused()
    page.keyboard.press("Enter")
    expect_revealed(page, DRAWN)
    expect(page.get_by_test_id("again")).to_be_focused()
    expect(page.get_by_role("button", name="t', you, weight")).to_have_count(1)


def test_an_address_opens_the_same_links_before_and_after_the_reveal(view) -> None:
    page = view(WITH_LINKS)
    assert drawn(page) == DRAWN and page.locator("[data-weight]").count() == 0
    page.get_by_test_id("reveal").click()
    page.wait_for_url("**revealed=1*")
    other = page.context.new_page()
    other.goto(page.url)
    other.locator(".predict.ready").wait_for()
    expect_revealed(other, DRAWN)
    expect(other.get_by_test_id("verdict")).to_have_text(page.get_by_test_id("verdict").inner_text())


@pytest.mark.parametrize(
    ("query", "messages"),
    [("&links=0-0.zz&revealed=2", ["“zz” is not a link", "should be 0 or 1"]), ("&links=0-99", ["there is no target word 99"])],
)
def test_a_faulty_address_is_said_and_the_rest_counts(view, query: str, messages: list[str]) -> None:
    page = view(query)
    for message in messages:
        expect(page.locator(".message:visible")).to_contain_text(message)
    expect(page.locator(".predict-grid th[scope=row]")).to_have_text(["Nous", "t'", "attendions", "dans", "le", "jardin", "."])
    assert drawn(page) == frozenset()


def test_an_empty_translation_is_the_models_own(view) -> None:
    page = view()
    page.locator("#predict-text input").fill("I am hungry.")
    page.locator("#predict-reference input").fill("")
    page.locator("#predict-go").click()
    own = Translator.load(MODEL).translate("I am hungry.").text
    expect(page.get_by_test_id("translation")).to_have_text(f"The model's own translation, greedy: {own}")
    expect(page.locator(".predict-grid th[scope=row]")).to_have_text(list(split(own, "French")))
    expect(page.get_by_test_id("predict-hint")).to_contain_text("There is no manual alignment of this pair")
    page.wait_for_url(lambda url: "reference=&" in f"{url}&")


def test_what_cannot_be_read_is_said_and_what_is_drawn_stays(view) -> None:
    page = view(WITH_LINKS)
    page.locator("#predict-text input").fill("  ")
    page.locator("#predict-text input").press("Enter")
    expect(page.locator(".message:visible")).to_contain_text("There is nothing to translate")
    assert drawn(page) == DRAWN


def test_markup_stays_text(visit) -> None:
    query = f"?tab=predict&text={quote('<img src=x onerror=alert(1)> ${1} {{2}}')}&reference={quote('<b>x</b>')}&revealed=1"
    page = visit(query, ready=".predict.ready")
    expect(page.locator(".predict-grid")).to_contain_text("onerror=alert")
    assert page.locator(".predict img, .predict b").count() == 0


def test_a_model_without_attention_still_shows_the_alignment_by_hand(visit) -> None:
    page = visit(LINK.replace(MODEL, "en-fr-plain") + WITH_LINKS + "&revealed=1", ready=".predict.ready")
    expect(page.get_by_test_id("predict-hint")).to_contain_text("This model has no attention")
    assert page.locator("[data-weight]").count() == 0 and page.locator(".predict-cell.sure").count() == 7
    expect(page.get_by_test_id("scores").locator("tr")).to_have_count(3)


def test_another_model_of_the_same_words_keeps_what_was_drawn(view) -> None:
    page = view()
    cell(page, 4, 1).click()
    page.locator("#predict-model input").click()
    page.get_by_role("option", name="English → French: GRU, no attention").click()
    expect(page.get_by_test_id("predict-hint")).to_contain_text("This model has no attention")
    assert drawn(page) == {(4, 1)}
    page.wait_for_url("**model=en-fr-plain*links=4-1*")


def test_a_phone_never_scrolls_sideways_and_draws_by_touch(view) -> None:
    page = view(viewport={"width": 390, "height": 844}, has_touch=True)
    cell(page, 8, 6).tap()
    assert drawn(page) == {(8, 6)}
    page.get_by_test_id("reveal").tap()
    expect_revealed(page, frozenset({(8, 6)}))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    word = page.locator(".predict-grid th[scope=row]").first.bounding_box()
    assert word and word["x"] >= 0  # the target words stay in sight while the grid is scrolled
