"""Test the view "Two lanes" of the Teacher forcing tab with mouse, touch and keyboard."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs, quote, urlparse

import pytest
from playwright.sync_api import Page, expect
from support.browser.page import expect_to_fit_a_phone, unmarked

from seq2seq.analysis.forcing import two_lanes
from seq2seq.decoding.translator import Translator

SOURCE, REFERENCE = "We were waiting for you in the garden.", "Nous t'attendions dans le jardin."
PAIR = f"&text={quote(SOURCE)}&reference={quote(REFERENCE)}"


@pytest.fixture(scope="module")
def translator() -> Translator:
    return Translator.load("en-fr-additive")


@pytest.fixture(scope="module")
def lanes(translator: Translator) -> two_lanes.Lanes:
    return two_lanes.compare(translator, SOURCE, REFERENCE)


@pytest.fixture
def tab(visit):
    """Return a function that opens this tab by its link; its keywords are settings of the browser context."""
    return lambda query="", **settings: visit("?tab=teacher-forcing" + query, ready=".lanes.ready", **settings)


@pytest.fixture
def pair(reuse):
    """Return a function that goes to a step of the pair, on the page that these tests share; none leaves a third lane."""

    def at(step: int = 0) -> Page:
        page = reuse("?tab=teacher-forcing" + PAIR, ".lanes.ready")
        root(page).get_by_test_id("scrub").fill(str(step))
        expect_step(page, step)
        return page

    return at


def root(page: Page):
    return page.get_by_test_id("lanes")


def expect_step(page: Page, step: int) -> None:
    expect(root(page)).to_have_attribute("data-step", str(step))


def press(page: Page, button: str) -> None:
    root(page).get_by_test_id(button).click()


def cells(page: Page, lane: str, row: str) -> list[str]:
    """Return the texts that a lane shows in a row so far, without marks."""
    texts = page.locator(f".lane.{lane} tr.{row} td > span").evaluate_all(
        "nodes => nodes.filter(node => node.style.visibility !== 'hidden').map(node => node.firstChild.textContent)"
    )
    return [text.strip() for text in texts]


def parameters(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlparse(page.url).query).items()}


def joined(pieces: list[str]) -> str:
    return "".join(map(unmarked, pieces))


def test_both_lanes_show_what_the_engine_decoded(pair, lanes) -> None:
    page = pair()
    press(page, "last")
    steps = {"forced": [s.candidates[0].piece for s in lanes.forced.steps], "free": [s.piece for s in lanes.free.steps]}
    for lane, pieces in steps.items():
        assert [joined([text]) for text in cells(page, lane, "writes")] == [
            "end" if piece == "</s>" else piece.removeprefix("▁") or "␣" for piece in pieces
        ]
    assert len(cells(page, "forced", "fed")) == len(lanes.forced.steps)
    expect(page.locator(".lane.free .parts")).to_have_count(1)
    expect(page.locator(".lane.free .lane-note")).to_have_text(re.compile(rf"at step {lanes.divergence + 1};"))


def test_both_lanes_play_together_and_show_only_the_steps_so_far(pair, lanes) -> None:
    page = pair(3)
    assert len(cells(page, "forced", "writes")) == len(cells(page, "free", "writes")) == 3
    page.get_by_test_id("lanes-scroller").focus()
    page.keyboard.press("ArrowRight")
    expect_step(page, 4)
    page.keyboard.press("Home")
    expect_step(page, 0)
    assert cells(page, "forced", "writes") == []
    page.keyboard.press(" ")
    expect(root(page)).to_have_attribute("data-playing", "true")
    press(page, "last")
    expect_step(page, max(len(lanes.forced.steps), len(lanes.free.steps)))


def test_a_step_shows_the_probability_and_rank_of_the_reference_in_both_lanes(pair, lanes) -> None:
    page = pair(lanes.divergence + 1)
    step = lanes.forced.steps[lanes.divergence]
    for lane in ("forced", "free"):
        of = "the reference" if lane == "forced" else "its output"
        expect(page.get_by_test_id(f"detail-{lane}")).to_contain_text(f"log-probability of {of}")
        expect(page.get_by_test_id(f"detail-{lane}").locator(".strip-chip")).to_have_count(len(lanes.forced.source))
    text = page.get_by_test_id("detail-forced").get_by_test_id("gold").inner_text()
    assert f"rank {step.rank}" in text
    expect(root(page).get_by_test_id("says")).to_contain_text("the first mistake")
    expect(root(page).get_by_test_id("live")).to_contain_text("the first mistake")


def test_a_rescue_changes_the_free_lane_and_the_address_restores_it(pair, translator, lanes) -> None:
    page = pair(lanes.divergence + 1)
    number = two_lanes.expected_word(lanes, lanes.divergence)
    expect(page.get_by_test_id("rescue-word")).to_have_value(str(number))
    page.get_by_test_id("give").click()
    expected = two_lanes.rescue(translator, lanes, lanes.divergence, number)
    outcome = "continues at once" if expected.recovery.after == 0 else "the reference"
    expect(page.get_by_test_id("outcome")).to_contain_text(outcome)
    press(page, "last")
    written = joined([text if text != "end" else "" for text in cells(page, "rescue", "writes")])
    assert written == expected.trace.text.replace(" ", "")
    expect(page.locator(".lane.rescue .fed .given")).to_have_count(expected.word.end - expected.word.start)
    page.wait_for_url("**rescue=*")
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_test_id("outcome")).to_have_text(page.get_by_test_id("outcome").inner_text())
    page.get_by_test_id("clear").click()
    expect(page.locator(".lane.rescue")).to_have_count(0)
    page.wait_for_url(lambda url: "rescue" not in url)
    other.close()


def test_a_wrong_word_is_inserted_into_either_lane(pair) -> None:
    page = pair()
    for lane in ("forced", "free"):
        page.get_by_test_id("wrong-lane").select_option(lane)
        page.get_by_test_id("wrong-place").select_option("1")
        page.get_by_test_id("wrong-text").fill("maison")
        page.get_by_test_id("replace").click()
        page.wait_for_url(f"**inject={lane}-2-maison*")
        expect(page.get_by_test_id("outcome")).to_contain_text("With “maison” in place of “")
        press(page, "last")
        assert "maison" in cells(page, "injection", "fed")
    page.get_by_test_id("clear").click()
    expect(page.locator(".lane.injection")).to_have_count(0)


def test_each_random_wrong_word_is_a_new_one(tab) -> None:
    page = tab(PAIR)
    outcome = page.get_by_test_id("outcome")
    page.get_by_test_id("replace").click()
    page.wait_for_url(lambda url: parse_qs(urlparse(url).query).get("inject") == ["forced-1-~1"])
    first = outcome.inner_text()
    page.get_by_test_id("replace").click()
    page.wait_for_url(lambda url: parse_qs(urlparse(url).query).get("inject") == ["forced-1-~2"])
    assert outcome.inner_text() != first


def test_replacing_every_word_in_turn_shows_a_table_of_all_words(pair) -> None:
    page = pair(2)
    page.get_by_test_id("wrong-lane").select_option("forced")
    page.get_by_test_id("every").click()
    expect(page.locator(".curve-table td.target")).to_have_text(["Nous", "t'attendions", "dans", "le", "jardin"])
    expect_step(page, 2)
    page.wait_for_url("**every=forced*")
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator(".curve-table tr")).to_have_count(page.locator(".curve-table tr").count())
    other.close()


def test_invalid_input_is_reported_and_a_reference_in_the_wrong_language_gets_a_warning(tab) -> None:
    page = tab(PAIR)
    before = root(page).get_attribute("data-id")
    for source, reference, message in (
        (SOURCE, "", "A reference is needed"),
        ("", REFERENCE, "There is nothing to translate"),
        (SOURCE, "x" * 2000, "2,000 characters; please keep to 1,000"),
        ("😀", REFERENCE, "There are no words in this text"),
    ):
        page.locator("#forcing-text input").fill(source)
        page.locator("#forcing-reference input").fill(reference)
        page.locator("#forcing-go").click()
        expect(page.locator(".message:visible")).to_contain_text(message)
        assert root(page).get_attribute("data-id") == before, message
        assert page.locator("#forcing-reference input").input_value() == reference
    expect(page.get_by_test_id("doubts")).to_be_hidden()
    page.locator("#forcing-text input").fill(SOURCE)
    page.locator("#forcing-reference input").fill(SOURCE)
    page.locator("#forcing-go").click()
    expect(page.get_by_test_id("doubts")).to_contain_text("is it French, and a translation of this sentence?")


def test_a_typed_reference_is_compared_and_the_address_contains_it(tab) -> None:
    page = tab()
    before = root(page).get_attribute("data-id")
    page.locator("#forcing-text input").fill("Where is the station?")
    page.locator("#forcing-reference input").fill("<b>Où</b> se trouve la gare ?")
    page.locator("#forcing-reference input").press("Enter")
    expect(root(page)).not_to_have_attribute("data-id", before or "")
    page.wait_for_url("**Where*")
    assert parameters(page)["reference"] == "<b>Où</b> se trouve la gare ?"
    assert page.locator(".lanes b:not(.target)").count() == 0  # markup stays text


def test_a_model_of_another_language_changes_example_and_reference(tab) -> None:
    page = tab()
    page.locator("#forcing-model input").click()
    page.get_by_role("option", name="English → Chinese: GRU, additive attention").click()
    expect(page.locator("#forcing-reference input")).to_have_value(re.compile("[一-鿿]"))
    expect(page.get_by_label("Reference, in Chinese")).to_be_visible()
    page.wait_for_url("**en-zh-additive*")


def test_a_model_without_attention_shows_a_note(tab) -> None:
    page = tab(f"{PAIR}&model=en-fr-plain&step=2")
    expect(page.get_by_test_id("detail-free")).to_contain_text("no attention weights")


def test_an_unknown_tab_in_the_address_is_reported(visit) -> None:
    page = visit("?tab=nonsense")
    expect(page.locator(".message:visible")).to_contain_text("There is no tab “nonsense”")


def test_an_invalid_link_shows_a_message_and_both_lanes(tab) -> None:
    """tests/ui/forcing/test_two_lanes.py tests more links."""
    page = tab(f"&text={quote(SOURCE)}&rescue=99-1&model=gone")
    for message in ("There is no step 99", "There is no model “gone”"):
        expect(page.locator(".message:visible")).to_contain_text(message)
    expect(page.locator(".lane")).to_have_count(2)


def test_text_is_large_and_has_contrast_and_the_page_fits_a_phone(tab) -> None:
    page = tab(f"{PAIR}&inject=free-2-maison&step=9")
    page.get_by_test_id("outcome").wait_for()
    for _ in ("light", "dark"):
        assert json.dumps(page.evaluate(CHECK)) == "[]"
        page.get_by_test_id("dark").click()
    page.get_by_test_id("every").click()
    page.locator(".curve-table td").first.wait_for()
    expect_to_fit_a_phone(page)


CHECK = """() => {
  const light = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map((v) => v / (color.startsWith("color(") ? 1 : 255))
      .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const { backgroundColor: color } = getComputedStyle(at);
      if (color !== "rgba(0, 0, 0, 0)") return color;
    }
    return "rgb(255, 255, 255)";
  };
  const faults = [];
  for (const node of document.querySelectorAll(".lanes *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    if (!own || !node.offsetParent || node.closest("[disabled], .visually-hidden")) continue;
    const style = getComputedStyle(node);
    const [a, b] = [light(style.color), light(background(node))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (parseFloat(style.fontSize) >= 16 && contrast >= 4.5) continue;
    faults.push([node.className, node.textContent.slice(0, 30), style.fontSize, contrast]);
  }
  return faults;
}"""
