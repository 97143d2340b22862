"""Test the player: playing, linked pictures, forks. A test waits for an event, never for a time."""

from __future__ import annotations

import re

from playwright.sync_api import expect
from support.browser.page import AT_STEP_2, SENTENCE, expect_step, fork, heatmap, output, player, steps

AFTER_150_FRAMES = """() => new Promise((done) => {
  let frames = 0;
  const frame = () => (++frames < 150 ? requestAnimationFrame(frame) : done());
  frame();
})"""

# --- playing ---------------------------------------------------------------------------------------------------------


def test_an_example_plays_after_loading(visit):
    page = visit()
    expect(player(page)).to_have_attribute("data-playing", "true")
    expect(page.get_by_test_id("says")).to_contain_text(re.compile(r"Step \d+:"))
    page.locator(".chip.target[aria-hidden=false]").first.wait_for()


def test_the_player_stops_at_the_last_step(visit):
    page = visit(AT_STEP_2)
    page.get_by_role("radio", name="2×").click()
    page.get_by_test_id("scrub").fill(str(steps(page) - 1))
    page.get_by_test_id("play").click()
    expect_step(page, steps(page))
    expect(player(page)).to_have_attribute("data-playing", "false")
    expect(page.locator(".chip.target[aria-hidden=false]")).to_have_count(steps(page))


def test_a_hidden_picture_waits_until_it_is_seen(visit):
    page = visit("?tab=beam", "#beam .ready")
    player(page).locator("xpath=self::*[@data-playing='true']").wait_for(state="attached")
    page.evaluate(AFTER_150_FRAMES)  # in so many frames, a picture that is seen plays some steps
    assert player(page).get_attribute("data-step") == "0"
    page.get_by_role("tab", name="Translate", exact=True).click()
    expect(player(page)).to_have_attribute("data-step", re.compile("[1-9]"))


def test_the_slider_shows_the_chosen_step(stage):
    page = stage()
    page.get_by_test_id("scrub").fill("3")
    expect(page.get_by_test_id("counter")).to_have_text(f"3 / {steps(page)}")
    expect(page.get_by_test_id("says")).to_contain_text("Step 3:")
    assert len(output(page)) == 3
    page.get_by_test_id("scrub").fill("0")
    expect(page.get_by_test_id("says")).to_contain_text("The encoder has read")
    expect(page.locator(".chip.target[aria-hidden=false]")).to_have_count(0)


def test_keys_move_between_steps_and_start_and_stop_playing(stage):
    page = stage()
    page.get_by_test_id("stage").focus()
    for key, step in [("ArrowRight", 3), ("ArrowLeft", 2), ("Home", 0), ("End", steps(page))]:
        page.keyboard.press(key)
        expect_step(page, step)
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    expect(player(page)).to_have_attribute("data-playing", "true")
    page.keyboard.press("Space")
    expect(player(page)).to_have_attribute("data-playing", "false")


def test_screen_readers_announce_the_current_step(stage):
    page = stage()
    expect(page.get_by_test_id("live")).to_have_text(page.get_by_test_id("says").inner_text())
    expect(page.get_by_test_id("live")).to_have_attribute("aria-live", "polite")


def test_with_reduced_motion_a_step_appears_at_once(stage):
    page = stage(1)
    page.emulate_media(reduced_motion="reduce")
    page.get_by_test_id("next").click()
    # Both values are final at once: opacity "1" and step "2".
    opacity = "getComputedStyle(document.querySelector('[data-testid=target-1]')).opacity"
    assert page.evaluate(f"{opacity} + document.querySelector('.player').dataset.step") == "12"
    page.emulate_media(reduced_motion="no-preference")


# --- linked pictures -------------------------------------------------------------------------------------------------


def test_a_click_on_a_heatmap_cell_moves_the_player_to_its_step(stage):
    page = stage(5)
    heatmap(page).locator("tbody tr").nth(1).locator(".cell").nth(3).click()
    expect_step(page, 2)


def test_the_heatmap_shows_the_steps_so_far(stage):
    page = stage()
    rows = heatmap(page).locator("tbody tr:not(.unwritten)")
    expect(rows).to_have_count(2)
    page.get_by_test_id("scrub").fill("4")
    expect(rows).to_have_count(4)
    expect(page.locator(".plot tr.pinned")).to_have_count(1)
    columns = page.locator(".plot thead th").count()
    page.get_by_test_id("words").click()
    expect(page.get_by_test_id("words")).to_have_attribute("aria-checked", "true")
    assert page.locator(".plot thead th").count() < columns
    player(page).get_by_role("radio", name="Pieces").click()


