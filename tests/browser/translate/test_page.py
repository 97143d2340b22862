"""Test the page around the player: addresses, input, downloads, appearance. A test waits for an event, never for a time."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import expect
from support.browser.page import AT_STEP_2, OTHER, SENTENCE, expect_step, fork, heatmap, output, player, steps, translate

from seq2seq.trace import DecodingTrace

# --- links -----------------------------------------------------------------------------------------------------------


def test_the_address_restores_the_view(visit):
    # Opened by a link, the player is ready after the page's first answer; before it, a choice in a menu would be undone.
    page = visit(f"?text={quote(OTHER)}")
    page.locator("#search input").click()
    page.get_by_role("option", name="beam").click()
    expect(page.locator("#size")).to_be_visible()
    translate(page, SENTENCE)
    page.wait_for_url(lambda url: parse_qs(urlsplit(url).query).get("text") == [SENTENCE])
    page.wait_for_url("**search=beam**")
    page.get_by_test_id("scrub").fill("3")
    page.wait_for_url("**step=3")
    other = visit(page.url[page.url.index("?") :])
    expect_step(other, 3)
    expect(player(other)).to_have_attribute("data-playing", "false")
    assert player(other).get_attribute("data-trace") == player(page).get_attribute("data-trace")
    expect(other.locator("#text input")).to_have_value(SENTENCE)
    expect(other.locator("#search input")).to_have_value("beam")
    assert output(other) == output(page)


def test_the_address_restores_a_fork(visit):
    page = visit(AT_STEP_2)
    fork(page)
    page.wait_for_url("**prefix=**")
    page.get_by_test_id("last").click()
    page.wait_for_url(f"**step={steps(page)}")
    other = visit(page.url[page.url.index("?") :])
    expect(other.get_by_test_id("fork-line")).to_have_text(page.get_by_test_id("fork-line").inner_text().replace("\n", ""))


@pytest.mark.parametrize(
    ("query", "messages"),
    [
        (
            "?model=nothing&search=magic&step=-1&prefix=1-x",
            [
                "There is no model “nothing”.",
                "There is no search “magic”.",
                "“step” should be a whole number",
                "“prefix” should be a whole number",
            ],
        ),
        ("?search=beam&size=99&step=99999", ["Beam size is a whole number from 1 to 10", "so there is no step 99999"]),
        ("?text=", ["Here is an example instead."]),
        ("?prefix=999999999", ["A prefix must contain ids from 0 to"]),
    ],
)
def test_an_invalid_address_shows_messages_and_a_translation(visit, query, messages):
    page = visit(query)
    for message in messages:
        expect(page.get_by_role("alert").filter(has_text=message)).to_be_visible()
    expect(page.get_by_test_id("counter")).to_have_text(re.compile(r"^\d+ / \d+$"))


# --- input -----------------------------------------------------------------------------------------------------------


def test_invalid_input_is_reported_and_the_picture_stays(stage):
    page = stage()
    invalid = [
        ("", "nothing to translate"),
        ("   ", "nothing to translate"),
        ("a " * 5000, "1,000"),
        ("🎉🎉🎉", "no words"),
        ("これは日本語の文です", "English"),
    ]
    for (text, message), good in zip(invalid, itertools.cycle([OTHER, SENTENCE]), strict=False):
        before = player(page).get_attribute("data-trace")
        translate(page, text)
        expect(page.get_by_test_id("message")).to_contain_text(message)
        expect(page.get_by_test_id("message")).to_be_visible()
        expect(page.locator("#text input")).to_have_value(text)
        expect(player(page)).to_have_attribute("data-trace", before)
        translate(page, good)
        expect(page.get_by_test_id("message")).to_be_hidden()
        expect(player(page)).not_to_have_attribute("data-trace", before)
    translate(page, SENTENCE)
    expect(page.locator(".chip.source text").first).to_have_text("We")


def test_markup_and_control_characters_stay_text(stage):
    page = stage()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    texts = [
        "<img src=x onerror=alert(1)>",
        "${alert(1)} {{value}} `x`",
        "</script><script>alert(1)</script>",
        "a\x07b\x00c dog",
    ]
    for text, good in zip(texts, itertools.cycle([OTHER, SENTENCE]), strict=False):
        before = player(page).get_attribute("data-trace")
        translate(page, text)
        page.wait_for_function(
            """before => document.querySelector('.player').dataset.trace !== before
              || document.querySelector('.message').textContent""",
            arg=before,
        )
        heatmap(page)
        assert dialogs == [] and page.locator("#stage img, .message img").count() == 0, text
        between = player(page).get_attribute("data-trace")
        translate(page, good)
        expect(page.get_by_test_id("message")).to_be_hidden()
        expect(player(page)).not_to_have_attribute("data-trace", between)


def test_an_example_is_translated_when_chosen_and_each_search_shows_its_own_settings(visit):
    page = visit(AT_STEP_2)
    expect(page.locator("#size")).to_be_hidden()
    expect(page.locator("#no-repeat")).to_be_hidden()
    before = player(page).get_attribute("data-trace")
    page.locator("#example input").click()
    page.get_by_role("option").nth(2).click()
    expect(player(page)).not_to_have_attribute("data-trace", before)
    expect(page.locator("#text input")).not_to_have_value(SENTENCE)
    page.locator("#search input").click()
    page.get_by_role("option", name="sample").click()
    for name in ("temperature", "top-k", "top-p", "seed", "no-repeat"):
        expect(page.locator(f"#{name}")).to_be_visible()
    expect(page.locator("#size")).to_be_hidden()


def test_two_visitors_do_not_affect_each_other(visit):
    first, second = visit(AT_STEP_2), visit(AT_STEP_2)
    trace = player(second).get_attribute("data-trace")
    translate(first, OTHER)
    expect(player(first)).not_to_have_attribute("data-trace", trace)
    fork(second)
    expect(first.get_by_test_id("compare")).to_be_hidden()
    expect(first.locator("#text input")).to_have_value(OTHER)
    second.get_by_test_id("restore").click()
    expect(player(second)).to_have_attribute("data-trace", trace)


# --- downloads -------------------------------------------------------------------------------------------------------


def test_the_trace_can_be_downloaded(stage):
    page = stage()
    with page.expect_download() as download:
        page.get_by_test_id("download").click()
    trace = DecodingTrace.from_json(Path(download.value.path()).read_text(encoding="utf-8"))
    assert trace.source_text == SENTENCE and len(trace.steps) == steps(page)
    assert math.isclose(sum(trace.steps[0].attention), 1, abs_tol=1e-3)


def test_the_heatmap_can_be_downloaded(stage):
    page = stage()
    heatmap(page)
    for kind, start in (("png", b"\x89PNG"), ("svg", b"<svg"), ("csv", b"\xef\xbb\xbf")):
        with page.expect_download() as download:
            page.get_by_test_id(kind).click()
        assert Path(download.value.path()).read_bytes().startswith(start), kind


# --- appearance ------------------------------------------------------------------------------------------------------


def test_dark_mode_survives_a_reload(visit):
    page = visit(AT_STEP_2)
    page.get_by_test_id("dark").click()
    expect(page.locator("body")).to_have_class(re.compile(r"\bdark\b"))
    page.reload()
    expect(page.get_by_test_id("dark")).to_have_attribute("aria-checked", "true")


def test_the_page_does_not_scroll_sideways_on_a_phone(visit):
    long = " ".join(["the old man and the small cat went to the sea"] * 5)
    page = visit(f"?text={quote(long)}&step=9", viewport={"width": 390, "height": 844})
    page.get_by_test_id("heat").scroll_into_view_if_needed()
    heatmap(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate(
        "(() => { const s = document.querySelector('.scroller'); return s.scrollWidth > s.clientWidth && s.scrollLeft > 0 })()"
    )


def test_text_is_large_and_has_contrast(stage):
    page = stage()
    heatmap(page)
    small = """[...document.querySelectorAll('.gradio-container *')]
      .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && e.getClientRects().length)
      .map(e => [parseFloat(getComputedStyle(e).fontSize), e.outerHTML.slice(0, 120)])
      .filter(([size]) => size > 0 && size < 16)"""  # size 0: numbers that are shown on demand
    assert page.evaluate(small) == []
    palette = """['--surface', '--ink', '--ink-soft', '--source', '--target']
      .map(name => getComputedStyle(document.body).getPropertyValue(name).trim())"""
    for _ in ("light", "dark"):
        surface, *inks = page.evaluate(palette)
        assert all(contrast(surface, ink) >= 4.5 for ink in inks)
        page.get_by_test_id("dark").click()


def contrast(first: str, second: str) -> float:
    """WCAG 2 contrast ratio of two #rrggbb colours."""

    def luminance(color: str) -> float:
        channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted(map(luminance, (first, second)))
    return (high + 0.05) / (low + 0.05)


