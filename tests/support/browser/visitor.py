"""Visitors of the page, each in a separate browser context."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

# Errors that Gradio reports if a link leaves the page during its own calls.
LEAVING = ("AbortError: signal is aborted without reason", "Connection errored out")


SIZE = {"width": 1440, "height": 900}
PATIENCE = 150_000  # ms; enough for a machine that is slow and busy. Only a test that fails waits so long.


class Contexts:
    """Browser contexts that tests use one after the other. A used context has compiled the page's scripts, so that the page
    opens in half the time. Everything that a page can store is deleted before the next visitor."""

    def __init__(self, browser: Browser):
        self._browser = browser
        self._free: dict[str, list[BrowserContext]] = {}

    def take(self, address: str, settings: dict[str, Any]) -> BrowserContext:
        free = self._of(address, settings)
        if not free:
            return self._browser.new_context(**{"viewport": SIZE, **settings})
        context = free.pop()
        context.clear_cookies()
        page = context.new_page()
        origin = {"origin": address.rstrip("/"), "storageTypes": "all"}
        context.new_cdp_session(page).send("Storage.clearDataForOrigin", origin)
        page.close()
        return context

    def give_back(self, context: BrowserContext, address: str, settings: dict[str, Any]) -> None:
        for page in context.pages:
            page.close()
        self._of(address, settings).append(context)

    def _of(self, address: str, settings: dict[str, Any]) -> list[BrowserContext]:
        return self._free.setdefault(repr((address, sorted(settings.items()))), [])


class Visitor:
    """A visitor with a separate browser context. It records console errors and requests to other machines."""

    def __init__(self, browser: Browser, address: str, context: BrowserContext | None = None, **settings):
        self.address = address
        self.context = context or browser.new_context(**{"viewport": SIZE, **settings})
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.faults: list[str] = []
        self.pages_opened = 0  # number of pages opened
        self.strangers: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("domcontentloaded", lambda _: self._opened())
        self.page.on("request", lambda request: self._request(request.url))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.faults.append(message.text)

    def _opened(self) -> None:
        self.pages_opened += 1

    @property
    def unexplained(self) -> list[str]:
        """Return the faults, except those that are explained by leaving a page."""
        return [fault for fault in self.faults if self.pages_opened < 2 or not any(text in fault for text in LEAVING)]

    def _request(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.strangers.append(url)

    def open(self, query: str, ready: str) -> Page:
        self.page.goto(self.address + query)
        self.page.locator(ready).wait_for()
        return self.page
