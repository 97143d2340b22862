"""A fixture that opens the Train tab."""

import pytest


@pytest.fixture
def tab(visit):
    """Return a function that opens the tab as a new visitor. The recorded run shows its end, because a page that plays it is
    slow: it draws the curves of each step."""

    def opened(query="", **settings):
        page = visit("?tab=train" + query, ready=".train.ready", **settings)
        if not query:
            page.locator(".train .probe [data-action=last]").click()
        return page

    return opened
