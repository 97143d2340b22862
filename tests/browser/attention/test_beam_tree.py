"""The beam tree, by mouse, touch and keyboard: what is drawn is what the engine searched."""

from __future__ import annotations

import re
from itertools import pairwise
from urllib.parse import parse_qs, quote, urlparse

import pytest
from playwright.sync_api import Page, expect
from support.page import expect_step, output, player

from seq2seq.decoding.beam_tree import BeamTree
from seq2seq.decoding.strategies import Beam
from seq2seq.decoding.translator import Translator

TEXT = "Could you lend me your bicycle this afternoon?"
LONG = "The old man who lives next door told us that his daughter would come back from Italy next week with her three children."
LINK = f"&text={quote(TEXT)}&size=4"


@pytest.fixture(scope="module")
def translator() -> Translator:
    return Translator.load("en-fr-additive")


@pytest.fixture(scope="module")
def tree(translator: Translator) -> BeamTree:
    return translator.beam_tree(TEXT, Beam(4))


@pytest.fixture
def view(visit):
    """view(query, **context settings) opens this view by its link."""
    return lambda query="", **settings: visit("?tab=beam" + query, ready=".beam-tree.ready", **settings)


def root(page: Page):
    return page.get_by_test_id("beam-tree")


def pointed(page: Page):
    return root(page).get_by_test_id("pointed")


def parameters(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlparse(address).query).items()}


def drawn(page: Page) -> dict[str, tuple[str, list[str]]]:
    """By prefix: what is written on each node that can be seen, and its classes."""
    found = page.locator(".node").evaluate_all(
        """nodes => nodes.filter((node) => getComputedStyle(node).visibility === "visible").map((node) =>
          [node.getAttribute("href"), node.querySelector("text").firstChild.textContent, node.getAttribute("class")])"""
    )
    return {parameters(href).get("prefix", ""): (text, classes.split()) for href, text, classes in found}


def prefix(tree: BeamTree, index: int) -> str:
    return "-".join(str(node.token) for node in tree.path(index))


def node(page: Page, tree: BeamTree, index: int):
    return page.locator(f'.node[href*="prefix={prefix(tree, index)}&"]')


def test_what_is_drawn_is_what_the_engine_searched(view, tree) -> None:
    page = view(LINK)
    nodes = drawn(page)
    assert nodes.pop("")[0] == "start"
    assert nodes.keys() == {prefix(tree, index) for index in range(len(tree.nodes))}
    for index, known in enumerate(tree.nodes):
        text, classes = nodes[prefix(tree, index)]
        assert text.removeprefix("\u2011") == {"</s>": "end", "▁": "␣"}.get(known.piece, known.piece.removeprefix("▁"))
        role = "leading" if known.winning else "live" if known.best else "dropped" if known.dropped else "pruned"
        assert role in classes
        assert ("ended" in classes) == known.ended
    assert page.locator(".edge").count() == len(tree.nodes)
    assert page.locator(".edge.leading").count() == tree.nodes[tree.outputs[0].node].step + 1
    widths = {
        role: page.locator(f".edge.{role}").first.evaluate("e => parseFloat(getComputedStyle(e).strokeWidth)")
        for role in ("leading", "live", "pruned", "dropped")
    }
    assert widths["leading"] > widths["live"] > widths["pruned"] > widths["dropped"]
    marks = page.locator(".node.ended .mark").all_text_contents()
    assert len(marks) == len(tree.outputs) and " · 1st" in marks
    expect(page.get_by_test_id("outputs").locator("strong")).to_have_text([found.text for found in tree.outputs])


def test_rows_stand_by_rank_and_never_on_each_other(view, tree) -> None:
    page = view(LINK)
    for layer in tree.layers():
        taken = [index for index in layer if not tree.nodes[index].dropped]
        rest = [index for index in layer if tree.nodes[index].dropped]
        boxes = [node(page, tree, index).locator(".body").bounding_box() for index in [*taken, *rest]]
        for above, below in pairwise(boxes):
            assert above["y"] + above["height"] <= below["y"]


