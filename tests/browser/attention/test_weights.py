"""Test the views of the Attention tab: compare models, attribution, edited weights, long sentences. The engine computes the
expected numbers."""

from __future__ import annotations

import csv
import io
from urllib.parse import parse_qs, quote, urlparse

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from seq2seq.analysis import attribution, inspection
from seq2seq.analysis.forcing.growing_sentences import PARTS, grown
from seq2seq.decoding.translator import Translator
from seq2seq.sources.words import merge_words
from seq2seq.trace import DecodingTrace
from seq2seq.views.pieces import words

TEXT = "My brother has never seen the sea."
GERMAN = "Ein brauner Hund springt im Park über eine Pfütze."


@pytest.fixture(scope="module")
def trace(translator: Translator) -> DecodingTrace:
    return translator.translate(TEXT)


@pytest.fixture
def tab(visit):
    """Return a function that opens one of the tab's views by its link; its keywords are settings of the browser context."""
    ready = {"attention": ".attention.ready", "attribution": ".attribution.ready", "edit": ".edit.ready"}
    return lambda name, query="", **settings: visit(f"?tab={name}{query}", ready=ready[name], **settings)


def parameter(page: Page, name: str, part: str = "") -> str:
    """Wait until the address has the parameter `name` and its value contains `part`; return the value."""
    page.wait_for_function(
        "([name, part]) => (new URLSearchParams(location.search).get(name) ?? '\\0').includes(part)"
        " && new URLSearchParams(location.search).has(name)",
        arg=[name, part],
    )
    return parse_qs(urlparse(page.url).query)[name][0]


def panel(page: Page, number: int = 0):
    return page.get_by_test_id("panel").nth(number)


def weights(table) -> np.ndarray:
    """Return the weights in the cells of a table, from 0 to 1; a weight below 1% is returned as 0."""
    rows = table.locator(".heat-table tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.querySelectorAll('.cell')].map(cell => cell.textContent))"
    )
    exact = {"<1%": 0.0, ">99%": 1.0}
    return np.array([[exact.get(text, float(text.strip("<>%")) / 100) for text in row] for row in rows])


def weights_by_word(trace: DecodingTrace) -> np.ndarray:
    rows, columns = ([group for _, group in words(side)] for side in (trace.steps, trace.source))
    return np.array(merge_words([step.attention for step in trace.steps], rows, columns))


def weights_by_piece(trace: DecodingTrace) -> np.ndarray:
    return np.array([step.attention for step in trace.steps])


# --- compare models ---


def test_the_tables_show_the_weights_of_the_trace(tab, trace) -> None:
    page = tab("attention", f"&text={quote(TEXT)}")
    expect(panel(page).get_by_test_id("panel-text")).to_have_text(trace.text)
    expect(panel(page).get_by_test_id("panel-score")).to_contain_text(
        f"{abs(trace.log_prob):.2f} nats in {len(trace.steps)} pieces"
    )
    assert np.allclose(weights(panel(page)), weights_by_word(trace), atol=0.0051)
    page.get_by_role("radio", name="pieces").click()
    assert np.allclose(weights(panel(page)), weights_by_piece(trace), atol=0.0051)
    entropies = panel(page).locator("tbody .beside").all_inner_texts()
    assert [float(text) for text in entropies] == pytest.approx([step.entropy for step in trace.steps], abs=0.01)
    parameter(page, "unit", "pieces")


def test_hovering_a_word_marks_it_in_all_pictures(tab) -> None:
    page = tab(
        "attention",
        f"&text={quote(GERMAN)}&panels=captions-de-en-additive,captions-de-en-dot,captions-de-en-transformer:encoder.1",
    )
    panel(page).locator(".cell[data-y='1'][data-x='2']").hover()
    expect(page.get_by_test_id("attention").get_by_test_id("pointed")).to_contain_text("looks at “Hund” with")
    for number in range(3):
        marked = panel(page, number).locator("thead th.marked-column")
        expect(marked).to_have_text(["Hund"])
    expect(panel(page, 2).locator("tbody tr.marked th")).to_have_text(
        ["Hund"]
    )  # in the encoder, the rows are source words, too
    expect(panel(page, 1).locator("tbody tr.marked")).to_have_count(0)
    page.mouse.move(0, 0)
    expect(page.get_by_test_id("attention").locator(".marked-column")).to_have_count(0)


