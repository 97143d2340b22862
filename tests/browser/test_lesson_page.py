"""A lesson, made in the teacher's dialog and opened by somebody else: that view, its question, and the controls left."""

from __future__ import annotations

import io
import re
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import zxingcpp
from page import AT_STEP_2, SENTENCE, expect_step, output, player
from PIL import Image
from playwright.sync_api import Page, expect

from seq2seq.ui.lesson import CONTROLS, MOST_CHARACTERS, Lesson, decode, encode
from seq2seq.ui.lesson import link as made
from seq2seq.ui.lesson_page import MOST_QR_BYTES

QUESTION = "Which word does it look at?\n\nAnd <b>why</b>?"
TRANSFORMER = "captions-de-en-transformer"
TABS = {
    "?search=beam": ".player.ready",
    f"?tab=attention&panels={TRANSFORMER}&text=Ein+Hund": ".panel-heads",
    "?tab=attribution": ".attribution.ready",
    "?tab=edit": ".edit.ready",
    "?tab=predict": ".predict.ready",
    "?tab=beam": ".beam-tree.ready",
    "?tab=teacher-forcing": ".lanes.ready",
    "?tab=score": ".score.ready",
    "?tab=bottleneck": "#bottleneck-family",
    "?tab=sentences": "#sentences-model",
    "?tab=train": "#train-data",
}


def at(query: str, lesson: Lesson) -> str:
    return f"{query}{'&' if query else '?'}lesson={encode(lesson)}"


def compose(page: Page, question: str, **states: str) -> str:
    """The link that the dialog gives for `question`, with the controls in `states`."""
    page.get_by_test_id("lesson-open").click()
    page.get_by_test_id("lesson-ask").fill(question)
    for name, state in states.items():
        page.get_by_role("radio", name=f"{CONTROLS[name].title}: {state}", exact=True).check()
    page.wait_for_function(
        """spelled => {
          const { value } = document.querySelector('[data-testid=lesson-link]');
          return value && new URL(value).searchParams.get('lesson') === spelled;
        }""",
        arg=encode(Lesson(question, *(tuple(n for n in states if states[n] == s) for s in ("hidden", "locked")))),
    )
    return page.get_by_test_id("lesson-link").input_value()


def query_of(link: str) -> str:
    return link[link.index("?") :]


def scanned(picture: bytes) -> str:
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)).convert("L"))
    assert found.format == zxingcpp.BarcodeFormat.QRCode
    return found.text


def shown(page: Page) -> None:
    page.locator(".lesson.ready").wait_for()


def focus_by_tabbing(page: Page, selector: str, most: int = 60) -> bool:
    """Whether the Tab key ever comes to something within `selector`."""
    page.locator("body").press("Tab")
    for _ in range(most):
        if page.evaluate("selector => Boolean(document.activeElement.closest(selector))", selector):
            return True
        page.keyboard.press("Tab")
    return False


# --- there and back --------------------------------------------------------------------------------------------------


def test_a_lesson_on_translate(visit):
    page = visit(AT_STEP_2)
    page.wait_for_url("**search=greedy**")
    states = {"tabs": "hidden", "example": "hidden", "sentence": "locked", "model": "locked", "candidates": "locked"}
    link = compose(page, QUESTION, **states)
    assert scanned(page.get_by_test_id("lesson-qr").locator("img").screenshot()) == link
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("lesson-dialog")).to_be_hidden()
    expect(page.get_by_test_id("lesson-open")).to_be_focused()

    student = visit(query_of(link))
    shown(student)
    expect_step(student, 2)
    expect(student.locator("#text input")).to_have_value(SENTENCE)
    assert output(student) == output(page)
    assert student.get_by_test_id("lesson-text").evaluate("node => node.textContent") == QUESTION
    assert student.locator(".lesson b").count() == 0
    expect(student.get_by_test_id("lesson-text")).to_have_css("white-space", "pre-wrap")
    expect(student.get_by_role("tab", name="Attention")).to_be_hidden()
    expect(student.locator("#example")).to_be_hidden()
    expect(student.locator("#search")).to_be_visible()
    expect(student.get_by_test_id("lesson-open")).to_be_hidden()
    expect(student.get_by_test_id("lesson-locked")).to_have_text(
        "Locked in this lesson: Sentence, Model, Candidates and forks."
    )
    for field in ("#text input", "#model input", ".candidate >> nth=1"):
        expect(student.locator(field)).to_be_visible()
        expect(student.locator(field)).to_be_disabled()
        expect(student.locator(field)).to_have_attribute("aria-disabled", "true")