def test_pointing_at_a_node_lights_its_path_and_tells_of_it(view, tree) -> None:
    page = view(LINK)
    index = next(i for i, n in enumerate(tree.nodes) if n.kept and n.best is None and n.step > 1)
    known = tree.nodes[index]
    node(page, tree, index).hover()
    expect(page.locator(".edge.lit")).to_have_count(known.step + 1)
    expect(pointed(page)).to_contain_text(f"total log-probability −{-known.total:.2f} nats, free-running")
    why = rf"Kept(, but no continuation was kept at step {known.reach + 2}| until the search stopped)"
    expect(pointed(page)).to_contain_text(re.compile(why))
    root(page).get_by_test_id("verdict").hover()
    expect(page.locator(".edge.lit")).to_have_count(0)
    expect(pointed(page).get_by_test_id("open")).to_have_attribute("href", re.compile(f"prefix={prefix(tree, index)}&"))
    ended = tree.outputs[1]
    node(page, tree, ended.node).hover()
    expect(pointed(page)).to_contain_text(f"Finished, second best, score −{-ended.score:.2f} after the length penalty")


@pytest.mark.parametrize("kind", ["pruned", "ended", "dropped"])
def test_a_click_opens_the_fork_on_the_stage(view, tree, translator, kind: str) -> None:
    page = view(LINK)
    index = {
        "pruned": next(i for i, n in enumerate(tree.nodes) if n.kept and n.best is None and n.step > 1),
        "ended": tree.outputs[1].node,
        "dropped": next(i for i, n in enumerate(tree.nodes) if n.dropped and n.step == 2),
    }[kind]
    path = tree.path(index)
    node(page, tree, index).click()
    page.locator(".player.ready").wait_for()
    expect_step(page, len(path))
    expect(page.get_by_test_id("compare")).to_be_visible()
    expect(page.locator("#text input")).to_have_value(TEXT)
    page.wait_for_url(lambda url: parameters(url).get("prefix") == prefix(tree, index))
    asked = parameters(page.url)
    assert (asked["search"], asked["size"], asked["length_penalty"], asked["step"]) == ("beam", "4", "1.0", str(len(path)))
    assert "tab" not in asked
    fork = translator.translate(TEXT, Beam(4), prefix=[n.token for n in path])
    if len(fork.steps) > len(path):
        player(page).get_by_test_id("last").click()
    expect_step(page, len(fork.steps))
    pieces = ["end" if step.piece == "</s>" else step.piece.removeprefix("▁") or "␣" for step in fork.steps]
    assert output(page) == pieces


def test_the_search_grows_step_by_step_and_nothing_is_drawn_in_advance(view, tree) -> None:
    page = view(f"{LINK}&step=3")
    expect(root(page)).to_have_attribute("data-step", "3")
    layers = tree.layers()
    nodes = drawn(page)
    assert nodes.keys() == {"", *(prefix(tree, index) for layer in layers[:3] for index in layer)}
    top = next(index for index in layers[2] if not tree.nodes[index].dropped)
    assert {name for name, (_, classes) in nodes.items() if "leading" in classes} == {
        "",
        *("-".join(str(n.token) for n in tree.path(top)[: t + 1]) for t in range(3)),
    }
    for index in (index for layer in layers[:3] for index in layer):
        known = tree.nodes[index]
        if not known.dropped:
            assert ("pruned" in nodes[prefix(tree, index)][1]) == (known.reach < 2 and known.best is None)
    expect(root(page).get_by_test_id("says")).to_contain_text("Step 3: from four hypotheses, the 8 most probable")
    root(page).get_by_test_id("next").click()
    expect(root(page)).to_have_attribute("data-step", "4")
    root(page).get_by_test_id("first").click()
    expect(root(page)).to_have_attribute("data-step", "0")
    assert drawn(page).keys() == {""}
    root(page).get_by_test_id("play").click()
    expect(root(page)).to_have_attribute("data-playing", "true")


