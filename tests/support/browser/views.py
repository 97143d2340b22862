"""Open every view of the page as a visitor does, one tab after the other."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Frame, Page

from seq2seq.ui.views import VIEWS
from support.browser.lessons import TABS


def each_view(page: Page | Frame) -> Iterator[str]:
    """Yield the name of each view once it is drawn, the open one first; fail if the tabs do not lead to all of them."""
    name = VIEWS[0].name
    opened = [name]
    yield name
    for tab in page.locator("#tabs > .tab-wrapper").get_by_role("tab").all()[1:]:
        tab.click()
        yield (name := _drawn(page, name))
        opened.append(name)
        for view in page.locator('[id^="views-"]:visible > .tab-wrapper').get_by_role("tab").all()[1:]:
            view.click()
            yield (name := _drawn(page, name))
            opened.append(name)
    assert sorted(opened) == sorted(view.name for view in VIEWS)


def _drawn(page: Page | Frame, before: str) -> str:
    """Wait until another view than `before` is drawn; return its name."""
    shown = "new URLSearchParams(location.search).get('tab')"
    page.wait_for_function(f"before => {shown} !== before", arg=before)
    name: str = page.evaluate(shown)
    ready = next(ready for query, ready in TABS.items() if query.startswith(f"?tab={name}"))
    page.locator(f"{ready}:visible").first.wait_for()
    return name
