"""On a school's server: behind its web server, under a path, with a password."""

from __future__ import annotations

import re
import urllib.error
import urllib.request

import pytest
from gradio_client import Client
from playwright.sync_api import expect
from support.page import AT_STEP_2, SENTENCE, expect_step, heatmap, output, translate
from support.proxy import proxy
from support.server import serve
from support.visitor import Visitor

from seq2seq.ui.lesson.lesson import Lesson, encode

PATH, USER, WORD = "/class/7b", "class", "open: sesame"


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return tmp_path_factory.mktemp("proxy") / "log"


@pytest.fixture(scope="module")
def school(log):
    """The address of the app as a pupil knows it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_ROOT_PATH", PATH)
        patch.setenv("SEQ2SEQ_PASSWORD", f"{USER}:{WORD}")
        with serve(log) as app, proxy(app, PATH) as address:
            yield address
    assert "Traceback" not in log.read_text() and WORD not in log.read_text()


def enter(page, word: str) -> None:
    page.get_by_label("username").fill(USER)
    page.get_by_label("password").fill(word)
    page.get_by_role("button", name="Login").click()


def test_who_knows_the_password_gets_the_whole_page(browser, school):
    visitor = Visitor(browser, school)
    page = visitor.open("", "input[type=password]")
    assert page.locator(".player").count() == 0
    enter(page, WORD)
    page.locator(".player.ready").wait_for()
    translate(page, SENTENCE)
    page.wait_for_url("**text=We*")
    heatmap(page)  # drawn by a script that the app serves
    page.get_by_test_id("last").click()
    page.wait_for_function("document.querySelectorAll('.chip.target[aria-hidden=false]').length > 3")
    assert "".join(output(page)).strip()
    assert page.url.startswith(school)
    visitor.context.close()
    assert visitor.strangers == [] and visitor.faults == []


def test_a_lesson_waits_behind_the_password_and_its_link_is_that_of_the_proxy(browser, school):
    given = Lesson("Which word?", hidden=("tabs",), locked=("model",))
    visitor = Visitor(browser, school)
    page = visitor.open(f"{AT_STEP_2}&lesson={encode(given)}", "input[type=password]")
    enter(page, WORD)
    page.locator(".lesson.ready").wait_for()
    expect_step(page, 2)
    expect(page.get_by_test_id("lesson-text")).to_have_text("Which word?")
    page.get_by_test_id("lesson-edit").click()
    field = page.get_by_test_id("lesson-link")
    expect(field).to_have_value(re.compile(re.escape(f"lesson={encode(given)}")))
    assert field.input_value().startswith(f"{school}?")
    visitor.context.close()
    assert visitor.strangers == [] and visitor.unexplained == []


def test_a_wrong_password_is_refused(browser, school):
    visitor = Visitor(browser, school)
    page = visitor.open("", "input[type=password]")
    enter(page, "guess")
    page.get_by_text("Incorrect Credentials").wait_for()
    assert page.locator(".player").count() == 0
    visitor.context.close()


@pytest.mark.parametrize("path", ["config", "gradio_api/info", "gradio_api/file=x", "gradio_api/queue/data?session_hash=x"])
def test_without_the_password_there_is_nothing(school, path):
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(school + path)
    assert caught.value.code == 401


def test_a_program_may_know_it_too(school):
    app = Client(school, auth=(USER, WORD), verbose=False)
    assert app.predict("I forgot my umbrella.", api_name="/translate")["text"] == "J'ai oublié mon parapluie."
