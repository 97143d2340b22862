"""Test the view "Predict": draw links with mouse and keyboard, reveal the weights, and compare them with the engine."""

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
LINKS: Links = frozenset({(0, 0), (3, 1), (1, 2)})
WITH_LINKS = "&links=0-0.1-2.3-1"
REVEALED = "[data-weight], .predict-cell.sure, .predict-cell.possible, .predict-cell.most"  # shown only after the reveal


@pytest.fixture
def view(visit):
    return lambda query="", **settings: visit(LINK + query, ready=".predict.ready", **settings)


@pytest.fixture
def page(reuse) -> Page:
    """Return the page that tests share; each takes its links away."""
    return reuse(LINK, ".predict.ready")


def cell(page: Page, i: int, j: int):
    return page.locator(f".predict-cell[data-link='{i}-{j}']")


def drawn_links(page: Page) -> Links:
    names = page.locator(".predict-cell[aria-pressed=true]").evaluate_all("cells => cells.map((cell) => cell.dataset.link)")
    return frozenset((int(i), int(j)) for i, j in (name.split("-") for name in names))


def parameter(page: Page, name: str) -> str:
    return parse_qs(urlparse(page.url).query).get(name, [""])[0]


def expect_revealed(page: Page, links: Links) -> None:
    """Check that the page shows the weights, alignments and scores that the engine computes."""
    expect(page.get_by_test_id("predict")).to_have_attribute("data-revealed", "true")
    translator = Translator.load(MODEL)
    weights = alignment.attention(translator, split(TEXT, "English"), split(TRANSLATION, "French"))
    shown_weights = page.locator(".predict-cell").evaluate_all("cells => cells.map((cell) => Number(cell.dataset.weight))")
    assert shown_weights == pytest.approx(weights.flatten().tolist(), abs=1e-3)
    ends = page.locator(".predict-end").evaluate_all("cells => cells.map((cell) => cell.textContent)")
    end_weights = 1 - weights.sum(1)
    assert [int(text[:-1] or 0) for text in ends] == [round(100 * w) if w >= 0.05 else 0 for w in end_weights]
    most = page.locator(".predict-cell.most").evaluate_all("cells => cells.map((cell) => cell.dataset.link)")
    assert sorted(most) == sorted(f"{i}-{j}" for i, j in alignment.largest(weights))
    manual = gold.find(TEXT, TRANSLATION, translator.info)
    assert manual
    for kind, expected in (("sure", manual.sure), ("possible", manual.possible - manual.sure)):
        ringed = page.locator(f".predict-cell.{kind}").evaluate_all("cells => cells.map((cell) => cell.dataset.link)")
        assert sorted(ringed) == sorted(f"{i}-{j}" for i, j in expected)
    own = page.get_by_test_id("scores").locator("tr").nth(1)
    expect(own).to_contain_text(f"{alignment.score(links, manual).error_rate:.3f}")
    expect(own).to_contain_text(f"{len(alignment.agreeing(links, weights))} of {len(weights)}")
    assert drawn_links(page) == links


def test_links_are_drawn_with_the_mouse_and_revealed(page) -> None:
    assert page.locator(REVEALED).count() == 0
    expect(page.get_by_test_id("outcome")).to_be_hidden()
    for i, j in sorted(LINKS | {(8, 6)}):
        cell(page, i, j).click()
    cell(page, 8, 6).click()  # removes the link
    expect(page.get_by_test_id("count")).to_have_text("3 links; 4 of 7 target words without a link")
    page.wait_for_url("**links=0-0.1-2.3-1*")
    page.get_by_test_id("reveal").click()
    expect_revealed(page, LINKS)
    page.wait_for_url("**revealed=1*")
    cell(page, 8, 6).click(force=True)
    assert drawn_links(page) == LINKS  # a prediction cannot be changed after the reveal
    page.get_by_test_id("again").click()
    expect(page.get_by_test_id("predict")).to_have_attribute("data-revealed", "false")
    assert drawn_links(page) == frozenset() and page.locator(REVEALED).count() == 0
    page.wait_for_url(lambda url: "revealed" not in url and "links" not in url)


def test_links_are_drawn_with_the_keyboard_and_revealed(page) -> None:
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
    expect_revealed(page, LINKS)
    expect(page.get_by_test_id("again")).to_be_focused()
    expect(page.get_by_role("button", name="t', you, weight")).to_have_count(1)
    page.get_by_test_id("again").click()


