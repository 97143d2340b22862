"""Test the phrasebook in the menu of examples: by keyboard, in several views, by link and on a phone."""

from __future__ import annotations

from urllib.parse import quote

from playwright.sync_api import Page, expect
from support.browser.page import OTHER, expect_to_fit_a_phone, player, translate

from seq2seq.ui.kit import examples

MUSEUM = "Excuse me, where is the museum?"
IN_FRENCH = "Excusez-moi, où est le musée ?"
NOTE = "The model was trained on our phrasebook"


def choose_by_keyboard(page: Page, menu: str, topic: str, phrase: str) -> None:
    """Open a topic by its first letters, and go down to a phrase."""
    page.locator(f"{menu} input").focus()
    expect(page.get_by_role("option", name=examples.FIRST)).to_be_visible()
    page.keyboard.type(topic[:5])
    expect(page.locator(f"{menu} [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_role("option", name=phrase, exact=True)).to_be_attached()
    expect(page.locator(f"{menu} input")).to_be_focused()
    active = page.locator("[role=option].active")
    name = active.get_attribute("aria-label") if active.count() else ""
    while name != phrase:
        page.keyboard.press("ArrowDown")
        expect(active).not_to_have_attribute("aria-label", str(name))  # the menu moves a little after the key
        name = active.get_attribute("aria-label")
    page.keyboard.press("Enter")


def test_a_phrase_is_chosen_by_keyboard_and_translated_at_once(visit):
    page = visit("?step=1")
    before = player(page).get_attribute("data-trace")
    choose_by_keyboard(page, "#example", "Travel", MUSEUM)
    expect(player(page)).not_to_have_attribute("data-trace", before)
    expect(page.locator("#text input")).to_have_value(MUSEUM)
    expect(page.locator("#example")).to_contain_text("Travel")
    expect(page.get_by_test_id("notes")).to_contain_text(NOTE)
    page.wait_for_url("**text=Excuse+me**")
    translate(page, OTHER)
    expect(page.locator("#example input")).to_have_value("your own")
    expect(page.get_by_test_id("notes")).to_be_hidden()


def test_the_menu_searches_a_topic_and_leads_back(visit):
    page = visit(f"?text={quote(MUSEUM)}&step=1")  # a link opens the topic of its phrase
    menu = page.locator("#example input")
    expect(menu).to_have_value(MUSEUM)
    expect(page.get_by_test_id("notes")).to_contain_text(NOTE)
    before = player(page).get_attribute("data-trace")
    menu.click()
    page.keyboard.type("library")
    expect(page.get_by_role("option")).to_contain_text(["Where is the library?"])
    page.keyboard.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
    menu.blur()
    expect(menu).to_have_value(MUSEUM)
    menu.click()
    expect(page.get_by_role("option", name="Back to")).to_be_in_viewport()
    page.get_by_role("option", name="Back to").click()
    page.get_by_role("option", name="All 605 phrases").click()
    expect(page.get_by_role("option", name="Hello.", exact=True)).to_be_in_viewport(ratio=1)
    page.keyboard.type("machine learning?")
    expect(page.get_by_role("option")).to_contain_text(["What is machine learning?"])
    expect(player(page)).to_have_attribute("data-trace", before)
    page.keyboard.press("Enter")
    expect(player(page)).not_to_have_attribute("data-trace", before)
    expect(page.locator("#example")).to_contain_text("Machine learning")


def test_a_look_into_the_menu_keeps_what_is_typed(visit):
    page = visit("?step=1")
    before = player(page).get_attribute("data-trace")
    page.locator("#text input").fill(OTHER)
    page.locator("#example input").click()
    expect(page.get_by_role("option", name=examples.FIRST)).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")  # a menu that loses the focus sends its choice
    page.locator("#text input").press("Enter")
    expect(player(page)).not_to_have_attribute("data-trace", before)
    expect(page.locator("#text input")).to_have_value(OTHER)
    expect(page.locator("#example input")).to_have_value("your own")


def test_a_phrase_brings_its_reference_and_follows_the_model(visit):
    page = visit("?tab=teacher-forcing", ready=".lanes.ready")
    choose_by_keyboard(page, "#forcing-example", "Travel", MUSEUM)
    expect(page.locator("#forcing-reference input")).to_have_value(IN_FRENCH)
    expect(page.get_by_test_id("forcingnotes")).to_contain_text(NOTE)
    expect_to_fit_a_phone(page)
    page.locator("#forcing-model input").click()
    page.get_by_role("option", name="French → English").first.click()
    expect(page.locator("#forcing-text input")).to_have_value(IN_FRENCH)
    expect(page.locator("#forcing-reference input")).to_have_value(MUSEUM)
    expect(page.locator("#forcing-example input")).to_have_value(IN_FRENCH)
    expect(page.get_by_test_id("forcingnotes")).to_contain_text(NOTE)