def test_a_head_is_chosen_from_its_thumbnail_or_the_menu(tab) -> None:
    page = tab("attention", f"&text={quote(GERMAN)}&panels=captions-de-en-transformer&unit=pieces")
    translator = Translator.load("captions-de-en-transformer")
    trace = translator.translate(GERMAN)
    heads = inspection.heads(translator, trace)
    panel(page).get_by_text("All 36 heads").click()
    panel(page).get_by_title("decoder to source, layer 2, head 3").click()
    expect(panel(page).locator(".thumb[aria-pressed=true]")).to_have_attribute("title", "decoder to source, layer 2, head 3")
    assert np.allclose(weights(panel(page)), heads["cross"][1][2], atol=0.0051)
    assert parameter(page, "panels", "cross.2.3") == "captions-de-en-transformer:cross.2.3"
    panel(page).get_by_label("Attention of picture 1").select_option("decoder.1")
    expect(panel(page).locator("thead th").first).to_have_text("start")
    assert np.allclose(weights(panel(page)), heads["decoder"][0].mean(0), atol=0.0051)


def test_panels_are_added_removed_and_restored_from_the_address(tab, trace) -> None:
    page = tab("attention", f"&text={quote(TEXT)}&panels=en-fr-additive")
    page.get_by_test_id("add-panel").click()
    expect(page.get_by_test_id("panel")).to_have_count(2)
    panel(page, 1).get_by_label("Model of picture 2").select_option("en-fr-plain")
    expect(panel(page, 1).locator(".no-attention")).to_contain_text("This model has no attention")
    expect(panel(page, 1).locator(".changes tbody tr")).to_have_count(
        len(Translator.load("en-fr-plain").translate(TEXT).source)
    )
    panel(page).locator("tbody th", has_text="frère").click()
    expect(panel(page).locator("tr.pinned th")).to_have_text("frère")
    step = next(s.position for s in trace.steps if "frère" in s.piece) + 1
    parameter(page, "step", str(step))
    again = tab("attention", "&" + urlparse(page.url).query.removeprefix("tab=attention&"))
    expect(again.get_by_test_id("panel")).to_have_count(2)
    expect(panel(again).locator("tr.pinned th")).to_have_text("frère")
    panel(again).get_by_role("link", name="on the stage").click()
    again.locator(".player.ready").wait_for()
    expect(again.get_by_test_id("player")).to_have_attribute("data-step", str(step))
    panel(page, 1).get_by_role("button", name="Remove picture 2").click()
    expect(page.get_by_test_id("panel")).to_have_count(1)


def test_arrow_keys_move_between_cells(tab) -> None:
    page = tab("attention", f"&text={quote(TEXT)}&panels=en-fr-additive")
    panel(page).locator(".cell[tabindex='0']").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
    expect(panel(page).locator(".cell:focus")).to_have_attribute("data-y", "0")
    expect(panel(page).locator(".cell:focus")).to_have_attribute("data-x", "2")
    expect(page.get_by_test_id("attention").get_by_test_id("pointed")).to_contain_text("looks at “has”")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(panel(page).locator("tr.pinned")).to_have_count(1)
    expect(panel(page).locator(".cell[tabindex='0']")).to_have_count(1)