def test_the_address_restores_the_links_before_and_after_the_reveal(view) -> None:
    page = view(WITH_LINKS)
    assert drawn_links(page) == LINKS and page.locator("[data-weight]").count() == 0
    page.get_by_test_id("reveal").click()
    page.wait_for_url("**revealed=1*")
    other = page.context.new_page()
    other.goto(page.url)
    other.locator(".predict.ready").wait_for()
    expect_revealed(other, LINKS)
    expect(other.get_by_test_id("verdict")).to_have_text(page.get_by_test_id("verdict").inner_text())


@pytest.mark.parametrize(
    ("query", "messages"),
    [("&links=0-0.zz&revealed=2", ["“zz” is not a link", "should be 0 or 1"]), ("&links=0-99", ["there is no target word 99"])],
)
def test_invalid_parameters_are_reported_and_the_others_are_used(view, query: str, messages: list[str]) -> None:
    page = view(query)
    for message in messages:
        expect(page.locator(".message:visible")).to_contain_text(message)
    expect(page.locator(".predict-grid th[scope=row]")).to_have_text(["Nous", "t'", "attendions", "dans", "le", "jardin", "."])
    assert drawn_links(page) == frozenset()


def test_without_a_translation_the_model_translates(view) -> None:
    page = view()
    page.locator("#predict-text input").fill("I am hungry.")
    page.locator("#predict-reference input").fill("")
    page.locator("#predict-go").click()
    own = Translator.load(MODEL).translate("I am hungry.").text
    expect(page.get_by_test_id("translation")).to_have_text(f"The model's own translation, greedy: {own}")
    expect(page.locator(".predict-grid th[scope=row]")).to_have_text(list(split(own, "French")))
    expect(page.get_by_test_id("predict-hint")).to_contain_text("There is no manual alignment of this pair")
    page.wait_for_url(lambda url: "reference=&" in f"{url}&")


def test_invalid_input_is_reported_and_the_links_stay(view) -> None:
    page = view(WITH_LINKS)
    page.locator("#predict-text input").fill("  ")
    page.locator("#predict-text input").press("Enter")
    expect(page.locator(".message:visible")).to_contain_text("There is nothing to translate")
    assert drawn_links(page) == LINKS


def test_markup_stays_text(visit) -> None:
    query = f"?tab=predict&text={quote('<img src=x onerror=alert(1)> ${1} {{2}}')}&reference={quote('<b>x</b>')}&revealed=1"
    page = visit(query, ready=".predict.ready")
    expect(page.locator(".predict-grid")).to_contain_text("onerror=alert")
    assert page.locator(".predict img, .predict b").count() == 0


def test_a_model_without_attention_shows_the_manual_alignment(visit) -> None:
    page = visit(LINK.replace(MODEL, "en-fr-plain") + WITH_LINKS + "&revealed=1", ready=".predict.ready")
    expect(page.get_by_test_id("predict-hint")).to_contain_text("This model has no attention")
    assert page.locator("[data-weight]").count() == 0 and page.locator(".predict-cell.sure").count() == 7
    expect(page.get_by_test_id("scores").locator("tr")).to_have_count(3)


def test_changing_the_model_keeps_the_links(view) -> None:
    page = view()
    cell(page, 4, 1).click()
    page.locator("#predict-model input").click()
    page.get_by_role("option", name="English → French: GRU, no attention").click()
    expect(page.get_by_test_id("predict-hint")).to_contain_text("This model has no attention")
    assert drawn_links(page) == {(4, 1)}
    page.wait_for_url("**model=en-fr-plain*links=4-1*")


def test_on_a_phone_links_are_drawn_by_touch_and_the_page_does_not_scroll_sideways(view) -> None:
    page = view(viewport={"width": 390, "height": 844}, has_touch=True)
    cell(page, 8, 6).tap()
    assert drawn_links(page) == {(8, 6)}
    page.get_by_test_id("reveal").tap()
    expect_revealed(page, frozenset({(8, 6)}))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    word = page.locator(".predict-grid th[scope=row]").first.bounding_box()
    assert word and word["x"] >= 0  # the target words stay visible while the grid scrolls