def test_the_first_view_does_not_load_plotly(visit, address):
    page = visit(None)
    urls = []
    page.on("request", lambda request: urls.append(request.url))
    page.goto(address + AT_STEP_2)
    heatmap(page)
    assert urls and not any("plotly" in url for url in urls)


def test_numbers_on_every_weight_have_contrast(visit):
    page = visit(f"?tab=attention&text={quote(SENTENCE)}", ready=".attention.ready")
    page.get_by_test_id("numbers").check()
    colours = """() => [...document.querySelectorAll('.attention .cell')].map(cell => {
      const draw = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
      return ['backgroundColor', 'color'].map(name => {
        draw.fillStyle = getComputedStyle(cell)[name];
        draw.fillRect(0, 0, 1, 1);
        const [r, g, b] = draw.getImageData(0, 0, 1, 1).data;
        return '#' + [r, g, b].map(value => value.toString(16).padStart(2, '0')).join('');
      });
    })"""
    for _ in ("light", "dark"):
        found = page.evaluate(colours)
        assert len({background for background, _ in found}) > 10
        assert all(contrast(background, ink) >= 4.5 for background, ink in found)
        page.get_by_test_id("dark").click()


def test_controls_are_large_enough_to_touch(visit):
    page = visit(AT_STEP_2, viewport={"width": 390, "height": 844}, has_touch=True)
    heights = page.evaluate(
        """[...document.querySelectorAll('#header button, #translate, #stage button')]
          .filter(button => button.offsetParent).map(button => button.offsetHeight)"""
    )
    assert heights and min(heights) >= 40


def test_the_page_names_the_training_data_of_the_models(stage):
    page = stage()
    page.get_by_test_id("about").click()
    expect(page.get_by_test_id("about-dialog")).to_contain_text("Tatoeba")
    expect(page.get_by_test_id("origin")).to_contain_text("Tatoeba")
    page.keyboard.press("Escape")


def test_the_address_contains_what_the_page_shows(stage):
    page = stage()
    page.get_by_test_id("next").click()
    page.wait_for_url("**step=3")
    query = {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}
    assert query == {"text": SENTENCE, "model": query["model"], "search": "greedy", "step": "3"}
