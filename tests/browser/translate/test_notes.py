"""What the page says about a text that the model reads badly."""

from __future__ import annotations

from playwright.sync_api import expect
from support.browser.page import SENTENCE, player, translate


def test_unknown_characters_are_named_beside_the_translation(visit):
    page = visit(ready=".player.ready")
    note = page.get_by_test_id("notes")
    expect(note).to_be_hidden()
    before = player(page).get_attribute("data-trace")
    translate(page, "I like Ж and 漢.")
    expect(note).to_contain_text("does not contain “Ж”, “漢”. It reads unknown characters as bytes")
    expect(player(page)).not_to_have_attribute("data-trace", before)
    translate(page, SENTENCE)
    expect(note).to_be_hidden()
