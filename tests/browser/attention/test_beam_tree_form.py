"""Test the form, the address and the appearance of the beam tree."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from playwright.sync_api import expect
from support.browser.beam_tree import LINK, TEXT, parameters, prefix, root, visible_nodes
from support.browser.page import expect_to_fit_a_phone

from seq2seq.decoding.strategies import Beam
from seq2seq.decoding.translator import Translator

LONG = "The old man who lives next door told us that his daughter would come back from Italy next week with her three children."


def test_the_address_restores_the_view(beam_tree, translator) -> None:
    page = beam_tree()
    page.locator("#beam-size input[type=number]").fill("3")
    page.locator("#beam-size input[type=number]").press("Tab")  # sends a request; a later answer would go to the last step
    page.wait_for_url(lambda url: parameters(url).get("size") == "3")
    page.locator("#beam-text input").fill("Where is <b>the</b> key?")
    page.locator("#beam-text input").press("Enter")
    tree = translator.beam_tree("Where is <b>the</b> key?", Beam(3))
    page.wait_for_url(lambda url: "<b>" in parameters(url)["text"] and parameters(url)["step"] == str(tree.steps))
    root(page).get_by_test_id("previous").click()
    page.wait_for_url(lambda url: parameters(url)["step"] == str(tree.steps - 1))
    query = {"tab": "beam", "text": "Where is <b>the</b> key?", "model": "en-fr-additive", "size": "3", "length_penalty": "1.0"}
    assert parameters(page.url) == {**query, "step": str(tree.steps - 1)}
    other = page.context.new_page()
    other.goto(page.url)
    other.locator(".beam-tree.ready").wait_for()
    expect(root(other)).to_have_attribute("data-step", str(tree.steps - 1))
    assert visible_nodes(other) == visible_nodes(page)
    expect(other.locator("#beam-size input[type=number]")).to_have_value("3")


def test_the_tab_opens_with_an_example_where_greedy_and_beam_search_differ(visit) -> None:
    page = visit()
    page.wait_for_url("**search=greedy*")
    page.get_by_role("tab", name="Attention").click()
    page.get_by_role("tab", name="Beam tree").click()
    expect(page.locator(".node.leading.ended")).to_be_in_viewport()
    page.wait_for_url(lambda url: {"tab": "beam", "size": "5"}.items() <= parameters(url).items())
    assert "search" not in parameters(page.url)
    expect(root(page).get_by_test_id("verdict")).to_contain_text("They differ from step")


@pytest.mark.parametrize(
    ("query", "messages"),
    [
        (
            "&size=11&length_penalty=x&step=-1&model=gone",
            [
                "Beam size is a whole number from 1 to 10, not 11.",
                "Length penalty is a number from 0 to 2.0, not “x”.",
                "“step” should be a whole number, not “-1”.",
                "There is no model “gone”",
            ],
        ),
        ("&step=99", ["so there is no step 99; this is the last step."]),
    ],
)
def test_invalid_parameters_are_reported_and_the_others_are_used(beam_tree, query: str, messages: list[str]) -> None:
    page = beam_tree(f"&text={quote(TEXT)}{query}")
    for message in messages:
        expect(page.locator(".message:visible")).to_contain_text(message)
    expect(page.locator("#beam-text input")).to_have_value(TEXT)
    expect(page.locator(".node.leading.ended")).to_have_count(1)


def test_invalid_input_is_reported_and_the_tree_stays(beam_page) -> None:
    page = beam_page
    before = root(page).get_attribute("data-serial")
    for text, message in (
        ("  ", "There is nothing to translate"),
        ("x" * 10_000, "10,000 characters; please keep to 1,000"),
        ("😀", "There are no words in this text"),
        ("海は広いな大きいな", "please type a sentence in English"),
    ):
        page.locator("#beam-text input").fill(text)
        page.locator("#beam-go").click()
        expect(page.locator(".message:visible")).to_contain_text(message)
        assert root(page).get_attribute("data-serial") == before, message
        assert page.locator("#beam-text input").input_value() == text


def test_a_link_with_an_empty_sentence_shows_a_message_and_an_example(beam_tree) -> None:
    page = beam_tree("&text=%20")
    expect(page.locator(".message:visible")).to_contain_text("There is nothing to translate")
    expect(page.locator(".node.leading.ended")).to_have_count(1)


def test_the_tree_of_a_model_without_attention_is_shown(beam_tree) -> None:
    page = beam_tree(LINK)
    before = root(page).get_attribute("data-serial") or ""
    page.locator("#beam-model input").click()
    page.get_by_role("option", name="English → French: GRU, no attention").click()
    expect(root(page)).not_to_have_attribute("data-serial", before)
    tree = Translator.load("en-fr-plain").beam_tree(TEXT, Beam(4))
    assert visible_nodes(page).keys() - {""} == {prefix(tree, index) for index in range(len(tree.nodes))}


def test_a_wide_beam_on_a_long_sentence_stays_usable(beam_tree, translator) -> None:
    page = beam_tree(f"&text={quote(LONG)}&size=10")
    tree = translator.beam_tree(LONG, Beam(10))
    assert tree.steps >= 20
    expect(page.locator(".node")).to_have_count(1 + len(tree.nodes))
    for step in (tree.steps, 0, 12):
        page.get_by_test_id("beam-tree").get_by_test_id("scrub").fill(str(step))
        expect(root(page)).to_have_attribute("data-step", str(step))
        page.wait_for_function(IN_SIGHT, arg=".number.current" if step else ".node.start")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440
    heights = page.get_by_test_id("tree").bounding_box()
    assert heights and heights["height"] < 900  # at most 10 rows of kept or ended nodes and 10 of dropped ones
    page.get_by_test_id("in-words").locator("summary").click()
    expect(page.get_by_test_id("in-words").locator("tr")).to_have_count(1 + len(tree.nodes))


def test_text_is_large_and_has_contrast_and_the_page_fits_a_phone(beam_page) -> None:
    page = beam_page
    for _ in ("light", "dark"):
        assert page.evaluate(CHECK) == []
        page.get_by_test_id("dark").click()
    page.get_by_test_id("in-words").locator("summary").click()
    page.get_by_test_id("in-words").locator("td").first.wait_for()
    expect_to_fit_a_phone(page)


IN_SIGHT = """(selector) => {
  const box = document.querySelector("[data-testid=tree-scroller]").getBoundingClientRect();
  const { left, right } = document.querySelector(selector).getBoundingClientRect();
  return left >= box.left && right <= box.right;
}"""

CHECK = """() => {
  const parts = (color) => {
    const found = color.match(/[\\d.]+/g).map(Number);
    return color.startsWith("color(") ? found.slice(0, 3) : found.slice(0, 3).map((v) => v / 255);
  };
  const light = (color) => {
    const [r, g, b] = parts(color).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const surface = getComputedStyle(document.body).backgroundColor;
  const faults = [];
  for (const text of document.querySelectorAll(".tree text")) {
    const body = text.parentNode.querySelector(".body");
    const fill = body ? getComputedStyle(body).fill : "none";
    const style = getComputedStyle(text);
    const [a, b] = [light(style.fill), light(fill === "none" ? surface : fill)].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (parseFloat(style.fontSize) < 16 || contrast < 4.5) faults.push([text.textContent, contrast]);
  }
  for (const node of document.querySelectorAll(".beam-tree :is(p, td, th, small, label, summary, a:not(.node))")) {
    if (node.offsetParent && parseFloat(getComputedStyle(node).fontSize) < 16) faults.push([node.className, node.textContent]);
  }
  return faults;
}"""
