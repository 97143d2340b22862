"""The view The decoder alone: its drawn numbers are the engine's, and an address opens the same picture."""

from __future__ import annotations

import math
import re

import pytest
from playwright.sync_api import Page, expect
from support.browser.files import picture, rows, save, texts
from support.browser.page import expect_to_fit_a_phone

from seq2seq.analysis.inside.language_model import bits_per_piece, worth, write_on
from seq2seq.decoding.strategies import Greedy, Sample
from seq2seq.decoding.translator import Translator
from seq2seq.ui.kit import examples
from seq2seq.views.inside.language import PAIRS as ALL_PAIRS
from seq2seq.views.inside.language import parting

MODEL, READY = "lm-en", ".language.ready"
PAIRS = ALL_PAIRS["English"]
FIRST, SECOND = PAIRS[0].first, PAIRS[0].second
LINK = f"?tab=language&text={FIRST}&second={SECOND}"


@pytest.fixture(scope="module")
def writer() -> Translator:
    return Translator.load(MODEL)


@pytest.fixture
def page(reuse) -> Page:
    """Return the page that tests share. Each leaves its sentences; a test of steps begins at the first or the last one."""
    return reuse(LINK, READY)


def numbers(page: Page, selector: str) -> list[float]:
    return [float(text) for text in page.locator(selector).all_inner_texts()]


def test_the_product_grows_by_the_factors_of_the_engine(page: Page, writer: Translator) -> None:
    traces = [writer.score("", text) for text in (FIRST, SECOND)]
    page.get_by_role("radio", name="nats").click()
    page.locator(".language-player [data-action=last]").click()
    for number, trace in enumerate(traces):
        drawn = numbers(page, f"[data-lane='{number}'] .language-factor")
        assert drawn == pytest.approx([-step.log_prob for step in trace.steps], abs=0.006)
        total = page.locator(f".language-product[data-lane='{number}'] .language-total")
        expect(total).to_have_text(f"= {-trace.log_prob:.2f} nats", use_inner_text=True)
    page.get_by_role("radio", name="bits").click()
    assert numbers(page, "[data-lane='0'] .language-factor")[0] == pytest.approx(
        -traces[0].steps[0].log_prob / math.log(2), abs=0.006
    )
    page.locator(".language-player [data-action=first]").click()
    page.locator(".language-player [data-action=next]").click()
    first = page.locator(".language-product[data-lane='0'] .language-total")
    expect(first).to_have_text(f"= {-traces[0].steps[0].log_prob / math.log(2):.2f} bits", use_inner_text=True)
    shared = parting(*traces)
    parts = page.locator("[data-lane='0'] .language-piece.language-parts")
    expect(parts).to_have_text(traces[0].steps[shared].piece.strip("▁"))
    expect(page.get_by_test_id("language-verdict")).to_contain_text(f"They part at piece {shared + 1}")


def test_the_five_likeliest_pieces_stand_under_each_piece(page: Page, writer: Translator) -> None:
    step = writer.score("", FIRST).steps[1]
    listed = page.locator("[data-lane='0'] .language-likeliest").nth(1).locator("li")
    assert [line.split("\n")[0] for line in listed.all_inner_texts()] == [c.piece.strip("▁") for c in step.candidates]


def test_what_is_written_on_is_what_the_engine_draws(page: Page, writer: Translator) -> None:
    page.get_by_test_id("language-start").fill("I want")
    page.get_by_test_id("language-temperature").fill("0.5")
    page.get_by_test_id("language-seed").fill("3")
    page.get_by_test_id("language-write-go").click()
    page.wait_for_function("new URLSearchParams(location.search).get('seed') === '3'")
    page.locator(".language-writing [data-action=last]").click()
    drawn = write_on(writer, "I want", Sample(temperature=0.5, seed=3))
    chips = page.locator(".language-chip").all_inner_texts()
    assert len(chips) == len(drawn.steps) - 2 and chips[-1] == "end"
    page.get_by_test_id("language-search").select_option("greedy")
    page.wait_for_function("new URLSearchParams(location.search).get('how') === 'greedy'")
    greedy = write_on(writer, "I want", Greedy())
    expect(page.locator(".language-chip")).to_have_count(len(greedy.steps) - 2)
    page.locator(".language-writing [data-action=first]").click()
    page.locator(".language-writing [data-action=next]").click()
    expect(page.get_by_test_id("language-bars").locator(".language-came")).to_contain_text(greedy.steps[2].piece.strip("▁"))
    expect(page.get_by_test_id("language-bars").locator(".language-cut").first).to_contain_text("cut")


