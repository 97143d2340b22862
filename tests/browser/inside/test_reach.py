"""The views How far back and How it fades: their numbers are the engine's."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import expect
from support.browser.files import picture, rows, save, texts

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
    buttons = page.locator(".reach-files")
    table = [row for row in rows(save(buttons, "csv")) if row["model"] == MODEL]
    found = reach(Translator.load(MODEL).model, translator.source_ids(TEXT), target, 2)
    assert [float(row["share of the gradient"]) for row in table] == pytest.approx([*np.concatenate(found.shares())], abs=1e-4)
    assert [float(row["norm (nats per unit of embedding)"]) for row in table] == pytest.approx(
        [*found.source, *found.target], abs=1e-5
    )
    assert {(row["sentence"], row["mode"], row["step"]) for row in table} == {(TEXT, "teacher-forced", "3")}
    written = texts(save(buttons, "svg"))
    shown = page.locator(f"tr[data-model={MODEL}] .cell").all_inner_texts()
    assert set(shown) <= set(written) and f"Sentence: {TEXT}" in written
    picture(save(buttons, "png"))


def test_the_table_of_fading_is_the_engines(visit) -> None:
    page = visit("?tab=fading", ".fading-says p >> nth=0")
    shown = {
        row.split("\t")[0]: row.split("\t")[1:] for row in page.get_by_test_id("fading-table").inner_text().split("\n")[1:]
    }
    *_, found = fading(Translator.load("captions-de-en-rnn"), sentences(("German", "English", "captions")))
    median = dict(zip(found.distance, found.median, strict=True))
    assert float(shown["RNN, no attention"][1].strip("%")) / 100 == pytest.approx(median[5], rel=0.05)
    expect(page.get_by_test_id("fading-says")).to_contain_text("RNN, no attention: less than 10% is left after")
    chart = page.get_by_test_id("figure-fading")
    expect(chart.locator(".scatterlayer .trace").first).to_be_attached()
    table = [row for row in rows(save(chart, "csv")) if row["model"] == "captions-de-en-rnn"]
    assert [float(row["norm, relative to the last piece"]) for row in table] == pytest.approx([*found.median])
    assert [float(row["upper quartile"]) for row in table] == pytest.approx([*found.high])
    drawing = save(chart, "svg")
    assert "captions-de-en-rnn" in drawing.decode() and b"url(#" in drawing and b"url(http" not in drawing
    assert "steps since the piece was read" in texts(drawing)
    picture(save(chart, "png"))
