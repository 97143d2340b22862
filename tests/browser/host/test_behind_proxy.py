"""Test the app behind a reverse proxy, under a path, with a password."""

from __future__ import annotations

import re
import urllib.error
import urllib.request

import pytest
from gradio_client import Client
from playwright.sync_api import expect
from support.apps.proxy import proxy
from support.apps.server import serve
from support.browser.page import AT_STEP_2, SENTENCE, expect_step, heatmap, output, translate
from support.browser.visitor import Visitor

from seq2seq.ui.lesson.lesson import Lesson, encode

PATH, USER, PASSWORD = "/class/7b", "class", "open: sesame"


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return tmp_path_factory.mktemp("proxy") / "log"


@pytest.fixture(scope="module")
def school(log):
    """Return the address of the app behind the proxy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_ROOT_PATH", PATH)
        patch.setenv("SEQ2SEQ_PASSWORD", f"{USER}:{PASSWORD}")
        with serve(log) as app, proxy(app, PATH) as address:
            yield address
    assert "Traceback" not in log.read_text() and PASSWORD not in log.read_text()


def log_in(page, password: str) -> None:
    page.get_by_label("username").fill(USER)
    page.get_by_label("password").fill(password)
    page.get_by_role("button", name="Login").click()


def test_the_password_opens_the_whole_page(browser, school):
    visitor = Visitor(browser, school)
    page = visitor.open("", "input[type=password]")
    assert page.locator(".player").count() == 0
    log_in(page, PASSWORD)
    page.locator(".player.ready").wait_for()
    translate(page, SENTENCE)
    page.wait_for_url("**text=We*")
    heatmap(page)
    page.get_by_test_id("last").click()
    page.wait_for_function("document.querySelectorAll('.chip.target[aria-hidden=false]').length > 3")
    assert "".join(output(page)).strip()
    assert page.url.startswith(school)
    page.goto(f"{school}?tab=cure")
    page.locator(".figure-plot .main-svg").first.wait_for()  # the app serves the script that draws it
    visitor.context.close()
    assert visitor.strangers == [] and visitor.faults == []


def test_a_lesson_opens_after_the_login_and_its_link_has_the_proxys_address(browser, school):
    lesson = Lesson("Which word?", hidden=("tabs",), locked=("model",))
    visitor = Visitor(browser, school)
    page = visitor.open(f"{AT_STEP_2}&lesson={encode(lesson)}", "input[type=password]")
    log_in(page, PASSWORD)
    page.locator(".lesson.ready").wait_for()
    expect_step(page, 2)
    expect(page.get_by_test_id("lesson-text")).to_have_text("Which word?")
    page.get_by_test_id("lesson-edit").click()
    link = page.get_by_test_id("lesson-link")
    expect(link).to_have_value(re.compile(re.escape(f"lesson={encode(lesson)}")))
    assert link.input_value().startswith(f"{school}?")
    visitor.context.close()
    assert visitor.strangers == [] and visitor.unexplained == []


def test_a_wrong_password_is_refused(browser, school):
    visitor = Visitor(browser, school)
    page = visitor.open("", "input[type=password]")
    log_in(page, "guess")
    page.get_by_text("Incorrect Credentials").wait_for()
    assert page.locator(".player").count() == 0
    visitor.context.close()


@pytest.mark.parametrize("path", ["config", "gradio_api/info", "gradio_api/file=x", "gradio_api/queue/data?session_hash=x"])
def test_every_address_needs_the_password(school, path):
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(school + path)
    assert caught.value.code == 401


def test_a_client_program_logs_in_with_the_password(school):
    app = Client(school, auth=(USER, PASSWORD), verbose=False)
    assert app.predict("I forgot my umbrella.", api_name="/translate")["text"] == "J'ai oublié mon parapluie."
