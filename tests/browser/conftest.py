"""The real app with its real checkpoints, in a real browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
START_LIMIT = 240  # half-second tries until the app must have answered
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    """Start `python app.py` on a free port of this machine; end it, by its process, afterwards."""
    port = _free_port()
    log = tmp_path_factory.mktemp("app") / "log"
    environment = {**os.environ, "GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_SERVER_PORT": str(port)}
    url = f"http://127.0.0.1:{port}/"
    with log.open("w") as output:
        app = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            for _ in range(START_LIMIT):
                assert app.poll() is None, f"the app ended:\n{log.read_text()}"
                try:
                    urllib.request.urlopen(url, timeout=5)
                    break
                except (urllib.error.URLError, TimeoutError, ConnectionError):
                    try:
                        app.wait(timeout=0.5)
                    except subprocess.TimeoutExpired:
                        continue
            else:
                pytest.fail(f"the app did not answer:\n{log.read_text()}")
            yield url
        finally:
            app.terminate()
            app.wait(timeout=30)
    assert "Traceback" not in log.read_text(), log.read_text()


@pytest.fixture(scope="session")
def browser():
    path = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium found: install it from your system's packages")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


class Visitor:
    """One visitor: a browser context of their own. Console errors and requests to other machines are noted."""

    def __init__(self, browser: Browser, address: str, **settings):
        self.address = address
        self.context: BrowserContext = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **settings})
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.faults: list[str] = []
        self.strangers: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", lambda request: self._request(request.url))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.faults.append(message.text)

    def _request(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.strangers.append(url)

    def open(self, query: str = "") -> Page:
        self.page.goto(self.address + query)
        self.page.locator(".player.ready").wait_for()
        return self.page


@pytest.fixture
def visit(browser, address):
    """visit(query, **context settings) opens the page as a new visitor. At the end no visitor may have met a fault."""
    visitors: list[Visitor] = []

    def new(query: str | None = "", **settings) -> Page:
        visitor = Visitor(browser, address, **settings)
        visitors.append(visitor)
        if query is not None:
            visitor.open(query)
        return visitor.page

    yield new
    for visitor in visitors:
        visitor.context.close()
    assert [fault for visitor in visitors for fault in visitor.faults] == []
    assert [url for visitor in visitors for url in visitor.strangers] == []
