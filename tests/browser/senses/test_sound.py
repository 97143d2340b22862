"""The view Sound: the drawn light is the trace's; a file, the microphone, other digits and the window change it."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, quote, urlparse

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from support.browser.files import picture, rows, save, texts

from seq2seq.analysis.attribution import deletions
from seq2seq.decoding.translator import Translator
from seq2seq.sources.sound.reader import samples, wav
from seq2seq.trace import DecodingTrace

READY = ".sound-view.ready"
SAY = "ben; pause 150; three 0; pause 250; eight 1; pause 180; eight 0; pause 200"
LINK = f"?tab=sound&say={quote(SAY)}&step=2"
HEIGHTS = "bars => bars.map(bar => Number(bar.getAttribute('height')))"


@pytest.fixture(scope="module")
def trace() -> DecodingTrace:
    return Translator.load("spoken-digits").translate(SAY)


def words_of(page: Page) -> list[str]:
    return page.get_by_test_id("sound-words").get_by_role("radio").all_inner_texts()


def test_the_light_of_each_word_is_its_attention(visit, trace: DecodingTrace) -> None:
    page = visit(LINK, READY, reduced_motion="reduce")
    assert words_of(page) == [*trace.text.split(), "end"] == ["three", "eight", "eight", "end"]
    for number in range(4):
        page.get_by_test_id("sound-words").get_by_role("radio").nth(number).click()
        expect(page.locator(".sound-heard > .sound-now")).to_have_count(1)
        page.wait_for_function("step => document.querySelector('.sound-player').dataset.step === step", arg=str(number + 1))
        weights = trace.steps[number].attention
        assert page.locator(".sound-bars rect").evaluate_all(HEIGHTS) == pytest.approx(weights, abs=1e-3)
        light = page.locator(".sound-light rect").evaluate_all("all => all.map(each => Number(each.getAttribute('opacity')))")
        assert int(np.argmax(light)) == int(np.argmax(weights))
    expect(page.get_by_test_id("sound-right")).to_have_text("All 3 digits are right.")
    screen = page.locator(".sound-screen").bounding_box()
    # A word stands under its heaviest place.
    heard = page.locator(".sound-heard > *").first.bounding_box()
    place = screen["x"] + screen["width"] * (int(np.argmax(trace.steps[0].attention)) + 0.5) / len(trace.source)
    assert heard["x"] + heard["width"] / 2 == pytest.approx(place, abs=1.5)


def test_deletion_is_shown_when_it_is_asked_for_and_can_be_saved(visit, trace: DecodingTrace) -> None:
    page = visit(LINK, READY, reduced_motion="reduce")
    before = rows(save(page.locator(".sound-files"), "csv"))
    page.get_by_test_id("light").get_by_role("radio", checked=True).press("ArrowRight")
    page.wait_for_function("new URLSearchParams(location.search).get('light') === 'deletion'")
    hearer = Translator.load("spoken-digits")
    losses = deletions(hearer, trace, hearer.source_ids(SAY))
    shares = [max(0, loss) / max(losses[1]) for loss in losses[1]]  # of the step in the address
    assert page.locator(".sound-bars rect").evaluate_all(HEIGHTS) == pytest.approx(shares, abs=1e-3)
    light = page.locator(".sound-light rect").evaluate_all("all => all.map(each => Number(each.getAttribute('opacity')))")
    assert [opacity / 0.6 for opacity in light] == pytest.approx(shares, abs=1e-3)
    mark, screen = (page.locator(name).bounding_box() for name in (".sound-mark", ".sound-screen"))
    looked = int(np.argmax(trace.steps[1].attention))
    assert (mark["x"] - screen["x"]) / screen["width"] == pytest.approx(looked / len(trace.source), abs=0.003)
    table = rows(save(page.locator(".sound-files"), "csv"))
    loss = "loss without the position and its neighbours (nats)"
    assert [float(row[loss]) for row in table] == pytest.approx(np.ravel(losses), abs=1e-4)
    assert before == [{name: value for name, value in row.items() if name != loss} for row in table]
    assert [float(row["attention weight"]) for row in table] == pytest.approx(
        np.ravel([step.attention for step in trace.steps]), abs=1e-4
    )
    assert {(row["model"], row["sound"], row["mode"]) for row in table} == {("spoken-digits", SAY, "free-running (greedy)")}
    assert (table[1]["from (s)"], table[1]["to (s)"], table[-1]["word"]) == ("0.05", "0.1", "end mark")
    drawing = save(page.locator(".sound-files"), "svg")
    written = texts(drawing)
    assert [text for text in written if text in ("three", "eight")] == ["three", "eight", "eight"] * 2  # spoken, then written
    assert f"{max(losses[1]):.2f} nats" in written and f"Sound: {SAY}" in written and "1 s" in written
    assert drawing.count(b'href="data:image/png') == 1
    picture(save(page.locator(".sound-files"), "png"))


def test_a_window_marks_where_a_step_may_look_and_is_in_the_address(visit) -> None:
    page = visit(LINK, READY, reduced_motion="reduce")
    expect(page.locator(".sound-window")).to_be_hidden()
    page.get_by_label("Look only near the last place").check()
    page.wait_for_function("new URLSearchParams(location.search).get('window') === '1'")
    page.get_by_test_id("sound-words").get_by_role("radio").first.click()
    frame, screen = (page.locator(name).bounding_box() for name in (".sound-window", ".sound-screen"))
    seconds = len(Translator.load("spoken-digits").translate(SAY).source) * 0.05
    assert frame["x"] == pytest.approx(screen["x"], abs=1)  # the first step begins at the first place
    assert frame["width"] / screen["width"] == pytest.approx(1.25 / seconds, abs=0.01)
    assert parse_qs(urlparse(page.url).query)["say"] == [SAY]


def test_other_digits_and_another_voice_are_said(visit) -> None:
    page = visit(LINK, READY)
    page.get_by_role("button", name="Other digits").click()
    page.wait_for_function("say => new URLSearchParams(location.search).get('say') !== say", arg=SAY)
    assert parse_qs(urlparse(page.url).query)["say"][0].startswith("ben; ")
    expect(page.get_by_test_id("sound-spoken").locator("span")).to_have_count(4)


def test_a_visitors_file_is_read_and_a_silent_one_is_explained(visit) -> None:
    page = visit(LINK, READY, reduced_motion="reduce")
    file = page.get_by_test_id("sound-file")
    file.set_input_files({"name": "digits.wav", "mimeType": "audio/wav", "buffer": wav(samples(SAY))})
    expect(page.get_by_test_id("sound-right")).to_contain_text("This is your sound")
    assert words_of(page) == ["three", "eight", "eight", "end"]
    expect(page.get_by_test_id("sound-spoken").locator("span")).to_have_count(0)
    page.wait_for_function("!new URLSearchParams(location.search).has('say')")
    silent = wav(np.zeros(8000, np.float32))
    for content, message in ((silent, "There is nothing to hear"), (b"no sound", "This is not a sound")):
        file.set_input_files({"name": "digits.wav", "mimeType": "audio/wav", "buffer": content})
        expect(page.locator("#sound").locator("xpath=..").get_by_text(re.compile(message))).to_be_visible()
        assert words_of(page) == ["three", "eight", "eight", "end"]  # the last answer stays


def test_a_voice_is_recorded_by_the_microphone(visit) -> None:
    page = visit(LINK, READY, reduced_motion="reduce", permissions=["microphone"])
    button = page.get_by_test_id("sound-record")
    button.click()
    expect(button).to_have_text("Stop recording (2 s)")
    button.click()
    expect(page.get_by_test_id("sound-right")).to_contain_text("your sound")
    expect(button).to_have_text("Record your voice")


def test_listening_plays_the_sound_and_a_phone_does_not_scroll_sideways(visit) -> None:
    page = visit(LINK, READY, viewport={"width": 390, "height": 844})
    page.get_by_test_id("sound-listen").click()
    expect(page.get_by_test_id("sound-listen")).to_have_text("Stop")
    expect(page.get_by_test_id("sound-listen")).to_have_text("Listen")  # the sound has ended
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
