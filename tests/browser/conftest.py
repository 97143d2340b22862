"""The real app with its real checkpoints, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright
from server import FLAGS, find_chromium, serve

expect.set_options(timeout=30_000)  # how long to wait for what must come, on a slow and busy machine


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    log = tmp_path_factory.mktemp("app") / "log"
    with serve(log) as url:
        yield url
    assert "Traceback" not in log.read_text(), log.read_text()


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield chromium
        chromium.close()


# What Gradio says of its own calls that are cut off as a page is left by a link.
LEAVING = ("AbortError: signal is aborted without reason", "Connection errored out")


class Visitor:
    """One visitor: a browser context of their own. Console errors and requests to other machines are noted."""

    def __init__(self, browser: Browser, address: str, **settings):
        self.address = address
        self.context: BrowserContext = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **settings})
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.faults: list[str] = []
        self.looks = 0  # pages opened, one after another
        self.strangers: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("domcontentloaded", lambda _: self._opened())
        self.page.on("request", lambda request: self._request(request.url))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.faults.append(message.text)

    def _opened(self) -> None:
        self.looks += 1

    @property
    def unexplained(self) -> list[str]:
        """The faults, without those that leaving a page explains."""
        return [fault for fault in self.faults if self.looks < 2 or not any(said in fault for said in LEAVING)]

    def _request(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.strangers.append(url)

    def open(self, query: str, ready: str) -> Page:
        self.page.goto(self.address + query)
        self.page.locator(ready).wait_for()
        return self.page


@pytest.fixture
def visit(browser, address):
    """visit(query, **context settings) opens the page as a new visitor and waits until `ready`, a selector, is there. At the
    end no visitor may have met a fault."""
    visitors: list[Visitor] = []

    def new(query: str | None = "", ready: str = ".player.ready", **settings) -> Page:
        visitor = Visitor(browser, address, **settings)
        visitors.append(visitor)
        if query is not None:
            visitor.open(query, ready)
        return visitor.page

    yield new
    for visitor in visitors:
        visitor.context.close()
    assert [fault for visitor in visitors for fault in visitor.unexplained] == []
    assert [url for visitor in visitors for url in visitor.strangers] == []
