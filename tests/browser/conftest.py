"""Fixtures of the browser tests: the real app with its bundled checkpoints, and a real browser."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect, sync_playwright
from support.apps.server import FLAGS, find_chromium, serve
from support.browser.visitor import PATIENCE, SIZE, Contexts, Visitor

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def untrained(tmp_path_factory) -> Iterator[tuple[str, Path]]:
    """Return the address of an app with small untrained models, and the folder of its data."""
    log = tmp_path_factory.mktemp("untrained") / "log"
    with serve(log, "tests/support/apps/untrained_app.py") as url:
        yield url, log.parent / "data"
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
    settings of the browser context. The size of the page is none of them: contexts that are alike can be used again. At the
    end of the test, the visitors are checked."""
    visitors: list[tuple[Visitor, dict[str, Any]]] = []

    def new(query: str | None = "", ready: str = ".player.ready", viewport: ViewportSize = SIZE, **settings) -> Page:
        visitor = Visitor(browser, address, contexts.take(address, settings))
        if viewport != SIZE:
            visitor.page.set_viewport_size(viewport)
        visitors.append((visitor, settings))
        if query is not None:
            visitor.open(query, ready)
        return visitor.page

    yield new
    for visitor, settings in visitors:
        contexts.give_back(visitor.context, address, settings)
    check([visitor for visitor, _ in visitors])


def check(visitors: Iterable[Visitor]) -> None:
    """Check that no visitor had an error or contacted another machine."""
    assert [fault for visitor in visitors for fault in visitor.unexplained] == []
    assert [url for visitor in visitors for url in visitor.strangers] == []


@pytest.fixture(scope="module")
def kept(contexts, address) -> Iterator[tuple[BrowserContext, dict[str, Visitor]]]:
    """Return the browser context and, by query, the visitors that the tests of a module share."""
    context = contexts.take(address, {})
    yield context, {}
    contexts.give_back(context, address, {})


@pytest.fixture
def reuse(request, browser, address, kept):
    """Return a function like `visit`, for tests that leave the page as they find it: it opens a query once per module, because
    opening a page costs more than most tests do on it. No test gets the page of a test that failed."""
    context, visitors = kept
    failed, used = request.session.testsfailed, {}

    def shared(query: str = "", ready: str = ".player.ready") -> Page:
        if query not in visitors:
            visitors[query] = Visitor(browser, address, context)
            visitors[query].open(query, ready)
        used[query] = visitors[query]
        return used[query].page

    yield shared
    if request.session.testsfailed > failed:
        for query in used:
            visitors.pop(query).page.close()
    check(used.values())
