"""The view Sounds of letters: a typed name becomes phonemes or katakana on the stage."""

from __future__ import annotations

from playwright.sync_api import expect

from seq2seq.decoding.translator import Translator


def test_a_name_is_sounded_out_and_another_first_sound_can_be_forced(visit) -> None:
    page = visit("?tab=letters&text=knight", "#letters .ready", reduced_motion="reduce")
    stage = page.locator("#letters")
    expect(stage.get_by_test_id("source-0")).to_contain_text("k")
    page.locator("#letters-text input, #letters-text textarea").fill("Anna")
    page.locator("#letters-go").click()
    model = Translator.load("letters-en")
    expect(stage.get_by_test_id("source-3")).to_contain_text("a")
    stage.get_by_test_id("last").click()
    trace = model.translate("Anna")
    for t, step in enumerate(trace.steps[:-1]):
        expect(stage.get_by_test_id(f"target-{t}")).to_contain_text(step.piece.removeprefix("▁"))
    page.wait_for_function("new URLSearchParams(location.search).get('text') === 'Anna'")


def test_a_name_is_written_in_katakana(visit) -> None:
    page = visit("?tab=letters&model=names-ja&text=Anna", "#letters .ready", reduced_motion="reduce")
    stage = page.locator("#letters")
    expect(page.get_by_label("A name in Latin letters")).to_have_value("Anna")
    expect(stage.get_by_test_id("source-3")).to_contain_text("a")
    stage.get_by_test_id("last").click()
    for t, character in enumerate(Translator.load("names-ja").translate("Anna").text):
        expect(stage.get_by_test_id(f"target-{t}")).to_have_text(character)
    page.locator("#letters-model input").click()
    page.get_by_role("option", name="phonemes").click()
    expect(page.get_by_label("A word or a name in English letters")).to_have_value("Anna")
    page.wait_for_function("new URLSearchParams(location.search).get('model') === 'letters-en'")


def test_a_word_of_another_script_gets_a_sentence(visit) -> None:
    page = visit("?tab=letters&text=knight", "#letters .ready", reduced_motion="reduce")
    page.locator("#letters-text input, #letters-text textarea").fill("ночь")
    page.locator("#letters-go").click()
    expect(page.locator("#tab-senses .message-block:visible").first).to_contain_text("does not know the letter “н”")