def test_the_worth_of_a_source_is_in_bits_per_piece(page: Page, writer: Translator) -> None:
    translator = Translator.load("fr-en-additive")
    own, _, other = examples.of(translator.info)[:3]
    target = examples.reference(own, translator.info)
    found = worth(writer, translator, target, own, other)
    drawn = numbers(page, ".language-mean")
    assert drawn == pytest.approx([bits_per_piece(t) for t in (found.alone, found.with_source, found.with_other)], abs=0.006)
    assert drawn[1] < drawn[0] < drawn[2]


def test_a_pair_is_chosen_and_the_address_opens_it_again(visit) -> None:
    page = visit(LINK, READY)
    page.get_by_test_id("language-pairs").get_by_role("button", name="agreement across a noun").click()
    expect(page.locator("#language-text input, #language-text textarea")).to_have_value(PAIRS[1].first)
    page.locator(".language-player [data-action=last]").click()
    page.wait_for_function(
        """() => {
          const query = new URLSearchParams(location.search);
          const [step, last] = document.querySelector(".language-player .counter").textContent.split(" / ");
          return query.get("text").startsWith("The keys") && step === last && query.get("step") === step;
        }"""
    )
    again = visit(page.url[page.url.index("?") :], READY)
    expect(again.get_by_test_id("language-verdict")).to_have_text(page.get_by_test_id("language-verdict").inner_text())
    expect(again.locator(".language-player .counter")).to_have_text(page.locator(".language-player .counter").inner_text())


def test_the_keyboard_steps_and_the_sentence_is_announced(page: Page) -> None:
    page.get_by_test_id("language-scroller").press("Home")
    page.get_by_test_id("language-scroller").press("ArrowRight")
    expect(page.locator(".language-player [data-testid=live]")).to_contain_text(
        re.compile("Sentence 1: the next piece is You, p = ")
    )


def test_the_files_have_the_numbers_of_the_engine_and_the_page_fits_a_phone(page: Page, writer: Translator) -> None:
    sentences, sources = page.locator(".language-tools"), page.locator(".language-worth-files")
    scored = [(text, writer.score("", text)) for text in (FIRST, SECOND)]
    table = rows(save(sentences, "csv"))
    assert [row["sentence"] for row in table] == [text for text, trace in scored for _ in trace.steps]
    found = [step for _, trace in scored for step in trace.steps]
    assert [float(row["log-probability (nats)"]) for row in table] == pytest.approx([step.log_prob for step in found])
    assert {(row["model"], row["mode"]) for row in table} == {(MODEL, "teacher-forced")}
    page.get_by_role("radio", name="bits").click()
    drawn = page.locator(".language-factor").all_inner_texts()
    written = texts(save(sentences, "svg"))
    assert [text for text in written if re.fullmatch(r"\d+\.\d\d", text)] == drawn
    assert page.get_by_test_id("language-verdict").inner_text() in " ".join(written)
    picture(save(sentences, "png"))
    bits = page.locator(".language-bit").all_inner_texts()
    assert [f"{float(row['surprise (bits)']):.1f}" for row in rows(save(sources, "csv"))] == bits
    assert [text for text in texts(save(sources, "svg")) if re.fullmatch(r"\d+\.\d", text)] == _by_column(bits, 3)
    picture(save(sources, "png"))
    expect_to_fit_a_phone(page)


def _by_column(cells: list[str], count: int) -> list[str]:
    """Return the cells of a table with `count` rows, column after column, as a drawing has them."""
    across = len(cells) // count
    return [cells[row * across + column] for column in range(across) for row in range(count)]


def test_a_language_model_does_not_open_in_a_view_of_translations(visit) -> None:
    page = visit(f"?model={MODEL}&text=Hello.", ".player.ready")
    expect(page.get_by_role("alert").first).to_contain_text("is a language model and reads no source")


def test_another_language_model_opens_with_a_pair_of_its_language(visit) -> None:
    page = visit("?tab=language", READY, reduced_motion="reduce")
    page.locator("#language-model input").click()
    page.get_by_role("option", name=re.compile("^French")).click()
    expect(page.locator("#language-text input, #language-text textarea")).to_have_value(ALL_PAIRS["French"][0].first)
    expect(page.get_by_test_id("language-pairs").get_by_role("button").first).to_have_text(re.compile("what one drinks"))
