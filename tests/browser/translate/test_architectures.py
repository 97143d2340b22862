"""Test how the stage draws each kind of encoder (two directions, one direction, Transformer) and of link to the decoder
(attention, context vector, last state)."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import expect
from support.browser.page import expect_step, expect_to_fit_a_phone, player, steps

from seq2seq.ui.kit.examples import CAPTIONS, EVERYDAY, EXAMPLES

SENTENCE = "the old man see a red boat."


@pytest.fixture(scope="module")
def address(untrained):
    return untrained[0]


# Play from the start. Return the opacities of the encoder's states at a moment when at least one state is appearing.
APPEARING_STATES = """() => new Promise((done) => {
  const player = document.querySelector(".player");
  const check = () => {
    const opacities = [...player.querySelectorAll(".state.source")].map((state) => Number(state.style.opacity));
    if (opacities.some((opacity) => opacity > 0 && opacity < 1) || player.dataset.step === "1") done(opacities);
    else requestAnimationFrame(check);
  };
  player.querySelector("[data-action=last]").click();
  player.querySelector("[data-action=toggle]").click();
  check();
})"""


def open_stage(visit, model, step, **settings):
    return visit(f"?model={model}&text={quote(SENTENCE)}&step={step}", **settings)


@pytest.fixture
def stage(reuse):
    """Return a function that goes to a step of the sentence, on the page that the tests of a model share."""

    def at(model, step):
        page = open_stage(reuse, model, 2)
        page.get_by_test_id("scrub").fill(str(step))
        expect_step(page, step)
        return page

    return at


def heights(page, selector):
    """Return the different heights of the shapes of `selector`, from top to bottom."""
    rows = "nodes => [...new Set(nodes.map(node => node.getAttribute('transform').match(/ ([\\d.]+)\\)/)[1]))]"
    return sorted(map(float, page.locator(selector).evaluate_all(rows)))


@pytest.mark.parametrize(
    ("model", "names"),
    [
        ("two-lanes", ["encoder →", "encoder ←"]),
        ("forward", ["encoder →"]),
        ("context", ["encoder →"]),
        ("handover", ["encoder ←"]),
        ("transformer", ["encoder"]),
    ],
)
def test_each_direction_of_the_encoder_is_a_row_of_states_with_its_name(stage, model, names):
    page = stage(model, 1)
    assert page.locator(".lane-name").all_inner_texts() == ["output", "decoder", *names, "source"]
    rows = heights(page, ".state.source:not(.context)")
    assert len(rows) == len(names)
    (chips,) = heights(page, ".chip.source")
    assert chips - rows[-1] == 50  # no empty row between the encoder and the source
    states = page.locator(".state.source:not(.context)").count()
    assert states == len(names) * page.locator(".chip.source").count()
    moves = page.locator(".move.source").evaluate_all("moves => moves.map(move => move.getAttribute('d'))")
    ends = [re.match(r"M([\d.]+) [\d.]+H([\d.]+)", move).groups() for move in moves]
    directions = {"→" if float(start) < float(end) else "←" for start, end in ends}
    assert directions == {name[-1] for name in names} & {"→", "←"}


def test_a_transformers_states_appear_together_read_all_pieces_and_fit_a_phone(stage):
    page = stage("transformer", 3)
    expect(page.get_by_test_id("encoder-rail")).to_have_css("opacity", "1")
    expect(page.locator(".move")).to_have_count(0)
    branches = page.locator(".rail.target").evaluate_all(
        "rails => rails.filter(rail => rail.style.opacity === '1').map(rail => rail.getAttribute('d').split('M').length - 1)"
    )
    expect_to_fit_a_phone(page)
    assert branches == [1 + 3 + 1]  # the rail, a branch for each of three states, the tip into the third
    page.get_by_test_id("scrub").fill("1")
    expect_step(page, 1)
    shown = "rails => rails.filter(rail => rail.style.opacity !== '0').length"
    assert page.locator(".rail.target").evaluate_all(shown) == 0  # the first state reads no earlier state
    page.get_by_test_id("first").click()
    expect(page.get_by_test_id("says")).to_contain_text("source pieces at once")
    (opacity,) = set(page.evaluate(APPEARING_STATES))
    assert 0 < opacity < 1


def test_recurrent_states_appear_one_after_the_other(stage):
    assert len(set(stage("forward", 0).evaluate(APPEARING_STATES))) > 1


def test_a_model_that_hands_over_its_last_state_shows_one_path_and_no_arcs(stage):
    page = stage("handover", 3)
    expect(page.get_by_test_id("handover").locator("path")).to_have_count(1)
    expect(page.locator(".arc-group:not(.handover) .arc")).to_have_count(0)
    start, end = page.evaluate(
        """(() => { const path = document.querySelector('.handover path'), length = path.getTotalLength();
          return [0, length].map(at => path.getPointAtLength(at).x) })()"""
    )
    first = "node => Number(node.getAttribute('transform').match(/[\\d.]+/)[0])"
    assert start == pytest.approx(page.get_by_test_id("source-0").evaluate(first), abs=0.1)  # read last by the encoder
    assert end == pytest.approx(page.get_by_test_id("target-0").evaluate(first), abs=0.1)
    expect(page.get_by_test_id("says")).to_contain_text("has only its own state")
    expect(page.locator(".move.target")).to_have_count(steps(page) - 1)


@pytest.mark.parametrize(
    ("model", "text"),
    [
        ("two-lanes", "attention: width and strength"),
        ("transformer", "attention, the mean over the heads of the decoder's second-to-last layer: width and strength"),
        ("context", "the context vector, read at every step"),
        ("handover", "the encoder's last state, handed over once"),
    ],
)
def test_legend_and_heatmap_describe_the_model(stage, model, text):
    page = stage(model, 2)
    page.locator(".player .reading").evaluate("explanation => { explanation.open = true; }")
    legend = page.get_by_role("group", name="Legend")
    expect(legend).to_contain_text(text, use_inner_text=True)
    content = re.sub(r"\s+", " ", legend.inner_text())
    marks = {"attention": "attention", "context": "context vector", "handover": "handed over", "transformer": "all pieces"}
    assert {name for name, mark in marks.items() if mark in content} == {
        "two-lanes": {"attention"},
        "transformer": {"attention", "transformer"},
    }.get(model, {model})
    missing = page.get_by_test_id("no-attention")
    if model in ("context", "handover"):
        expect(missing).to_contain_text(
            "fixed context vector" if model == "context" else "encoder's last state", use_inner_text=True
        )
        other = "encoder's last state" if model == "context" else "fixed context vector"
        expect(missing).not_to_contain_text(other, use_inner_text=True)
    else:
        expect(missing).to_be_hidden()
    expect(page.get_by_test_id("heads")).to_be_visible(visible=model == "transformer")


def choose(page, menu, option):
    page.locator(f"#{menu} input").click()
    page.get_by_role("option", name=option).first.click()


def test_a_model_of_another_language_changes_the_example(visit):
    page = visit("?step=1")
    text = page.locator("#text input")
    expect(text).to_have_value(EXAMPLES["English", EVERYDAY][0])
    choose(page, "model", re.compile("German → English"))
    german = EXAMPLES["German", CAPTIONS]
    expect(text).to_have_value(german[0])
    expect(page.get_by_label("German sentence")).to_be_visible()
    expect(page.locator("#example input")).to_have_value(german[0])
    choose(page, "example", german[2])
    expect(text).to_have_value(german[2])
    expect(page.get_by_test_id("message")).to_be_hidden()
    choose(page, "model", re.compile("Transformer"))
    expect(text).to_have_value(EXAMPLES["English", EVERYDAY][0])
    expect(page.get_by_label("English sentence")).to_be_visible()


def test_a_typed_sentence_stays_when_the_model_changes(visit):
    page = open_stage(visit, "two-lanes", 1)
    before = player(page).get_attribute("data-trace")
    choose(page, "model", re.compile("German → English"))
    expect(player(page)).not_to_have_attribute("data-trace", before)
    expect(page.locator("#text input")).to_have_value(SENTENCE)
    expect(page.locator("#example input")).to_have_value("your own")


def test_an_unusable_model_is_reported_and_the_others_work(visit):
    page = open_stage(visit, "two-lanes", 1)
    before = player(page).get_attribute("data-trace")
    choose(page, "model", re.compile("LSTM, additive"))
    expect(page.get_by_test_id("message")).to_contain_text("The model “damaged” cannot be used here")
    expect(player(page)).to_have_attribute("data-trace", before)
    choose(page, "model", re.compile("Transformer"))
    expect(page.get_by_test_id("message")).to_be_hidden()
    expect(player(page)).not_to_have_attribute("data-trace", before)


def test_a_link_to_an_unusable_model_shows_an_example(visit):
    page = open_stage(visit, "damaged", 1)
    expect(page.get_by_test_id("message")).to_contain_text("The model “damaged” cannot be used here")
    expect(page.get_by_test_id("message")).to_contain_text("Here is an example instead.")
    expect(page.get_by_test_id("counter")).to_have_text(re.compile(r"^\d+ / \d+$"))