def test_whole_words_are_drawn_on_the_stage_and_in_the_heatmap(stage):
    page = stage()
    page.get_by_test_id("last").click()
    pieces, written = page.locator(".chip.source").count(), output(page)
    page.get_by_test_id("words").click()
    heads = heatmap(page).locator("thead th").all_inner_texts()
    words = page.locator(".chip.source text").all_text_contents()
    assert words[:-1] == heads[:-1] == SENTENCE.split() and len(words) < pieces
    assert " ".join(output(page)[:-1]).replace(" ", "") == "".join(written[:-1])
    page.get_by_test_id("scrub").fill("1")
    expect(page.locator(".chip.target.current")).to_have_count(1)
    player(page).get_by_role("radio", name="Pieces").click()


def test_hovering_a_source_piece_highlights_its_arcs_and_its_column(stage):
    page = stage()
    heatmap(page)
    page.get_by_test_id("source-1").hover()
    expect(page.get_by_test_id("source-1")).to_have_class(re.compile(r"\blit\b"))
    expect(page.locator(".plot thead th.marked-column")).to_have_text("will")
    assert page.evaluate("[...document.querySelectorAll('.arc.lit')].every(arc => arc.dataset.source === '1')")
    page.get_by_test_id("counter").hover()
    expect(page.locator(".chip.lit")).to_have_count(0)


def test_without_attention_a_context_vector_replaces_arcs_and_heatmap(visit):
    page = visit(AT_STEP_2)
    page.locator("#model input").click()
    page.get_by_role("option", name="English → French: GRU, no attention").click()
    expect(page.get_by_test_id("no-attention")).to_be_visible()
    expect(page.get_by_test_id("plot")).to_be_hidden()
    page.get_by_test_id("last").click()
    expect(page.get_by_test_id("context")).to_be_visible()
    expect(page.get_by_test_id("says")).to_contain_text("the same fixed context vector")


# --- forks -----------------------------------------------------------------------------------------------------------


def test_a_candidate_makes_a_fork_and_restore_shows_the_original(stage):
    page = stage()
    before = page.locator(".chip.target text").all_text_contents()
    original = player(page).get_attribute("data-trace")
    piece = fork(page)
    page.get_by_test_id("last").click()
    after = page.locator(".chip.target text").all_text_contents()
    assert after[0] == before[0] and after[1] == piece != before[1]
    lines = [page.get_by_test_id(name) for name in ("original-line", "fork-line")]
    for line, word in zip(lines, (before[1], piece), strict=True):
        expect(line.locator(".parts-here")).to_have_text(word)
        expect(line.locator(".shared")).to_have_count(1)
        expect(line).to_contain_text(re.compile(r"log-probability −\d+\.\d\d"))
    page.get_by_test_id("scrub").fill("2")
    expect(page.get_by_test_id("says")).to_contain_text("forced")
    page.get_by_test_id("restore").click()
    expect(page.get_by_test_id("compare")).to_be_hidden()
    expect(player(page)).to_have_attribute("data-trace", original)
    expect_step(page, 2)


def test_the_chosen_candidate_makes_no_fork(stage):
    page = stage()
    expect(page.locator(".candidate.chosen")).to_have_attribute("aria-disabled", "true")
    page.locator(".candidate.chosen").click(force=True)
    expect(page.get_by_test_id("compare")).to_be_hidden()


def test_the_keyboard_makes_a_fork_in_which_only_the_forced_piece_is_called_forced(stage):
    page = stage()
    page.locator(".candidate:not(.chosen)").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("compare")).to_be_visible()
    expect_step(page, 2)
    expect(page.get_by_test_id("choice-unit")).to_contain_text("forced")
    page.get_by_test_id("scrub").fill("1")
    expect_step(page, 1)
    expect(page.get_by_test_id("choice-unit")).to_contain_text("free running")
    expect(page.get_by_test_id("says")).not_to_contain_text("forced")
    page.get_by_test_id("restore").click()
    expect(page.get_by_test_id("compare")).to_be_hidden()
