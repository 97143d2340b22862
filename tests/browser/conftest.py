"""The real app with its real checkpoints, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from support.server import FLAGS, find_chromium, serve
from support.visitor import Visitor

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