def test_what_was_not_kept_can_be_left_out(view, tree) -> None:
    page = view(LINK)
    page.get_by_test_id("dropped").uncheck()
    expect(page.locator(".node")).to_have_count(1 + sum(not n.dropped for n in tree.nodes))
    expect(page.locator(".node.dropped")).to_have_count(0)
    page.get_by_test_id("dropped").check()
    expect(page.locator(".node")).to_have_count(1 + len(tree.nodes))


def test_arrow_keys_go_from_node_to_node_and_enter_opens(view, tree) -> None:
    page = view(LINK)
    expect(page.locator(".node[tabindex='0']")).to_have_count(1)
    winner = tree.path(tree.outputs[0].node)
    page.locator(".node[tabindex='0']").focus()
    expect(page.locator(".node:focus")).to_have_attribute("href", re.compile(f"prefix={prefix(tree, tree.outputs[0].node)}&"))
    page.keyboard.press("ArrowLeft")
    at = page.locator(".node:focus")
    tokens = "-".join(str(n.token) for n in winner[:-1])
    expect(at).to_have_attribute("href", re.compile(f"prefix={tokens}&"))
    expect(page.locator(".edge.lit")).to_have_count(len(winner) - 1)
    expect(root(page)).to_have_attribute("data-step", str(tree.steps))  # the clock stands still meanwhile
    page.keyboard.press("ArrowRight")
    expect(at).to_have_class(re.compile("ended.*lit|lit.*ended"))
    for _ in winner:
        page.keyboard.press("ArrowLeft")
    expect(at).to_have_class(re.compile("start"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    second = tree.layers()[0][1]
    expect(at).to_have_attribute("href", re.compile(f"prefix={prefix(tree, second)}&"))
    expect(pointed(page)).to_contain_text("Step 1")
    page.keyboard.press("Enter")
    page.locator(".player.ready").wait_for()
    page.wait_for_url(lambda url: parameters(url).get("prefix") == prefix(tree, second))
    expect_step(page, 1)


def test_a_finger_points_first_and_opens_with_its_second_touch(view, tree) -> None:
    page = view(f"{LINK}&step=2", has_touch=True, viewport={"width": 390, "height": 844})
    index = tree.layers()[0][1]
    node(page, tree, index).locator(".body").tap()
    expect(pointed(page)).to_contain_text("Step 1")
    assert parameters(page.url)["tab"] == "beam"
    node(page, tree, index).locator(".body").tap()
    page.locator(".player.ready").wait_for()
    page.wait_for_url(lambda url: parameters(url).get("prefix") == prefix(tree, index))


def test_an_address_says_all_that_is_shown(view, translator) -> None:
    page = view()
    page.locator("#beam-size input[type=number]").fill("3")
    page.locator("#beam-size input[type=number]").press("Tab")  # this asks; a later answer would open the last step again
    page.wait_for_url(lambda url: parameters(url).get("size") == "3")
    page.locator("#beam-text input").fill("Where is <b>the</b> key?")
    page.locator("#beam-text input").press("Enter")
    tree = translator.beam_tree("Where is <b>the</b> key?", Beam(3))
    page.wait_for_url(lambda url: "<b>" in parameters(url)["text"] and parameters(url)["step"] == str(tree.steps))
    root(page).get_by_test_id("previous").click()
    page.wait_for_url(lambda url: parameters(url)["step"] == str(tree.steps - 1))
    asked = {"tab": "beam", "text": "Where is <b>the</b> key?", "model": "en-fr-additive", "size": "3", "length_penalty": "1.0"}
    assert parameters(page.url) == {**asked, "step": str(tree.steps - 1)}
    other = page.context.new_page()
    other.goto(page.url)
    other.locator(".beam-tree.ready").wait_for()
    expect(root(other)).to_have_attribute("data-step", str(tree.steps - 1))
    assert drawn(other) == drawn(page)
    expect(other.locator("#beam-size input[type=number]")).to_have_value("3")


def test_the_view_is_opened_by_hand_with_an_example_that_greedy_gets_wrong(visit) -> None:
    page = visit()
    page.wait_for_url("**search=greedy*")
    page.get_by_role("tab", name="Attention").click()
    page.get_by_role("tab", name="Beam tree").click()
    expect(page.locator(".node.leading.ended")).to_be_in_viewport()
    page.wait_for_url(lambda url: {"tab": "beam", "size": "5"}.items() <= parameters(url).items())
    assert "search" not in parameters(page.url)
    expect(root(page).get_by_test_id("verdict")).to_contain_text("They differ from step")


@pytest.mark.parametrize(
    ("query", "said"),
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
def test_a_parameter_that_makes_no_sense_is_said_and_the_others_keep_their_meaning(view, query: str, said: list[str]) -> None:
    page = view(f"&text={quote(TEXT)}{query}")
    for problem in said:
        expect(page.locator(".message:visible")).to_contain_text(problem)
    expect(page.locator("#beam-text input")).to_have_value(TEXT)
    expect(page.locator(".node.leading.ended")).to_have_count(1)


def test_what_cannot_be_searched_is_said_and_nothing_is_lost(view) -> None:
    page = view(LINK)
    before = root(page).get_attribute("data-serial")
    for text, said in (
        ("  ", "There is nothing to translate"),
        ("x" * 10_000, "10,000 characters; please keep to 1,000"),
        ("😀", "There are no words in this text"),
        ("海は広いな大きいな", "please type a sentence in English"),
    ):
        page.locator("#beam-text input").fill(text)
        page.locator("#beam-go").click()
        expect(page.locator(".message:visible")).to_contain_text(said)
        assert root(page).get_attribute("data-serial") == before, said
        assert page.locator("#beam-text input").input_value() == text


def test_a_link_to_a_sentence_that_cannot_be_read_says_so_and_shows_an_example(view) -> None:
    page = view("&text=%20")
    expect(page.locator(".message:visible")).to_contain_text("There is nothing to translate")
    expect(page.locator(".node.leading.ended")).to_have_count(1)


def test_another_model_without_attention_is_searched_too(view) -> None:
    page = view(LINK)
    before = root(page).get_attribute("data-serial") or ""
    page.locator("#beam-model input").click()
    page.get_by_role("option", name="English → French: GRU, no attention").click()
    expect(root(page)).not_to_have_attribute("data-serial", before)
    tree = Translator.load("en-fr-plain").beam_tree(TEXT, Beam(4))
    assert drawn(page).keys() - {""} == {prefix(tree, index) for index in range(len(tree.nodes))}


def test_a_wide_beam_on_a_long_sentence_stays_usable(view, translator) -> None:
    page = view(f"&text={quote(LONG)}&size=10")
    tree = translator.beam_tree(LONG, Beam(10))
    assert tree.steps >= 20
    expect(page.locator(".node")).to_have_count(1 + len(tree.nodes))
    for step in (tree.steps, 0, 12):
        page.get_by_test_id("beam-tree").get_by_test_id("scrub").fill(str(step))
        expect(root(page)).to_have_attribute("data-step", str(step))
        page.wait_for_function(IN_SIGHT, arg=".number.current" if step else ".node.start")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440
    heights = page.get_by_test_id("tree").bounding_box()
    assert heights and heights["height"] < 900  # of 10 rows that are kept, or end besides, and 10 that are not
    page.get_by_test_id("in-words").locator("summary").click()
    expect(page.get_by_test_id("in-words").locator("tr")).to_have_count(1 + len(tree.nodes))


def test_a_phone_never_scrolls_sideways(view) -> None:
    page = view(LINK, viewport={"width": 390, "height": 844})
    page.get_by_test_id("in-words").locator("summary").click()
    page.get_by_test_id("in-words").locator("td").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("theme", ["", "&__theme=dark"])
def test_text_is_large_and_has_contrast(view, theme: str) -> None:
    page = view(f"{LINK}{theme}")
    assert page.evaluate(CHECK) == []


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
