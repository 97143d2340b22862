"""One visitor of the page, in a browser context of their own."""

from __future__ import annotations

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

# What Gradio reports about its own calls that are cut off when a page is left by a link.
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