def test_downloaded_files_contain_the_drawn_weights(tab, trace) -> None:
    page = tab("attention", f"&text={quote(TEXT)}&panels=en-fr-additive&unit=pieces")
    files = {}
    for kind in ("CSV", "SVG", "PNG", "HTML"):
        with page.expect_download() as download:
            panel(page).get_by_role("button", name=kind, exact=True).click()
        files[kind] = download.value.path().read_bytes()
    table = list(csv.reader(io.StringIO(files["CSV"].decode("utf-8-sig"))))
    assert np.allclose([[float(cell) for cell in row[1:]] for row in table[1:]], weights_by_piece(trace), atol=1e-4)
    assert files["PNG"].startswith(b"\x89PNG") and len(files["PNG"]) > 5000
    assert files["SVG"].decode().count("<rect") == weights_by_piece(trace).size + 1
    text = files["HTML"].decode()
    assert text.startswith("<!doctype html>") and "<script" not in text and "http" not in text.replace("http://www.w3.org", "")
    assert "looks at “brother”" in text


@pytest.mark.parametrize(
    ("query", "message"),
    [
        # A head that is not there, and no translation; tests/ui/attention/test_panels.py tests more links.
        ("&panels=captions-de-en-transformer:cross.9.1", "There is no decoder to source, layer 9, head 1"),
        (f"&text={'a ' * 600}", "please keep to 1,000"),
    ],
)
def test_an_invalid_link_shows_a_message_and_a_panel(tab, query: str, message: str) -> None:
    page = tab("attention", query)
    expect(page.locator("#tab-attention").get_by_test_id("message").first).to_contain_text(message)
    expect(panel(page)).to_be_visible()


def test_a_long_sentence_stays_usable_on_a_phone(tab) -> None:
    text = "The old man who lives near the station told us that he had forgotten his umbrella, and that nobody came. " * 3
    page = tab(
        "attention",
        f"&text={quote(text.strip())}&panels=en-fr-additive&unit=pieces",
        viewport={"width": 390, "height": 844},
    )
    assert panel(page).locator("thead th.source").count() > 60
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    scroller = panel(page).locator(".heat-scroller")
    assert scroller.evaluate("node => node.scrollWidth > node.clientWidth")
    scroller.evaluate("node => { node.scrollLeft = 1e4; node.scrollTop = 1e4; }")
    name = panel(page).locator("tbody th").last
    left, right = scroller.evaluate("node => [node.getBoundingClientRect().left, node.getBoundingClientRect().right]")
    box = name.bounding_box()
    assert left <= box["x"] and box["x"] + box["width"] < right  # the names of the rows stay visible
    assert float(name.evaluate("node => parseFloat(getComputedStyle(node).fontSize)")) >= 16


# --- attribution ---


def test_attribution_shows_the_engines_numbers(tab, translator, trace) -> None:
    page = tab("attribution", f"&text={quote(TEXT)}&model=en-fr-additive&step=3")
    expected = attribution.attribute(translator, trace, 2)
    rows = page.get_by_test_id("attribution-table").locator("tr").all()
    cells = [text.replace("−", "-") for text in rows[4].locator("td").all_inner_texts()]
    assert [float(text) for text in cells[:-1]] == pytest.approx(expected.deletion, abs=0.0051) and cells[-1] == "–"
    assert page.get_by_test_id("steps").locator(".step-chip").count() == len(trace.steps)
    page.get_by_test_id("steps").locator(".step-chip").nth(4).click()
    expect(page.get_by_test_id("steps").locator(".step-chip").nth(4)).to_have_attribute("aria-checked", "true")
    parameter(page, "step", "5")
    expect(page.get_by_test_id("attribution").get_by_test_id("agreements").locator("tr")).to_have_count(4)


def test_attribution_works_without_attention(tab) -> None:
    page = tab("attribution", f"&text={quote(TEXT)}&model=en-fr-plain")
    text = page.locator(".attribution").get_by_test_id("says")
    expect(text).to_contain_text("This model has no attention. The most important word by deletion")
    expect(page.get_by_test_id("attribution-table").locator("tr")).to_have_count(4)


# --- edited weights ---


