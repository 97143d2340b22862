"""Models that cannot be used, a lost connection, a killed server: the page says so, and nothing typed is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from playwright.sync_api import expect
from support.page import SENTENCE, expect_step, player, translate
from support.server import ROOT, _free_port, _wait, serve
from support.visitor import Visitor

TYPED = "She has already closed the blue window."
PICTURE = ".chip.source text"


@pytest.fixture
def visitor(browser):
    """visitor(address, query) opens a page; console errors are part of these tests."""
    opened: list[Visitor] = []

    def new(address: str, query: str = "") -> Visitor:
        opened.append(Visitor(browser, address))
        opened[-1].open(query, ".player.ready")
        return opened[-1]

    yield new
    for each in opened:
        each.context.close()


def test_models_that_cannot_be_used_are_named_and_the_others_work(visitor, tmp_path):
    with serve(tmp_path / "log", "tests/support/broken_app.py") as address:
        page = visitor(address, "?text=Good+morning.&model=en-fr-plain").page
        line = page.get_by_test_id("broken")
        expect(line).to_contain_text(
            "2 models are installed here but cannot be used: “en-es-additive” (config.json is not of format"
        )
        expect(line).to_contain_text("“en-fr-plain” (model.safetensors is truncated or of another kind")
        assert str(ROOT) not in line.inner_text() and "/tmp" not in line.inner_text()
        said = page.get_by_test_id("message").first
        expect(said).to_contain_text("The model “en-fr-plain” cannot be used here: model.safetensors is truncated")
        expect(page.locator(PICTURE).first).to_have_text("Good")  # the rest of the link holds
        # One whose weights show it only when they are read:
        page = visitor(address, "?text=Good+morning.&model=en-zh-additive").page
        expect(page.get_by_test_id("message").first).to_contain_text(
            "“en-zh-additive” cannot be used here: model.safetensors holds num"
        )
        page = visitor(address).page
        expect(page.get_by_test_id("broken")).to_contain_text("3 models are installed here but cannot be used")
        translate(page, TYPED)
        expect(page.locator(PICTURE).first).to_have_text("She")
    assert "Traceback" not in (tmp_path / "log").read_text()


def answered(page) -> None:
    """A translation that has arrived."""
    translate(page, SENTENCE)
    expect(page.locator(PICTURE).nth(1)).to_have_text("will")
    page.wait_for_url("**text=We*")


def said_lost(page) -> None:
    expect(page.locator(".toast-body")).to_contain_text("Connection to the server was lost")


def back_again(page) -> None:
    """What was drawn and what was typed are there, and both go on."""
    page.locator(".player.ready").wait_for()
    expect(page.locator(".toast-body")).to_have_count(0)
    expect(page.locator("#text input")).to_have_value(TYPED)
    expect(page.locator(PICTURE).nth(1)).to_have_text("will")
    page.locator("#text input").press("Enter")
    expect(page.locator(PICTURE).first).to_have_text("She")


def test_offline_and_back_what_was_drawn_and_typed_stays(visitor, address):
    one = visitor(address)
    page = one.page
    answered(page)
    one.context.set_offline(True)
    expect(page.get_by_test_id("broken")).to_contain_text("This browser is offline. You can still read the page")
    translate(page, TYPED)
    said_lost(page)
    expect(page.locator("body")).not_to_have_class("busy")
    expect(page.locator(PICTURE).nth(1)).to_have_text("will")
    player(page).get_by_test_id("first").click()
    expect_step(page, 0)  # what is on the page can still be looked at
    with page.expect_event("load"):  # which Gradio does by itself
        one.context.set_offline(False)
    back_again(page)


def test_modules_that_cannot_be_loaded_are_an_error_in_the_console(browser, address):
    one = Visitor(browser, address)
    one.context.route("**/modules-*.js", lambda route: route.abort())
    with one.page.expect_event("pageerror") as failed:
        one.page.goto(address)
    assert "Failed to fetch dynamically imported module" in str(failed.value)
    one.context.close()


def test_a_server_that_is_killed_and_started_again_finds_the_page_as_it_was(visitor, tmp_path):
    port = _free_port()
    settings = {"GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_SERVER_PORT": str(port), "SEQ2SEQ_DATA": str(tmp_path / "data")}
    url = f"http://127.0.0.1:{port}/"

    def start() -> subprocess.Popen:
        with open(tmp_path / "log", "a") as log:
            app = subprocess.Popen(
                [sys.executable, "app.py"], cwd=ROOT, env=os.environ | settings, stdout=log, stderr=subprocess.STDOUT
            )
        _wait(app, url, tmp_path / "log")
        return app

    app = start()
    try:
        page = visitor(url).page
        answered(page)
        app.send_signal(signal.SIGKILL)
        app.wait()
        translate(page, TYPED)
        said_lost(page)
        with page.expect_event("load", timeout=120_000):
            app = start()
        back_again(page)
    finally:
        app.kill()
        app.wait()