def test_what_is_locked_stays_locked_while_the_picture_changes(visit):
    page = visit(at(AT_STEP_2, Lesson("", locked=("candidates", "model"))))
    shown(page)
    before = player(page).get_attribute("data-trace")
    page.get_by_test_id("next").click()
    expect_step(page, 3)
    box = page.locator(".candidate:not(.chosen)").first
    expect(box).to_be_disabled()
    place = box.bounding_box()
    page.mouse.click(place["x"] + 20, place["y"] + 10)
    assert not focus_by_tabbing(page, ".choice, #model")
    page.locator("#model input").evaluate("node => node.focus()")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#model [role=option]")).to_have_count(0)
    # A fork would have come by the time that the next answer is here.
    page.locator("#text input").fill(SENTENCE)
    page.locator("#text input").press("Enter")
    expect_step(page, 0)
    expect(player(page)).to_have_attribute("data-trace", before)
    expect(page.get_by_test_id("compare")).to_be_hidden()
    page.locator("#search input").click()
    expect(page.locator("#search [role=option]")).not_to_have_count(0)  # what is not locked opens


def test_a_kept_step_can_be_left_by_no_way(visit):
    for state in ("hidden", "locked"):
        page = visit(at(AT_STEP_2, Lesson("What comes next?", **{state: ("steps",)})))
        shown(page)
        page.get_by_test_id("stage").focus()
        for key in ("ArrowRight", "End", "Home", " "):
            page.keyboard.press(key)
        page.locator(".chip.target").first.click()
        page.locator(".plot .heatmaplayer image").wait_for()
        expect_step(page, 2)
        expect(player(page)).to_have_attribute("data-playing", "false")
        expect(page.get_by_test_id("next")).to_be_visible(visible=state == "locked")


def test_a_lesson_on_attention(visit):
    page = visit(f"?tab=attention&text={quote(SENTENCE)}&step=3", ready=".attention.ready")
    page.wait_for_url("**panels=**")
    link = compose(page, "Compare.", tabs="hidden", views="locked", model="hidden", sentence="hidden", go="hidden")
    assert parse_qs(urlsplit(link).query)["step"] == ["3"]
    student = visit(query_of(link), ready=".attention.ready")
    shown(student)
    same = "nodes => nodes.map(node => node.textContent)"
    texts = page.get_by_test_id("panel-text").evaluate_all(same)
    assert texts and student.get_by_test_id("panel-text").evaluate_all(same) == texts
    assert parse_qs(urlsplit(student.url).query)["lesson"] == parse_qs(urlsplit(link).query)["lesson"]
    for gone in ("#attention-text", "#attention-model", "#look", "[data-testid=add-panel]", "#tabs > .tab-wrapper"):
        expect(student.locator(gone)).to_be_hidden()
    for menu in student.locator(".panel-menus select").all():  # says which model it is, so it stays
        expect(menu).to_be_visible()
        expect(menu).to_be_disabled()
    other = student.get_by_role("tab", name="Edit it")
    expect(other).to_be_disabled()
    other.click(force=True)
    assert not focus_by_tabbing(student, "#views-attention > .tab-wrapper")
    expect(student.get_by_test_id("attention")).to_be_visible()


def test_a_lesson_goes_along_and_can_be_left(visit):
    page = visit(at(AT_STEP_2, Lesson("Why?", hidden=("model",))))
    shown(page)
    spelled = encode(Lesson("Why?", hidden=("model",)))
    page.get_by_test_id("next").click()
    page.wait_for_url("**step=3")
    page.get_by_role("tab", name="Attention").click()
    page.locator(".attention.ready").wait_for()
    page.wait_for_url("**tab=attention**panels=**")
    expect(page.locator("#attention-model")).to_be_hidden()
    page.get_by_role("tab", name="Beam tree").click()
    page.locator(".beam-tree.ready").wait_for()
    page.wait_for_url("**tab=beam**size=**")
    assert parse_qs(urlsplit(page.url).query)["lesson"] == [spelled]
    page.locator(".node.leading").first.click()
    page.wait_for_url("**search=beam**")
    shown(page)
    expect(page.get_by_test_id("lesson-text")).to_have_text("Why?")
    before = parse_qs(urlsplit(page.url).query)
    assert before.pop("lesson") == [spelled]
    page.get_by_test_id("leave").press("Enter")
    page.locator(".player.ready").wait_for()
    expect(page.get_by_test_id("lesson-open")).to_be_visible()
    expect(page.get_by_test_id("lesson")).to_be_hidden()
    expect(page.locator("#model")).to_be_visible()
    assert parse_qs(urlsplit(page.url).query) == before


