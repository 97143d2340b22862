"""Test unusable models, a lost connection and a killed server: the page shows a message and keeps what was typed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from playwright.sync_api import expect
from support.apps.server import ROOT, _free_port, _wait, serve
from support.browser.page import SENTENCE, expect_step, player, translate
from support.browser.visitor import Visitor

TYPED = "She has already closed the blue window."
PICTURE = ".chip.source text"


@pytest.fixture
def visitor(browser):
    """Return a function that opens the page at an address; console errors are allowed in these tests."""
    opened: list[Visitor] = []

    def new(address: str, query: str = "") -> Visitor:
        opened.append(Visitor(browser, address))
        opened[-1].open(query, ".player.ready")
        return opened[-1]

    yield new
    for each in opened:
        each.context.close()


def test_unusable_models_are_listed_and_the_others_work(visitor, tmp_path):
    with serve(tmp_path / "log", "tests/support/apps/broken_app.py") as address:
        page = visitor(address, "?text=Good+morning.&model=en-fr-plain").page
        line = page.get_by_test_id("broken")
        expect(line).to_contain_text(
            "2 models are installed here but cannot be used: “en-es-additive” (config.json is not of format"
        )
        expect(line).to_contain_text("“en-fr-plain” (model.safetensors is truncated or of another kind")
        assert str(ROOT) not in line.inner_text() and "/tmp" not in line.inner_text()
        message = page.get_by_test_id("message").first
        expect(message).to_contain_text("The model “en-fr-plain” cannot be used here: model.safetensors is truncated")
        expect(page.locator(PICTURE).first).to_have_text("Good")  # the link's sentence is used
        # The error in this model is found only when its weights are read.
        page = visitor(address, "?text=Good+morning.&model=en-zh-additive").page
        expect(page.get_by_test_id("message").first).to_contain_text(
            "“en-zh-additive” cannot be used here: model.safetensors holds num"
        )
        page = visitor(address).page
        expect(page.get_by_test_id("broken")).to_contain_text("3 models are installed here but cannot be used")
        translate(page, TYPED)
        expect(page.locator(PICTURE).first).to_have_text("She")
    assert "Traceback" not in (tmp_path / "log").read_text()


def translate_and_wait(page) -> None:
    translate(page, SENTENCE)
    expect(page.locator(PICTURE).nth(1)).to_have_text("will")
    page.wait_for_url("**text=We*")


def expect_connection_lost(page) -> None:
    expect(page.locator(".toast-body")).to_contain_text("Connection to the server was lost")


def expect_page_restored(page) -> None:
    """Check that the picture and the typed text are still there, and that the text can be translated."""
    page.locator(".player.ready").wait_for()
    expect(page.locator(".toast-body")).to_have_count(0)
    expect(page.locator("#text input")).to_have_value(TYPED)
    expect(page.locator(PICTURE).nth(1)).to_have_text("will")
    page.locator("#text input").press("Enter")
    expect(page.locator(PICTURE).first).to_have_text("She")


def test_the_page_keeps_its_picture_and_text_while_offline(visitor, address):
    guest = visitor(address)
    page = guest.page
    translate_and_wait(page)
    guest.context.set_offline(True)
    expect(page.get_by_test_id("broken")).to_contain_text("This browser is offline. You can still read the page")
    translate(page, TYPED)
    expect_connection_lost(page)
    expect(page.locator("body")).not_to_have_class("busy")
    expect(page.locator(PICTURE).nth(1)).to_have_text("will")
    player(page).get_by_test_id("first").click()
    expect_step(page, 0)  # the player still works
    with page.expect_event("load"):  # Gradio reloads the page itself
        guest.context.set_offline(False)
    expect_page_restored(page)


def test_a_module_that_fails_to_load_is_reported_in_the_console(browser, address):
    guest = Visitor(browser, address)
    guest.context.route("**/modules-*.js", lambda route: route.abort())
    with guest.page.expect_event("pageerror") as failed:
        guest.page.goto(address)
    assert "Failed to fetch dynamically imported module" in str(failed.value)
    guest.context.close()


def test_the_page_keeps_its_picture_and_text_when_the_server_is_killed_and_restarted(visitor, tmp_path):
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
        translate_and_wait(page)
        app.send_signal(signal.SIGKILL)
        app.wait()
        translate(page, TYPED)
        expect_connection_lost(page)
        with page.expect_event("load", timeout=120_000):
            app = start()
        expect_page_restored(page)
    finally:
        app.kill()
        app.wait()
