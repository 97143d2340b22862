"""The views How far back and How it fades: their numbers are the engine's."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from seq2seq.analysis.inside.reach import fading, reach
from seq2seq.decoding.translator import Translator
from seq2seq.ui.inside.fading import sentences

TEXT, MODEL = "Ein Hund springt ins Wasser.", "captions-de-en-gru"


def test_the_shares_are_the_engines_and_a_step_can_be_chosen(visit) -> None:
    page = visit(f"?tab=reach&model={MODEL}&text={TEXT}", ".reach.ready")
    page.get_by_test_id("steps").get_by_role("radio").nth(2).click()
    expect(page.get_by_test_id("steps").get_by_role("radio").nth(2)).to_have_attribute("aria-checked", "true")
    translator = Translator.load(MODEL)
    target = translator.target_ids(translator.translate(TEXT).text)
    for name in (MODEL, "captions-de-en-rnn", "captions-de-en-transformer"):
        model = Translator.load(name)
        source, fed = reach(model.model, model.source_ids(TEXT), target, 2).shares()
        shown = page.locator(f"tr[data-model={name}] .cell").all_inner_texts()
        shares = [float(text.strip("<>%")) / 100 for text in shown]
        assert shares == pytest.approx([*source, *fed], abs=0.011)
    page.wait_for_function("new URLSearchParams(location.search).get('step') === '3'")


def test_the_table_of_fading_is_the_engines(visit) -> None:
    page = visit("?tab=fading", ".fading-says p >> nth=0")
    rows = {row.split("\t")[0]: row.split("\t")[1:] for row in page.get_by_test_id("fading-table").inner_text().split("\n")[1:]}
    *_, found = fading(Translator.load("captions-de-en-rnn"), sentences(("German", "English", "captions")))
    median = dict(zip(found.distance, found.median, strict=True))
    assert float(rows["RNN, no attention"][1].strip("%")) / 100 == pytest.approx(median[5], rel=0.05)
    expect(page.get_by_test_id("fading-says")).to_contain_text("RNN, no attention: less than 10% is left after")
    expect(page.get_by_test_id("figure-fading").locator(".scatterlayer .trace").first).to_be_attached()