def test_where_tabs_are_hidden_no_link_leads_to_another(visit):
    page = visit(at("?tab=beam", Lesson(hidden=("tabs",))), ready=".beam-tree.ready")
    shown(page)
    page.locator(".node.leading").first.click()
    expect(page.get_by_test_id("lesson-says")).to_have_text("That link leads to another tab, which is no part of this lesson.")
    expect(page.get_by_test_id("beam-tree")).to_be_visible()


# --- to be changed ---------------------------------------------------------------------------------------------------

OLD = Lesson(QUESTION, hidden=("tabs", "candidates"), locked=("model",))


def state(page: Page, name: str):
    return page.get_by_test_id("lesson-controls").locator(f"tr[data-control={name}] input:checked")


def expect_dialog(page: Page, lesson: Lesson) -> None:
    expect(page.get_by_test_id("lesson-dialog")).to_be_visible()
    expect(page.get_by_test_id("lesson-ask")).to_have_value(lesson.question)
    for name in (*lesson.hidden, *lesson.locked):
        expect(state(page, name)).to_have_value("hidden" if name in lesson.hidden else "locked")


def test_a_lesson_is_changed_from_its_banner_by_keyboard_and_its_students_see_nothing_of_it(visit):
    page = visit(at(AT_STEP_2, OLD))
    shown(page)
    expect(page.locator("#model input")).to_be_disabled()
    page.get_by_test_id("next").click()
    page.wait_for_url("**step=3**")
    page.get_by_test_id("lesson-edit").press("Enter")
    page.locator(".player.ready").wait_for()
    expect_dialog(page, OLD)
    expect(page.get_by_test_id("lesson-link")).to_have_value(re.compile("^http.*lesson="))
    expect_step(page, 3)
    link = compose_again(page, OLD, model="shown", sentence="locked")
    now = Lesson(QUESTION, hidden=OLD.hidden, locked=("sentence",))
    query = parse_qs(urlsplit(link).query)
    assert decode(query.pop("lesson")[0]) == (now, []) and query["step"] == ["3"] and "edit-lesson" not in query
    expect(page.get_by_test_id("lesson-try")).to_have_attribute("href", link)
    page.keyboard.press("Escape")
    # The page is an ordinary one meanwhile: the view can be set up, and says what is going on.
    expect(page.get_by_test_id("lesson-draft")).to_contain_text("You are changing a lesson.")
    expect(page.get_by_test_id("lesson-text")).to_be_hidden()
    expect(page.locator("#model input")).to_be_enabled()
    expect(page.locator(".candidate").first).to_be_visible()
    page.get_by_test_id("previous").click()
    page.wait_for_url("**step=2**")
    page.get_by_test_id("lesson-resume").click()
    expect(page.get_by_test_id("lesson-link")).to_have_value(link.replace("step=3", "step=2"))
    expect_dialog(page, now)

    student = visit(query_of(link))
    shown(student)
    expect_step(student, 3)
    expect(student.locator("#text input")).to_be_disabled()
    expect(student.locator("#model input")).to_be_enabled()
    for gone in ("lesson-draft", "lesson-resume", "lesson-open", "lesson-dialog"):
        expect(student.get_by_test_id(gone)).to_be_hidden()


def compose_again(page: Page, old: Lesson, **states: str) -> str:
    """The link, once it says `states`."""
    for name, chosen in states.items():
        page.get_by_role("radio", name=f"{CONTROLS[name].title}: {chosen}", exact=True).check()
    kept = dict.fromkeys(old.hidden, "hidden") | dict.fromkeys(old.locked, "locked") | states
    wanted = Lesson(old.question, *(tuple(n for n in kept if kept[n] == s) for s in ("hidden", "locked")))
    expect(page.get_by_test_id("lesson-link")).to_have_value(re.compile(re.escape(f"lesson={encode(wanted)}") + "$"))
    return page.get_by_test_id("lesson-link").input_value()


