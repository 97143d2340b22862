"""Helpers of the browser tests for the Train tab: its menus, its upload, the state of its run."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from seq2seq.data.synthetic import TASKS
from seq2seq.ui.train.own_data import CHOICES

LONG = 600_000  # ms; enough for a run to finish on a slow and busy machine

PAIRS = TASKS["grammar"].pairs("valid")[:300]

PUBLIC_CHOICE, OWN_CHOICE = (label for label, _ in CHOICES)


def choose(page: Page, control: str, option: str) -> None:
    page.locator(f"#train-{control} input").click()
    page.locator(f"#train-{control}").get_by_role("option", name=option, exact=True).click()


def state(page: Page) -> Locator:
    return page.get_by_test_id("run-state")


def stop(page: Page) -> None:
    page.get_by_role("button", name="Stop").click()
    expect(state(page)).to_have_text("stopped", timeout=LONG)


def upload(page: Page, *files: Path) -> None:
    choose(page, "data", OWN_CHOICE)
    choose_files(page, *files)


def choose_files(page: Page, *files: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.locator("#upload-pairs").click()
    chooser.value.set_files(list(files))
