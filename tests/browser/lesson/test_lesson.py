"""Test lessons: a student sees the teacher's view and question, and only the controls that the teacher left."""

from __future__ import annotations

from urllib.parse import parse_qs, quote, urlsplit

from playwright.sync_api import expect
from support.browser.lessons import QUESTION, at, compose, focus_by_tabbing, query_of, scanned, wait_for_lesson
from support.browser.page import AT_STEP_2, SENTENCE, expect_step, output, player

from seq2seq.ui.lesson.lesson import CONTROLS, Lesson, encode

# --- made and opened -------------------------------------------------------------------------------------------------


def test_a_lesson_on_the_translate_tab(visit):
    page = visit(AT_STEP_2)
    page.wait_for_url("**search=greedy**")
    states = {"tabs": "hidden", "example": "hidden", "sentence": "locked", "model": "locked", "candidates": "locked"}
    link = compose(page, QUESTION, **states)
    assert scanned(page.get_by_test_id("lesson-qr").locator("img").screenshot()) == link
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("lesson-dialog")).to_be_hidden()
    expect(page.get_by_test_id("lesson-open")).to_be_focused()

    student = visit(query_of(link))
    wait_for_lesson(student)
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


def test_locked_controls_stay_locked_when_the_picture_changes(visit):
    page = visit(at(AT_STEP_2, Lesson("", locked=("candidates", "model"))))
    wait_for_lesson(page)
    before = player(page).get_attribute("data-trace")
    page.get_by_test_id("next").click()
    expect_step(page, 3)
    box = page.locator(".candidate:not(.chosen)").first
    expect(box).to_be_disabled()
    area = box.bounding_box()
    page.mouse.click(area["x"] + 20, area["y"] + 10)
    assert not focus_by_tabbing(page, ".choice, #model")
    page.evaluate("document.activeElement.blur()")  # the Tab key ended anywhere, perhaps in another menu
    page.locator("#model input").evaluate("node => node.focus()")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#model [role=option]")).to_have_count(0)
    # If the clicks above had made a fork, it would arrive before the next answer.
    page.locator("#text input").fill(SENTENCE)
    page.locator("#text input").press("Enter")
    expect_step(page, 0)
    expect(player(page)).to_have_attribute("data-trace", before)
    expect(page.get_by_test_id("compare")).to_be_hidden()
    page.locator("#search input").click()
    expect(page.locator("#search [role=option]")).not_to_have_count(0)  # a menu that is not locked still opens


def test_hidden_or_locked_steps_cannot_be_changed(visit):
    for state in ("hidden", "locked"):
        page = visit(at(AT_STEP_2, Lesson("What comes next?", **{state: ("steps",)})))
        wait_for_lesson(page)
        page.get_by_test_id("stage").focus()
        for key in ("ArrowRight", "End", "Home", " "):
            page.keyboard.press(key)
        page.locator(".chip.target").first.click()
        page.locator(".plot .heat-table thead th").first.wait_for()
        expect_step(page, 2)
        expect(player(page)).to_have_attribute("data-playing", "false")
        expect(page.get_by_test_id("next")).to_be_visible(visible=state == "locked")


def test_a_lesson_on_the_attention_tab(visit):
    page = visit(f"?tab=attention&text={quote(SENTENCE)}&step=3", ready=".attention.ready")
    page.wait_for_url("**panels=**")
    link = compose(page, "Compare.", tabs="hidden", views="locked", model="hidden", sentence="hidden", go="hidden")
    assert parse_qs(urlsplit(link).query)["step"] == ["3"]
    student = visit(query_of(link), ready=".attention.ready")
    wait_for_lesson(student)
    read = "nodes => nodes.map(node => node.textContent)"
    texts = page.get_by_test_id("panel-text").evaluate_all(read)
    assert texts and student.get_by_test_id("panel-text").evaluate_all(read) == texts
    assert parse_qs(urlsplit(student.url).query)["lesson"] == parse_qs(urlsplit(link).query)["lesson"]
    for hidden in ("#attention-text", "#attention-model", "#look", "[data-testid=add-panel]", "#tabs > .tab-wrapper"):
        expect(student.locator(hidden)).to_be_hidden()
    for menu in student.locator(".panel-menus select").all():  # shows the model's name, so it stays
        expect(menu).to_be_visible()
        expect(menu).to_be_disabled()
    other = student.get_by_role("tab", name="Edit it")
    expect(other).to_be_disabled()
    other.click(force=True)
    assert not focus_by_tabbing(student, "#views-attention > .tab-wrapper")
    expect(student.get_by_test_id("attention")).to_be_visible()


def test_a_lesson_stays_on_other_tabs_until_it_is_left(visit):
    page = visit(at(AT_STEP_2, Lesson("Why?", hidden=("model",))))
    wait_for_lesson(page)
    encoded = encode(Lesson("Why?", hidden=("model",)))
    page.get_by_test_id("next").click()
    page.wait_for_url("**step=3")
    page.get_by_role("tab", name="Attention").click()
    page.locator(".attention.ready").wait_for()
    page.wait_for_url("**tab=attention**panels=**")
    expect(page.locator("#attention-model")).to_be_hidden()
    page.get_by_role("tab", name="Beam tree").click()
    page.locator(".beam-tree.ready").wait_for()
    page.wait_for_url("**tab=beam**size=**")
    assert parse_qs(urlsplit(page.url).query)["lesson"] == [encoded]
    page.locator(".node.leading").first.click()
    page.wait_for_url("**search=beam**")
    wait_for_lesson(page)
    expect(page.get_by_test_id("lesson-text")).to_have_text("Why?")
    before = parse_qs(urlsplit(page.url).query)
    assert before.pop("lesson") == [encoded]
    page.get_by_test_id("leave").press("Enter")
    page.locator(".player.ready").wait_for()
    expect(page.get_by_test_id("lesson-open")).to_be_visible()
    expect(page.get_by_test_id("lesson")).to_be_hidden()
    expect(page.locator("#model")).to_be_visible()
    assert parse_qs(urlsplit(page.url).query) == before


def test_with_hidden_tabs_a_link_to_another_tab_is_refused(visit):
    page = visit(at("?tab=beam", Lesson(hidden=("tabs",))), ready=".beam-tree.ready")
    wait_for_lesson(page)
    page.locator(".node.leading").first.click()
    expect(page.get_by_test_id("lesson-says")).to_have_text("That link leads to another tab, which is not part of this lesson.")
    expect(page.get_by_test_id("beam-tree")).to_be_visible()


# --- untrusted links -------------------------------------------------------------------------------------------------


def test_an_invalid_lesson_shows_a_message_and_hides_nothing(visit):
    """tests/ui/lesson/test_lesson.py tests more of them."""
    page = visit(f"{AT_STEP_2}&lesson=9.e30")
    expect(page.get_by_test_id("lesson-problem")).to_contain_text("another version")
    expect_step(page, 2)
    for control in ("#text", "#model", "#example", "#tabs > .tab-wrapper"):
        expect(page.locator(control)).to_be_visible()
    expect(page.get_by_test_id("leave")).to_be_visible()


def test_a_hostile_question_is_shown_as_text_and_the_lesson_can_be_left(visit):
    question = "<img src=x onerror=alert(1)><script>alert(2)</script> ${alert(3)} \u202egnirts\u0000 " + "W" * 300 + "\n" * 60
    page = visit(at(AT_STEP_2, Lesson(question, hidden=tuple(CONTROLS))), viewport={"width": 390, "height": 844})
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    wait_for_lesson(page)
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