def test_while_it_is_changed_it_goes_along_and_comes_back(visit):
    page = visit(at("?tab=beam&text=Hello", OLD), ready=".beam-tree.ready")
    shown(page)
    page.get_by_test_id("lesson-edit").click()
    page.locator(".beam-tree.ready").wait_for()
    expect_dialog(page, OLD)  # with what this view does not have
    page.keyboard.press("Escape")
    page.go_back()
    page.locator(".beam-tree.ready").wait_for()
    expect(page.get_by_test_id("lesson-text")).to_be_visible()  # the lesson, as students have it
    expect(page.locator("#tabs > .tab-wrapper")).to_be_hidden()
    page.go_forward()
    page.locator(".beam-tree.ready").wait_for()
    expect(page.get_by_test_id("lesson-draft")).to_be_visible()
    page.reload()
    page.locator(".beam-tree.ready").wait_for()
    shown(page)
    expect(page.get_by_test_id("lesson-dialog")).to_be_hidden()  # it was opened once
    page.locator(".node.leading").first.click()
    page.wait_for_url("**search=beam**")
    shown(page)
    page.get_by_test_id("lesson-open").click()
    expect_dialog(page, OLD)
    page.keyboard.press("Escape")
    page.get_by_test_id("leave").click()
    page.wait_for_function("!location.search.includes('lesson')")
    page.locator(".player.ready").wait_for()
    expect(page.get_by_test_id("lesson")).to_be_hidden()


def test_a_link_is_pasted_into_the_dialog(visit):
    page = visit("")
    page.get_by_test_id("lesson-open").click()
    for nothing in ("", "hello", "https://example.org/?text=a", "https://example.org/?lesson="):
        page.get_by_test_id("lesson-old").fill(nothing)
        page.get_by_test_id("lesson-old").press("Enter")
        expect(page.get_by_test_id("lesson-no")).to_contain_text("This is no link of a lesson")
    page.get_by_test_id("lesson-old").fill("  https://elsewhere.example/class" + at(AT_STEP_2, OLD) + "#end ")
    page.get_by_test_id("lesson-old").press("Enter")
    page.wait_for_url("**step=2**")
    expect_step(page, 2)
    assert page.url.startswith(page.evaluate("location.origin"))  # the view comes, on this server
    expect_dialog(page, OLD)
    for again in range(2):
        page.get_by_test_id("lesson-ask").fill("changed")
        page.get_by_test_id("lesson-old").fill(page.url if again else at(AT_STEP_2, OLD))
        page.get_by_test_id("lesson-old").press("Enter")
        expect_dialog(page, OLD)


def test_a_damaged_lesson_is_not_offered_for_changing_without_a_word(visit):
    page = visit(f"{AT_STEP_2}&edit-lesson=1.xyz#change-lesson")
    expect(page.get_by_test_id("lesson-problem")).to_contain_text("damaged")
    expect(page.get_by_test_id("lesson-dialog")).to_be_hidden()
    page.get_by_test_id("lesson-open").click()
    expect_dialog(page, Lesson())


# --- what others write -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spelled", "said"),
    [
        ("9.e30", "another version"),
        ("1.%00%ff", "damaged"),
        ("1." + "A" * 9000, "9,002 characters"),
        ("", "damaged"),
    ],
)
def test_a_lesson_that_cannot_be_read_says_so_and_hides_nothing(visit, spelled, said):
    page = visit(f"{AT_STEP_2}&lesson={spelled}")
    expect(page.get_by_test_id("lesson-problem")).to_contain_text(said)
    expect_step(page, 2)
    for control in ("#text", "#model", "#example", "#tabs > .tab-wrapper"):
        expect(page.locator(control)).to_be_visible()
    expect(page.get_by_test_id("leave")).to_be_visible()


def test_a_hostile_question_is_text_and_hiding_everything_leaves_the_way_out(visit):
    question = "<img src=x onerror=alert(1)><script>alert(2)</script> ${alert(3)} \u202egnirts\u0000 " + "W" * 300 + "\n" * 60
    page = visit(at(AT_STEP_2, Lesson(question, hidden=tuple(CONTROLS))), viewport={"width": 390, "height": 844})
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    shown(page)
    expect(page.get_by_test_id("lesson-text")).to_contain_text(
        "<img src=x onerror=alert(1)><script>alert(2)</script> ${alert(3)}"
    )
    expect(page.get_by_test_id("lesson-text")).to_contain_text("[U+202E]gnirts[U+0000]")
    assert page.locator(".lesson img, .lesson script").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.get_by_test_id("lesson-text").bounding_box()["height"] < 400
    expect(page.get_by_test_id("leave")).to_be_in_viewport()
    page.get_by_text("Question", exact=True).click()
    expect(page.get_by_test_id("lesson-text")).to_be_hidden()
    page.get_by_test_id("leave").click()
    expect(page.locator("#text")).to_be_visible()
    assert dialogs == []


# --- the dialog ------------------------------------------------------------------------------------------------------