def test_the_model_decodes_with_an_edited_weight(tab, translator, trace) -> None:
    page = tab("edit", f"&text={quote(TEXT)}&model=en-fr-additive&step=2")
    before = page.locator(".edit .before")
    assert np.allclose(weights(before), weights_by_piece(trace), atol=0.0051)
    last = len(trace.source) - 2
    before.locator(f".cell[data-y='1'][data-x='{last}']").dblclick()
    edited = [float(position == last) for position in range(len(trace.source))]
    expected = translator.translate(TEXT, edits={1: edited})
    expect(page.get_by_test_id("after-text")).to_have_text(expected.text)
    assert np.allclose(weights(page.locator(".edit .after")), weights_by_piece(expected), atol=0.0051)
    assert parameter(page, "weights").split("-")[last] == "1000"
    again = tab("edit", "&" + urlparse(page.url).query.removeprefix("tab=edit&"))
    expect(again.get_by_test_id("after-text")).to_have_text(expected.text)
    again.get_by_test_id("reset").click()
    expect(again.get_by_test_id("after-text")).to_be_empty()


def test_a_drag_or_a_slider_reduces_the_other_weights(tab, trace) -> None:
    page = tab("edit", f"&text={quote(TEXT)}&model=en-fr-additive&step=2")
    box = page.locator(".edit .before .cell[data-y='1'][data-x='0']").bounding_box()
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 10, box["y"] - 70, steps=4)
    page.mouse.up()
    expect(page.get_by_test_id("after-text")).not_to_be_empty()
    shares = [int(part) / 1000 for part in parameter(page, "weights").split("-")]
    assert shares[0] == pytest.approx(min(1, trace.steps[1].attention[0] + 0.5), abs=0.002)
    assert sum(shares) == pytest.approx(1, abs=0.01)
    slider = page.get_by_test_id("sliders").get_by_role("slider").nth(3)
    slider.focus()
    page.keyboard.press("End")
    expect(page.get_by_test_id("sliders").locator("output").nth(3)).to_have_text("100%")
    expect(page.get_by_test_id("sliders").locator("output").nth(0)).to_have_text("0%")
    page.wait_for_function("new URLSearchParams(location.search).get('weights').split('-')[3] === '1000'")


def test_a_model_without_attention_cannot_be_edited(tab) -> None:
    page = tab("edit", f"&text={quote(TEXT)}&model=en-fr-plain")
    expect(page.locator("#view-edit").get_by_test_id("message")).to_contain_text("has no attention that could be edited")
    expect(page.get_by_test_id("edit")).to_be_visible()


# --- long sentences ---


def test_a_sentence_grows_and_each_length_shows_its_translation(visit, translator) -> None:
    page = visit("?tab=bottleneck&clauses=2", ready=".bottleneck.ready .grown-written .target >> nth=0")
    pairs = grown(PARTS["English", "French", "everyday"])
    source, reference = pairs[1][0]
    expect(page.get_by_test_id("grown-source")).to_have_text(source)
    expect(page.get_by_test_id("grown-reference")).to_have_text(f"reference: {reference}")
    texts = page.locator(".grown-written .target")
    expect(texts.first).to_have_text(dict(translator.translate_lines([source]))[0])
    page.get_by_test_id("clauses").focus()
    page.keyboard.press("End")
    expect(page.get_by_test_id("grown-source")).to_have_text(pairs[-1][0][0])
    parameter(page, "clauses", str(len(pairs)))
    expect(page.get_by_test_id("by-length").locator("tr")).to_have_count(len(pairs) + 1)
    page.locator(".bottleneck .js-plotly-plot .scatterlayer .trace").first.wait_for()
    page.get_by_test_id("another").click()
    expect(page.get_by_test_id("grown-source")).to_have_text(pairs[-1][1][0])
    parameter(page, "sentence", "2")
    again = visit(f"?{urlparse(page.url).query}", ready=".bottleneck.ready .grown-written .target >> nth=0")
    expect(again.get_by_test_id("grown-source")).to_have_text(pairs[-1][1][0])


def test_an_unknown_family_in_the_address_is_reported(visit) -> None:
    page = visit("?tab=bottleneck&family=klingon", ready=".bottleneck.ready .grown-written .target >> nth=0")
    expect(page.locator("#view-bottleneck").get_by_test_id("message")).to_contain_text("There are no sentences “klingon”")
