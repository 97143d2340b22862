"""Fixtures of the browser tests: the real app with its bundled checkpoints, and a real browser."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from support.apps.server import FLAGS, find_chromium, serve
from support.browser.visitor import Contexts, Visitor

expect.set_options(timeout=60_000)  # ms; enough for a slow and busy machine


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


@pytest.fixture(scope="session")
def contexts(browser):
    return Contexts(browser)


@pytest.fixture
def visit(browser, contexts, address):
    """Return a function that opens the page as a new visitor and waits for the selector `ready`; its other keywords are
    settings of the browser context. At the end of the test, check that no visitor had an error or contacted another machine."""
    visitors: list[tuple[Visitor, dict[str, Any]]] = []

    def new(query: str | None = "", ready: str = ".player.ready", **settings) -> Page:
        visitor = Visitor(browser, address, contexts.take(address, settings))
        visitors.append((visitor, settings))
        if query is not None:
            visitor.open(query, ready)
        return visitor.page

    yield new
    for visitor, settings in visitors:
        contexts.give_back(visitor.context, address, settings)
    assert [fault for visitor, _ in visitors for fault in visitor.unexplained] == []
    assert [url for visitor, _ in visitors for url in visitor.strangers] == []
