"""Test the beam tree with mouse, touch and keyboard; it must show exactly what the engine searched."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from playwright.sync_api import expect
from support.browser.beam_tree import LINK, TEXT, details, node, parameters, prefix, root, visible_nodes
from support.browser.page import expect_step, output, player, unmarked

from seq2seq.decoding.strategies import Beam


def test_the_tree_shows_every_node_of_the_search(beam_page, tree) -> None:
    page = beam_page
    nodes = visible_nodes(page)
    assert nodes.pop("")[0] == "start"
    assert nodes.keys() == {prefix(tree, index) for index in range(len(tree.nodes))}
    for index, expected in enumerate(tree.nodes):
        text, classes = nodes[prefix(tree, index)]
        assert unmarked(text) == {"</s>": "end", "▁": "␣"}.get(expected.piece, expected.piece.removeprefix("▁"))
        role = "leading" if expected.winning else "live" if expected.best else "dropped" if expected.dropped else "pruned"
        assert role in classes
        assert ("ended" in classes) == expected.ended
    assert page.locator(".edge").count() == len(tree.nodes)
    assert page.locator(".edge.leading").count() == tree.nodes[tree.outputs[0].node].step + 1
    widths = {
        role: page.locator(f".edge.{role}").first.evaluate("e => parseFloat(getComputedStyle(e).strokeWidth)")
        for role in ("leading", "live", "pruned", "dropped")
    }
    assert widths["leading"] > widths["live"] > widths["pruned"] > widths["dropped"]
    marks = page.locator(".node.ended .mark").all_text_contents()
    assert len(marks) == len(tree.outputs) and " · 1st" in marks
    expect(page.get_by_test_id("outputs").locator("strong")).to_have_text([output.text for output in tree.outputs])


def test_nodes_of_a_step_are_sorted_by_rank_and_do_not_overlap(beam_page, tree) -> None:
    page = beam_page
    for layer in tree.layers():
        kept = [index for index in layer if not tree.nodes[index].dropped]
        dropped = [index for index in layer if tree.nodes[index].dropped]
        boxes = [node(page, tree, index).locator(".body").bounding_box() for index in [*kept, *dropped]]
        for above, below in pairwise(boxes):
            assert above["y"] + above["height"] <= below["y"]


def test_hovering_a_node_highlights_its_path_and_shows_its_details(beam_page, tree) -> None:
    page = beam_page
    index = next(i for i, n in enumerate(tree.nodes) if n.kept and n.best is None and n.step > 1)
    expected = tree.nodes[index]
    node(page, tree, index).hover()
    expect(page.locator(".edge.lit")).to_have_count(expected.step + 1)
    expect(details(page)).to_contain_text(f"total log-probability −{-expected.total:.2f} nats, free-running")
    reason = rf"Kept(, but no continuation was kept at step {expected.reach + 2}| until the search stopped)"
    expect(details(page)).to_contain_text(re.compile(reason))
    root(page).get_by_test_id("verdict").hover()
    expect(page.locator(".edge.lit")).to_have_count(0)
    expect(details(page).get_by_test_id("open")).to_have_attribute("href", re.compile(f"prefix={prefix(tree, index)}&"))
    ended = tree.outputs[1]
    node(page, tree, ended.node).hover()
    expect(details(page)).to_contain_text(f"Finished, second best, score −{-ended.score:.2f} after the length penalty")


@pytest.mark.parametrize("kind", ["ended", "dropped"])  # the keyboard opens one that goes on
def test_a_click_on_a_node_opens_its_fork_on_the_stage(beam_tree, tree, translator, kind: str) -> None:
    page = beam_tree(LINK)
    index = {
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
    query = parameters(page.url)
    assert (query["search"], query["size"], query["length_penalty"], query["step"]) == ("beam", "4", "1.0", str(len(path)))
    assert "tab" not in query
    fork = translator.translate(TEXT, Beam(4), prefix=[n.token for n in path])
    if len(fork.steps) > len(path):
        player(page).get_by_test_id("last").click()
    expect_step(page, len(fork.steps))
    pieces = ["end" if step.piece == "</s>" else step.piece.removeprefix("▁") or "␣" for step in fork.steps]
    assert output(page) == pieces


def test_the_tree_shows_only_the_steps_so_far(beam_page, tree) -> None:
    page = beam_page
    root(page).get_by_test_id("scrub").fill("3")
    expect(root(page)).to_have_attribute("data-step", "3")
    layers = tree.layers()
    nodes = visible_nodes(page)
    assert nodes.keys() == {"", *(prefix(tree, index) for layer in layers[:3] for index in layer)}
    top = next(index for index in layers[2] if not tree.nodes[index].dropped)
    assert {name for name, (_, classes) in nodes.items() if "leading" in classes} == {
        "",
        *("-".join(str(n.token) for n in tree.path(top)[: t + 1]) for t in range(3)),
    }
    for index in (index for layer in layers[:3] for index in layer):
        expected = tree.nodes[index]
        if not expected.dropped:
            assert ("pruned" in nodes[prefix(tree, index)][1]) == (expected.reach < 2 and expected.best is None)
    expect(root(page).get_by_test_id("says")).to_contain_text("Step 3: from four hypotheses, the 8 most probable")
    root(page).get_by_test_id("next").click()
    expect(root(page)).to_have_attribute("data-step", "4")
    root(page).get_by_test_id("first").click()
    expect(root(page)).to_have_attribute("data-step", "0")
    assert visible_nodes(page).keys() == {""}
    root(page).get_by_test_id("play").click()
    expect(root(page)).to_have_attribute("data-playing", "true")
    root(page).get_by_test_id("last").click()
    expect(root(page)).to_have_attribute("data-step", str(tree.steps))


def test_dropped_nodes_can_be_hidden(beam_page, tree) -> None:
    page = beam_page
    page.get_by_test_id("dropped").uncheck()
    expect(page.locator(".node")).to_have_count(1 + sum(not n.dropped for n in tree.nodes))
    expect(page.locator(".node.dropped")).to_have_count(0)
    page.get_by_test_id("dropped").check()
    expect(page.locator(".node")).to_have_count(1 + len(tree.nodes))


def test_arrow_keys_move_between_nodes_and_enter_opens_the_fork(beam_tree, tree) -> None:
    page = beam_tree(LINK)
    expect(page.locator(".node[tabindex='0']")).to_have_count(1)
    winner = tree.path(tree.outputs[0].node)
    page.locator(".node[tabindex='0']").focus()
    expect(page.locator(".node:focus")).to_have_attribute("href", re.compile(f"prefix={prefix(tree, tree.outputs[0].node)}&"))
    page.keyboard.press("ArrowLeft")
    at = page.locator(".node:focus")
    tokens = "-".join(str(n.token) for n in winner[:-1])
    expect(at).to_have_attribute("href", re.compile(f"prefix={tokens}&"))
    expect(page.locator(".edge.lit")).to_have_count(len(winner) - 1)
    expect(root(page)).to_have_attribute("data-step", str(tree.steps))  # the step does not change
    page.keyboard.press("ArrowRight")
    expect(at).to_have_class(re.compile("ended.*lit|lit.*ended"))
    for _ in winner:
        page.keyboard.press("ArrowLeft")
    expect(at).to_have_class(re.compile("start"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    second = tree.layers()[0][1]
    expect(at).to_have_attribute("href", re.compile(f"prefix={prefix(tree, second)}&"))
    expect(details(page)).to_contain_text("Step 1")
    page.keyboard.press("Enter")
    page.locator(".player.ready").wait_for()
    page.wait_for_url(lambda url: parameters(url).get("prefix") == prefix(tree, second))
    expect_step(page, 1)


def test_the_first_tap_selects_a_node_and_the_second_opens_its_fork(beam_tree, tree) -> None:
    page = beam_tree(f"{LINK}&step=2", has_touch=True, viewport={"width": 390, "height": 844})
    index = tree.layers()[0][1]
    node(page, tree, index).locator(".body").tap()
    expect(details(page)).to_contain_text("Step 1")
    assert parameters(page.url)["tab"] == "beam"
    node(page, tree, index).locator(".body").tap()
    page.locator(".player.ready").wait_for()
    page.wait_for_url(lambda url: parameters(url).get("prefix") == prefix(tree, index))