def test_the_dialog_offers_what_the_view_has(visit):
    page = visit("?tab=teacher-forcing", ready=".lanes.ready")
    page.get_by_test_id("lesson-open").click()
    names = ("tabs", "views", "sentence", "translation", "go", "example", "model", "steps", "tools")
    rows = page.get_by_test_id("lesson-controls").locator("tbody th")
    expect(rows).to_have_text([CONTROLS[name].title for name in names])
    expect(page.get_by_test_id("lesson-ask")).to_be_focused()


def test_nothing_chosen_is_the_ordinary_address(visit):
    page = visit(AT_STEP_2)
    page.wait_for_url("**search=greedy**")
    page.get_by_test_id("lesson-open").click()
    expect(page.get_by_test_id("lesson-link")).to_have_value(page.url)


def test_the_link_is_copied_and_said(visit):
    page = visit(AT_STEP_2, permissions=["clipboard-read", "clipboard-write"])
    page.wait_for_url("**search=greedy**")
    link = compose(page, "Why?")
    page.get_by_test_id("lesson-copy").click()
    expect(page.get_by_test_id("lesson-copied")).to_have_text("The link is copied.")
    assert page.evaluate("navigator.clipboard.readText()") == link
    page.get_by_test_id("lesson-ask").fill("Why not?")
    expect(page.get_by_test_id("lesson-copied")).to_have_text("")


def test_the_link_follows_the_address(visit):
    page = visit(AT_STEP_2)
    page.wait_for_url("**search=greedy**")
    compose(page, "Why?")
    page.evaluate("document.querySelector('[data-testid=next]').click()")  # as a player that goes on behind the dialog
    page.wait_for_function("document.querySelector('[data-testid=lesson-link]').value.includes('step=3')")


def test_the_qr_code_is_a_file(visit):
    page = visit(AT_STEP_2)
    page.wait_for_url("**search=greedy**")
    link = compose(page, "Why?")
    with page.expect_download() as png:
        page.get_by_test_id("lesson-png").click()
    assert png.value.suggested_filename == "lesson.png"
    assert scanned(Path(png.value.path()).read_bytes()) == link
    with page.expect_download() as svg:
        page.get_by_test_id("lesson-svg").click()
    assert Path(svg.value.path()).read_text(encoding="utf-8").startswith("<?xml")


def test_a_long_link_has_no_qr_code_and_a_reason(visit):
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


def test_the_longest_link_with_a_qr_code_is_scanned_from_the_screen(visit):
    page = visit(AT_STEP_2)
    page.wait_for_url("**search=greedy**")
    signs = "".join(chr(0x4E00 + (i * 7919) % 20_000) for i in range(MOST_CHARACTERS))
    fits = [n for n in range(MOST_CHARACTERS - 4) if len(made(page.url, Lesson(signs[:n] + "\nWhy?"))) <= MOST_QR_BYTES]
    question = signs[: fits[-1]] + "\nWhy?"
    link = compose(page, question)
    assert MOST_QR_BYTES - 10 < len(link) <= MOST_QR_BYTES
    assert scanned(page.get_by_test_id("lesson-qr").locator("img").screenshot()) == link


@pytest.mark.parametrize("width", [1440, 390])
def test_the_dialog_fits_and_its_code_can_be_scanned(visit, width):
    page = visit("?text=" + quote(SENTENCE), viewport={"width": width, "height": 844})
    page.wait_for_url("**search=greedy**")
    link = compose(page, "Which source word does the decoder look at? Where would you have looked?", tabs="hidden")
    assert scanned(page.get_by_test_id("lesson-qr").locator("img").screenshot()) == link
    assert page.get_by_test_id("lesson-dialog").evaluate("node => node.scrollWidth <= node.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


# --- every control ---------------------------------------------------------------------------------------------------


def test_every_control_of_every_tab_can_be_hidden(visit):
    """A new view whose fields no control names is found here; so is a selector that finds nothing."""
    everything = Lesson(hidden=tuple(CONTROLS))
    parts = {part for control in CONTROLS.values() for part in (*control.parts, *control.kept)}
    found: set[str] = set()
    for query, ready in TABS.items():
        page = visit(query, ready=ready)
        found |= {part for part in parts if page.locator(part).count()}
        student = visit(at(query, everything), ready=".lesson.ready")
        student.locator(".tabitem:visible").first.wait_for()
        left = student.locator(".ask :is(input, button, textarea):visible")
        expect(left).to_have_count(0)
    assert parts - found == {"#fetch", ".own-data"}  # come when pairs from outside are chosen
