"""A fixture for tests that only read the stage, or move between its steps."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page
from support.browser.page import AT_STEP_2, expect_step


@pytest.fixture
def stage(reuse):
    """Return a function that goes to a step on the page that these tests share."""

    def at(step: int = 2) -> Page:
        page = reuse(AT_STEP_2)
        page.get_by_test_id("scrub").fill(str(step))
        expect_step(page, step)
        page.wait_for_url(f"**step={step}")
        return page

    return at
