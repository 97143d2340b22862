"""The Teacher forcing tab, by mouse, touch and keyboard."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs, quote, urlparse

import pytest
from playwright.sync_api import Page, expect

from seq2seq.analysis import two_lanes
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
    """tab(query, **context settings) opens this tab by its link."""
    return lambda query="", **settings: visit("?tab=teacher-forcing" + query, ready=".lanes.ready", **settings)


def root(page: Page):
    return page.get_by_test_id("lanes")


def at_step(page: Page, step: int) -> None:
    expect(root(page)).to_have_attribute("data-step", str(step))


def go(page: Page, name: str) -> None:
    root(page).get_by_test_id(name).click()


def cells(page: Page, lane: str, row: str) -> list[str]:
    """What a lane shows in a row so far; marks left out."""
    texts = page.locator(f".lane.{lane} tr.{row} td > span").evaluate_all(
        "nodes => nodes.filter(node => node.style.visibility !== 'hidden').map(node => node.firstChild.textContent)"
    )
    return [text.strip() for text in texts]


def parameters(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlparse(page.url).query).items()}


def spelled(pieces: list[str]) -> str:
    return "".join(piece.removeprefix("‑") for piece in pieces)


def test_the_lanes_show_what_the_engine_decoded(tab, lanes) -> None:
    page = tab(PAIR)
    go(page, "last")
    steps = {"forced": [s.candidates[0].piece for s in lanes.forced.steps], "free": [s.piece for s in lanes.free.steps]}
    for lane, pieces in steps.items():
        assert [spelled([text]) for text in cells(page, lane, "writes")] == [
            "end" if piece == "</s>" else piece.removeprefix("▁") or "␣" for piece in pieces
        ]
    assert len(cells(page, "forced", "fed")) == len(lanes.forced.steps)
    expect(page.locator(".lane.free .parts")).to_have_count(1)
    expect(page.locator(".lane.free .lane-note")).to_have_text(re.compile(rf"at step {lanes.divergence + 1};"))


def test_both_lanes_play_in_step_and_nothing_is_told_in_advance(tab, lanes) -> None:
    page = tab(PAIR + "&step=3")
    at_step(page, 3)
    assert len(cells(page, "forced", "writes")) == len(cells(page, "free", "writes")) == 3
    page.get_by_test_id("lanes-scroller").focus()
    page.keyboard.press("ArrowRight")
    at_step(page, 4)
    page.keyboard.press("Home")
    at_step(page, 0)
    assert cells(page, "forced", "writes") == []
    page.keyboard.press(" ")
    expect(root(page)).to_have_attribute("data-playing", "true")
    go(page, "last")
    at_step(page, max(len(lanes.forced.steps), len(lanes.free.steps)))


def test_a_step_tells_the_references_probability_and_rank_in_both_lanes(tab, lanes) -> None:
    page = tab(f"{PAIR}&step={lanes.divergence + 1}")
    step = lanes.forced.steps[lanes.divergence]
    for lane in ("forced", "free"):
        of = "the reference" if lane == "forced" else "its output"
        expect(page.get_by_test_id(f"detail-{lane}")).to_contain_text(f"log-probability of {of}")
        expect(page.get_by_test_id(f"detail-{lane}").locator(".strip-chip")).to_have_count(len(lanes.forced.source))
    told = page.get_by_test_id("detail-forced").get_by_test_id("gold").inner_text()
    assert f"rank {step.rank}" in told
    expect(root(page).get_by_test_id("says")).to_contain_text("the first mistake")
    expect(root(page).get_by_test_id("live")).to_contain_text("the first mistake")


def test_a_rescue_brings_the_free_lane_back_and_has_an_address(tab, translator, lanes) -> None:
    page = tab(f"{PAIR}&step={lanes.divergence + 1}")
    number = two_lanes.expected_word(lanes, lanes.divergence)
    expect(page.get_by_test_id("rescue-word")).to_have_value(str(number))
    page.get_by_test_id("give").click()
    found = two_lanes.rescue(translator, lanes, lanes.divergence, number)
    outcome = "continues at once" if found.recovery.after == 0 else "the reference"
    expect(page.get_by_test_id("outcome")).to_contain_text(outcome)
    go(page, "last")
    written = spelled([text if text != "end" else "" for text in cells(page, "rescue", "writes")])
    assert written == found.trace.text.replace(" ", "")
    expect(page.locator(".lane.rescue .fed .given")).to_have_count(found.word.end - found.word.start)
    page.wait_for_url("**rescue=*")
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_test_id("outcome")).to_have_text(page.get_by_test_id("outcome").inner_text())
    page.get_by_test_id("clear").click()
    expect(page.locator(".lane.rescue")).to_have_count(0)
    page.wait_for_url(lambda url: "rescue" not in url)


@pytest.mark.parametrize("lane", ["forced", "free"])
def test_a_wrong_word_is_put_into_either_lane(tab, lane: str) -> None:
    page = tab(PAIR)
    page.get_by_test_id("wrong-lane").select_option(lane)
    page.get_by_test_id("wrong-place").select_option("1")
    page.get_by_test_id("wrong-text").fill("maison")
    page.get_by_test_id("replace").click()
    expect(page.get_by_test_id("outcome")).to_contain_text("With “maison” in place of “")
    go(page, "last")
    assert "maison" in cells(page, "injection", "fed")
    page.wait_for_url(f"**inject={lane}-2-maison*")


def test_a_wrong_word_can_be_drawn_again_and_again(tab) -> None:
    page = tab(PAIR)
    outcome = page.get_by_test_id("outcome")
    page.get_by_test_id("replace").click()
    page.wait_for_url(lambda url: parse_qs(urlparse(url).query).get("inject") == ["forced-1-~1"])
    first = outcome.inner_text()
    page.get_by_test_id("replace").click()
    page.wait_for_url(lambda url: parse_qs(urlparse(url).query).get("inject") == ["forced-1-~2"])
    assert outcome.inner_text() != first


def test_every_word_in_turn_is_a_table_of_all_words(tab) -> None:
    page = tab(PAIR + "&step=2")
    page.get_by_test_id("every").click()
    expect(page.locator(".curve-table td.target")).to_have_text(["Nous", "t'attendions", "dans", "le", "jardin"])
    at_step(page, 2)
    page.wait_for_url("**every=forced*")
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator(".curve-table tr")).to_have_count(page.locator(".curve-table tr").count())


def test_what_cannot_be_used_is_said_and_nothing_is_lost(tab) -> None:
    page = tab(PAIR)
    before = root(page).get_attribute("data-id")
    for source, reference, said in (
        (SOURCE, "", "A reference is needed"),
        ("", REFERENCE, "There is nothing to translate"),
        (SOURCE, "x" * 2000, "2,000 characters; please keep to 1,000"),
        ("😀", REFERENCE, "There are no words in this text"),
    ):
        page.locator("#forcing-text input").fill(source)
        page.locator("#forcing-reference input").fill(reference)
        page.locator("#compare").click()
        expect(page.locator(".message:visible")).to_contain_text(said)
        assert root(page).get_attribute("data-id") == before, said
        assert page.locator("#forcing-reference input").input_value() == reference


def test_a_reference_in_the_wrong_language_is_asked_about(tab) -> None:
    page = tab(PAIR)
    expect(page.get_by_test_id("doubts")).to_be_hidden()
    page.locator("#forcing-reference input").fill(SOURCE)
    page.locator("#compare").click()
    expect(page.get_by_test_id("doubts")).to_contain_text("is it French, and a translation of this sentence?")


def test_a_reference_of_ones_own_is_compared_and_has_an_address(tab) -> None:
    page = tab()
    before = root(page).get_attribute("data-id")
    page.locator("#forcing-text input").fill("Where is the station?")
    page.locator("#forcing-reference input").fill("<b>Où</b> se trouve la gare ?")
    page.locator("#forcing-reference input").press("Enter")
    expect(root(page)).not_to_have_attribute("data-id", before or "")
    page.wait_for_url("**Where*")
    assert parameters(page)["reference"] == "<b>Où</b> se trouve la gare ?"
    assert page.locator(".lanes b:not(.target)").count() == 0  # markup stays text


def test_a_model_of_another_language_brings_example_and_reference(tab) -> None:
    page = tab()
    page.locator("#forcing-model input").click()
    page.get_by_role("option", name="English → Chinese: GRU, additive attention").click()
    expect(page.locator("#forcing-reference input")).to_have_value(re.compile("[一-鿿]"))
    expect(page.get_by_label("Reference, in Chinese")).to_be_visible()
    page.wait_for_url("**en-zh-additive*")


def test_without_attention_it_says_so(tab) -> None:
    page = tab(f"{PAIR}&model=en-fr-plain&step=2")
    expect(page.get_by_test_id("detail-free")).to_contain_text("no attention weights")


def test_a_tab_takes_the_address_and_gives_it_back(visit) -> None:
    page = visit()
    page.wait_for_url("**search=greedy*")
    page.get_by_role("tab", name="Teacher forcing").click()
    page.wait_for_url("**reference=*")
    assert parameters(page)["tab"] == "teacher-forcing" and "search" not in parameters(page)
    page.get_by_role("tab", name="Translate").click()
    page.wait_for_url("**search=greedy*")
    assert "tab" not in parameters(page) and "reference" not in parameters(page)


def test_a_link_to_no_tab_says_so(visit) -> None:
    page = visit("?tab=nonsense")
    expect(page.locator(".message:visible")).to_contain_text("There is no tab “nonsense”")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("&rescue=99-1", "There is no step 99"),
        ("&inject=up-1-x", "There is no lane “up”"),
        ("&model=gone", "There is no model “gone”"),
        ("&reference=%20", "A reference is needed"),
    ],
)
def test_a_bad_link_says_so_and_shows_something(tab, query: str, said: str) -> None:
    page = tab(f"&text={quote(SOURCE)}{query}")
    expect(page.locator(".message:visible")).to_contain_text(said)
    expect(page.locator(".lane")).to_have_count(2)


def test_a_phone_never_scrolls_sideways(tab) -> None:
    page = tab(PAIR + "&inject=free-2-maison&step=4", viewport={"width": 390, "height": 844})
    page.get_by_test_id("every").click()
    page.locator(".curve-table td").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_text_is_large_and_has_contrast(tab) -> None:
    for theme in ("", "&__theme=dark"):
        page = tab(f"{PAIR}&inject=free-2-maison&step=9{theme}")
        page.get_by_test_id("outcome").wait_for()
        faults = page.evaluate(CHECK)
        assert json.dumps(faults) == "[]"


CHECK = """() => {
  const light = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map((v) => v / (color.startsWith("color(") ? 1 : 255))
      .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
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
    const [a, b] = [light(style.color), light(behind(node))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (parseFloat(style.fontSize) >= 16 && contrast >= 4.5) continue;
    faults.push([node.className, node.textContent.slice(0, 30), style.fontSize, contrast]);
  }
  return faults;
}"""
