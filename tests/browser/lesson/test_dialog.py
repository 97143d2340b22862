"""Test the dialog that makes lessons: its controls for each view, its link, its QR code, and changing an old lesson."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Page, expect
from support.browser.lessons import QUESTION, TABS, at, compose, query_of, scanned, wait_for_lesson
from support.browser.page import AT_STEP_2, expect_step

from seq2seq.ui.lesson.lesson import CONTROLS, MOST_CHARACTERS, Lesson, decode, encode
from seq2seq.ui.lesson.lesson import link as lesson_link
from seq2seq.ui.lesson.page import MOST_QR_BYTES

# --- changing a lesson -----------------------------------------------------------------------------------------------

OLD = Lesson(QUESTION, hidden=("tabs", "candidates"), locked=("model",))


def state(page: Page, name: str):
    return page.get_by_test_id("lesson-controls").locator(f"tr[data-control={name}] input:checked")


def expect_dialog(page: Page, lesson: Lesson) -> None:
    expect(page.get_by_test_id("lesson-dialog")).to_be_visible()
    expect(page.get_by_test_id("lesson-ask")).to_have_value(lesson.question)
    for name in (*lesson.hidden, *lesson.locked):
        expect(state(page, name)).to_have_value("hidden" if name in lesson.hidden else "locked")


def test_a_teacher_changes_a_lesson_with_the_keyboard_and_students_see_no_trace_of_it(visit):
    page = visit(at(AT_STEP_2, OLD))
    wait_for_lesson(page)
    expect(page.locator("#model input")).to_be_disabled()
    page.get_by_test_id("next").click()
    page.wait_for_url("**step=3**")
    page.get_by_test_id("lesson-edit").press("Enter")
    page.locator(".player.ready").wait_for()
    expect_dialog(page, OLD)
    expect(page.get_by_test_id("lesson-link")).to_have_value(re.compile("^http.*lesson="))
    expect_step(page, 3)
    link = compose_again(page, OLD, model="shown", sentence="locked")
    changed = Lesson(QUESTION, hidden=OLD.hidden, locked=("sentence",))
    query = parse_qs(urlsplit(link).query)
    assert decode(query.pop("lesson")[0]) == (changed, []) and query["step"] == ["3"] and "edit-lesson" not in query
    expect(page.get_by_test_id("lesson-try")).to_have_attribute("href", link)
    page.keyboard.press("Escape")
    # Meanwhile all controls work, and a line says that a lesson is being changed.
    expect(page.get_by_test_id("lesson-draft")).to_contain_text("You are changing a lesson.")
    expect(page.get_by_test_id("lesson-text")).to_be_hidden()
    expect(page.locator("#model input")).to_be_enabled()
    expect(page.locator(".candidate").first).to_be_visible()
    page.get_by_test_id("previous").click()
    page.wait_for_url("**step=2**")
    page.get_by_test_id("lesson-resume").click()
    expect(page.get_by_test_id("lesson-link")).to_have_value(link.replace("step=3", "step=2"))
    expect_dialog(page, changed)

    student = visit(query_of(link))
    wait_for_lesson(student)
    expect_step(student, 3)
    expect(student.locator("#text input")).to_be_disabled()
    expect(student.locator("#model input")).to_be_enabled()
    for hidden in ("lesson-draft", "lesson-resume", "lesson-open", "lesson-dialog"):
        expect(student.get_by_test_id(hidden)).to_be_hidden()


def compose_again(page: Page, old: Lesson, **states: str) -> str:
    """Change the `states` of controls in the dialog; return the new link."""
    for name, chosen in states.items():
        page.get_by_role("radio", name=f"{CONTROLS[name].title}: {chosen}", exact=True).check()
    kept = dict.fromkeys(old.hidden, "hidden") | dict.fromkeys(old.locked, "locked") | states
    expected = Lesson(old.question, *(tuple(n for n in kept if kept[n] == s) for s in ("hidden", "locked")))
    expect(page.get_by_test_id("lesson-link")).to_have_value(re.compile(re.escape(f"lesson={encode(expected)}") + "$"))
    return page.get_by_test_id("lesson-link").input_value()


def test_a_lesson_that_is_being_changed_survives_navigation(visit):
    page = visit(at("?tab=beam&text=Hello", OLD), ready=".beam-tree.ready")
    wait_for_lesson(page)
    page.get_by_test_id("lesson-edit").click()
    page.locator(".beam-tree.ready").wait_for()
    expect_dialog(page, OLD)  # also controls that this view does not have
    page.keyboard.press("Escape")
    page.go_back()
    page.locator(".beam-tree.ready").wait_for()
    expect(page.get_by_test_id("lesson-text")).to_be_visible()  # the lesson as students see it
    expect(page.locator("#tabs > .tab-wrapper")).to_be_hidden()
    page.go_forward()
    page.locator(".beam-tree.ready").wait_for()
    expect(page.get_by_test_id("lesson-draft")).to_be_visible()
    page.reload()
    page.locator(".beam-tree.ready").wait_for()
    wait_for_lesson(page)
    expect(page.get_by_test_id("lesson-dialog")).to_be_hidden()  # the dialog opens only once
    page.locator(".node.leading").first.click()
    page.wait_for_url("**search=beam**")
    wait_for_lesson(page)
    page.get_by_test_id("lesson-open").click()
    expect_dialog(page, OLD)
    page.keyboard.press("Escape")
    page.get_by_test_id("leave").click()
    page.wait_for_function("!location.search.includes('lesson')")
    page.locator(".player.ready").wait_for()
    expect(page.get_by_test_id("lesson")).to_be_hidden()


def test_the_link_of_a_lesson_can_be_pasted_into_the_dialog(visit):
    page = visit("")
    page.get_by_test_id("lesson-open").click()
    for invalid in ("", "hello", "https://example.org/?text=a", "https://example.org/?lesson="):
        page.get_by_test_id("lesson-old").fill(invalid)
        page.get_by_test_id("lesson-old").press("Enter")
        expect(page.get_by_test_id("lesson-no")).to_contain_text("This is not the link of a lesson")
    page.get_by_test_id("lesson-old").fill("  https://elsewhere.example/class" + at(AT_STEP_2, OLD) + "#end ")
    page.get_by_test_id("lesson-old").press("Enter")
    page.wait_for_url("**step=2**")
    expect_step(page, 2)
    assert page.url.startswith(page.evaluate("location.origin"))  # the view opens on this server
    expect_dialog(page, OLD)
    for again in range(2):
        page.get_by_test_id("lesson-ask").fill("changed")
        page.get_by_test_id("lesson-old").fill(page.url if again else at(AT_STEP_2, OLD))
        page.get_by_test_id("lesson-old").press("Enter")
        expect_dialog(page, OLD)


def test_a_damaged_lesson_to_change_is_reported(visit):
    page = visit(f"{AT_STEP_2}&edit-lesson=1.xyz#change-lesson")
    expect(page.get_by_test_id("lesson-problem")).to_contain_text("damaged")
    expect(page.get_by_test_id("lesson-dialog")).to_be_hidden()
    page.get_by_test_id("lesson-open").click()
    expect_dialog(page, Lesson())


# --- the dialog ------------------------------------------------------------------------------------------------------


@pytest.fixture
def page(reuse):
    """Return a page that tests share; the dialog is closed, and the next question replaces the one before."""
    shared = reuse(AT_STEP_2)
    shared.wait_for_url("**search=greedy&step=2")
    yield shared
    shared.keyboard.press("Escape")
    shared.get_by_test_id("scrub").fill("2")


def test_the_dialog_lists_the_controls_of_the_view(visit):
    page = visit("?tab=teacher-forcing", ready=".lanes.ready")
    page.get_by_test_id("lesson-open").click()
    names = ("tabs", "views", "sentence", "translation", "go", "example", "model", "steps", "tools")
    rows = page.get_by_test_id("lesson-controls").locator("tbody th")
    expect(rows).to_have_text([CONTROLS[name].title for name in names])
    expect(page.get_by_test_id("lesson-ask")).to_be_focused()


def test_without_a_question_the_link_is_the_address_of_the_page(page):
    page.get_by_test_id("lesson-open").click()
    page.get_by_test_id("lesson-ask").fill("")
    expect(page.get_by_test_id("lesson-link")).to_have_value(page.url)


def test_copying_the_link_is_confirmed(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    link = compose(page, "Why?")
    page.get_by_test_id("lesson-copy").click()
    expect(page.get_by_test_id("lesson-copied")).to_have_text("The link is copied.")
    assert page.evaluate("navigator.clipboard.readText()") == link
    page.get_by_test_id("lesson-ask").fill("Why not?")
    expect(page.get_by_test_id("lesson-copied")).to_have_text("")
    page.context.clear_permissions()


def test_the_link_follows_the_address(page):
    compose(page, "Why?")
    page.evaluate("document.querySelector('[data-testid=next]').click()")  # as when the player plays under the dialog
    page.wait_for_function("document.querySelector('[data-testid=lesson-link]').value.includes('step=3')")


def test_the_qr_code_can_be_downloaded(page):
    link = compose(page, "Why?")
    with page.expect_download() as png:
        page.get_by_test_id("lesson-png").click()
    assert png.value.suggested_filename == "lesson.png"
    assert scanned(Path(png.value.path()).read_bytes()) == link
    with page.expect_download() as svg:
        page.get_by_test_id("lesson-svg").click()
    assert Path(svg.value.path()).read_text(encoding="utf-8").startswith("<?xml")


def test_a_long_link_has_no_qr_code_but_a_reason(visit):
    text = " ".join(["the old man and the small cat went to the sea"] * 14)
    page = visit(f"?text={quote(text)}&step=1")
    page.wait_for_url("**search=greedy**")
    question = "".join(chr(0x4E00 + (i * 7919) % 20_000) for i in range(300))
    link = compose(page, question)
    assert len(link) > 1000 and decode(parse_qs(urlsplit(link).query)["lesson"][0])[0].question == question
    expect(page.get_by_test_id("lesson-qr")).to_be_hidden()
    expect(page.get_by_test_id("lesson-note")).to_contain_text("too fine for a projector")
    page.get_by_test_id("lesson-ask").fill("?" * 600)
    expect(page.get_by_test_id("lesson-count")).to_have_text("500 of 500 characters")


def test_the_longest_link_with_a_qr_code_is_scanned_from_the_screen(page):
    characters = "".join(chr(0x4E00 + (i * 7919) % 20_000) for i in range(MOST_CHARACTERS))
    lengths = [
        n for n in range(MOST_CHARACTERS - 4) if len(lesson_link(page.url, Lesson(characters[:n] + "\nWhy?"))) <= MOST_QR_BYTES
    ]
    question = characters[: lengths[-1]] + "\nWhy?"
    link = compose(page, question)
    assert MOST_QR_BYTES - 10 < len(link) <= MOST_QR_BYTES
    assert scanned(page.get_by_test_id("lesson-qr").locator("img").screenshot()) == link


def test_the_dialog_fits_and_its_code_can_be_scanned(page):
    usual = page.viewport_size
    question = "Which source word does the decoder look at? Where would you have looked?"
    link = compose(page, question)
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert scanned(page.get_by_test_id("lesson-qr").locator("img").screenshot()) == link
        assert page.get_by_test_id("lesson-dialog").evaluate("node => node.scrollWidth <= node.clientWidth")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size(usual)


# --- every control ---------------------------------------------------------------------------------------------------


def test_every_control_of_every_tab_can_be_hidden(visit, address):
    """This test finds fields of a new view that no control hides, and selectors that match nothing."""
    everything = Lesson(hidden=tuple(CONTROLS))
    parts = {part for control in CONTROLS.values() for part in (*control.parts, *control.kept)}
    matched: set[str] = set()
    page = visit(None)
    for query, ready in TABS.items():
        page.goto(address + at(query, everything))
        page.locator(".lesson.ready").wait_for()
        page.locator(".tabitem:visible").first.wait_for()
        page.locator(ready).first.wait_for(state="attached")
        matched |= {part for part in parts - matched if page.locator(part).count()}
        expect(page.locator(".ask :is(input, button, textarea):visible")).to_have_count(0)
    assert parts - matched == {"#fetch", ".own-data"}  # appear when public or own pairs are chosen
