"""The view The cell: its numbers are the engine's, a gate can be held, and an address opens the same picture."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from support.browser.files import picture, rows, save, texts

from seq2seq.analysis.inside.cells import Hold, Layer, look_inside
from seq2seq.analysis.inside.units import examine
from seq2seq.decoding.translator import Translator
from seq2seq.trace import DecodingTrace

MODEL, TEXT = "captions-de-en-lstm", "Ein Mann mit einem roten Hut sitzt auf einer Bank."
LINK = f"?tab=inside&model={MODEL}&text={TEXT}"


@pytest.fixture(scope="module")
def translator() -> Translator:
    return Translator.load(MODEL)


@pytest.fixture(scope="module")
def inside(translator: Translator) -> tuple[DecodingTrace, dict[str, Layer]]:
    trace, layers = look_inside(translator, TEXT)
    return trace, {layer.name: layer for layer in layers}


@pytest.fixture
def page(reuse):
    """Return the page that tests share, before the first step of all units of the layer that it opens with."""
    page = reuse(LINK, ".cell-view.ready")
    layer = page.get_by_role("radio", name="encoder 1 →")
    if layer.get_attribute("aria-checked") == "false":
        layer.click()
        expect(layer).to_have_attribute("aria-checked", "true")
    page.get_by_role("radio", name="all units").click()
    page.get_by_test_id("cell-scroller").press("Home")
    return page


def drawn(page, strip: str) -> list[float]:
    texts = page.locator(f"[data-strip={strip}] .number").all_inner_texts()
    return [float(text.replace("−", "-")) for text in texts]


def test_the_keyboard_steps_and_the_sentence_is_announced(page) -> None:
    page.get_by_test_id("cell-scroller").press("ArrowRight")
    expect(page.locator(".cell-view [data-testid=live]")).to_contain_text("Step 1 reads “Ein”")


def test_the_drawn_numbers_are_the_engines(page, inside) -> None:
    trace, layers = inside
    layer = layers["encoder-1-forward"]
    page.get_by_role("radio", name="mean").click()
    for gate in ("forget", "input", "output"):
        assert drawn(page, gate) == pytest.approx(list(layer.gates[gate].mean(1)), abs=0.006)
    page.get_by_role("radio", name="decoder 2").click()
    expect(page.get_by_test_id("cell-table")).to_contain_text("writes")
    page.get_by_role("radio", name="one unit").click()
    unit = int(page.get_by_test_id("unit-name").inner_text().split()[0]) - 1
    layer = layers["decoder-2"]
    assert drawn(page, "hidden") == pytest.approx(list(layer.hidden[:, unit]), abs=0.006)
    page.locator(".cell-view [data-action=last]").click()
    memory = page.get_by_test_id("equation").locator("dd", has_text="kept")
    expect(memory).to_contain_text(re.compile(r"kept [+−] \d\.\d\d written [=≈] −?\d"))
    value = float(memory.locator("b").inner_text().replace("−", "-"))
    assert value == pytest.approx(float(layer.kept[-1, unit] + layer.written[-1, unit]), abs=0.006)
    assert page.locator("[data-strip=hidden] td").count() == len(trace.steps)


def test_the_files_have_the_numbers_of_the_engine_and_say_what_they_are(page, inside) -> None:
    trace, layers = inside
    layer, buttons = layers["encoder-1-forward"], page.locator(".cell-choices")
    unit = int(page.get_by_test_id("unit-name").inner_text().split()[0]) - 1
    table = rows(save(buttons, "csv"))
    assert {(row["model"], row["sentence"], row["translation"], row["mode"]) for row in table} == {
        (MODEL, TEXT, trace.text, "free-running (greedy)")
    }
    for gate in ("forget", "input", "output"):
        assert [float(row[f"{gate}, mean"]) for row in table] == pytest.approx(list(layer.gates[gate].mean(1)), abs=1e-4)
        assert [float(row[f"{gate}, unit {unit + 1}"]) for row in table] == pytest.approx(
            list(layer.gates[gate][:, unit]), abs=1e-4
        )
    strips = save(buttons, "svg").decode()
    assert strips.count("<image") == 5 * layer.steps  # one picture of all units for each step of five strips
    assert f"Translation: {trace.text}" in texts(strips.encode()) and f"All {layer.units} units" in strips
    picture(save(buttons, "png"))
    page.get_by_role("radio", name="mean").click()
    written = texts(save(buttons, "svg"))
    numbers = [float(text) for text in written if re.fullmatch(r"\d\.\d\d", text)]  # step by step
    strips = [layer.gates[gate] for gate in ("forget", "input", "output")] + [abs(layer.gates["candidate"]), abs(layer.hidden)]
    assert numbers == pytest.approx([strip[t].mean() for t in range(layer.steps) for strip in strips], abs=0.006)


def test_a_unit_is_chosen_by_its_row_and_the_address_opens_it_again(page, visit) -> None:
    page.locator(".cell-view [data-action=last]").click()
    before = page.get_by_test_id("unit-name").inner_text()
    page.locator("[data-strip=forget] canvas").first.click(position={"x": 20, "y": 2})
    expect(page.get_by_test_id("unit-name")).not_to_have_text(before)
    page.wait_for_function(  # one of the units at the top, and the address names it
        """() => { const [unit] = document.querySelector('[data-testid=unit-name]').textContent.split(' ');
        return document.querySelector('[data-testid=unit]').value < 10
          && new URLSearchParams(location.search).get('neuron') === unit && location.search.includes('step='); }"""
    )
    again = visit(page.evaluate("location.search"), ".cell-view.ready")
    expect(again.get_by_test_id("unit-name")).to_have_text(page.get_by_test_id("unit-name").inner_text())
    expect(again.locator(".cell-view .counter")).to_have_text(page.locator(".cell-view .counter").inner_text())


def test_a_held_gate_changes_the_translation_as_the_engine_says(page, translator: Translator) -> None:
    page.get_by_role("radio", name="decoder 1").click()
    expect(page.get_by_test_id("cell-table")).to_contain_text("writes")
    page.get_by_test_id("cell-scroller").press("Home")
    page.get_by_test_id("cell-scroller").press("ArrowRight")
    page.get_by_test_id("hold-gate").select_option("forget")
    page.get_by_test_id("hold-go").click()
    changed, _ = look_inside(translator, TEXT, Hold("decoder-1", 0, "forget", 0.0))
    says = page.get_by_test_id("hold-says")
    expect(says).to_contain_text("The forget gate of decoder 1 is held at 0 (forget), at “start”")
    expect(says).to_contain_text(f"“{changed.text}”")
    page.get_by_test_id("release").click()
    expect(says).to_have_text("")


def test_the_unit_that_follows_a_feature_can_be_chosen(page, translator: Translator) -> None:
    page.get_by_test_id("units").locator("summary").click()
    found = examine(translator)
    expect(page.get_by_test_id("units")).to_contain_text(f"{found.readable} of {found.size * 2} units")
    best = found.following[-1]
    row = page.get_by_test_id("unit-features").locator("tr", has_text=best.feature)
    expect(row).to_contain_text(f"{abs(best.correlation):.2f}")
    row.get_by_role("button").click()
    expect(page.get_by_test_id("unit-name")).to_have_text(f"{best.unit + 1} of {found.size}")
    expect(page.get_by_test_id("unit-words")).to_contain_text(found.moved_by(best.layer, best.unit)[0][0])


def test_a_transformer_has_no_cell_and_the_page_says_so(visit) -> None:
    page = visit("?tab=inside&model=captions-de-en-transformer&text=Ein+Hund.", ".cell-view.ready")
    expect(page.get_by_role("alert").filter(has_text="no recurrent cell")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("Here is an example instead")
