"""Test the queue: visitors see their position, a full queue refuses requests, and every accepted request is answered."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect
from support.browser.visitor import PATIENCE

from seq2seq.ui.app import MOST_WAITING
from seq2seq.ui.host.services import PARALLEL


@pytest.fixture(scope="module")
def address(untrained):
    return untrained[0]


@pytest.fixture
def release(untrained):
    """Return a function that lets the slow model answer until the end of the test."""
    go: Path = untrained[1] / "go"

    def let() -> None:
        go.parent.mkdir(exist_ok=True)
        go.touch()

    yield let
    go.unlink(missing_ok=True)


def test_a_full_queue_refuses_requests_until_one_is_answered(address, release) -> None:
    calls = f"{address}gradio_api/call/v2"

    accepted = 0
    with httpx.Client(timeout=PATIENCE / 1000) as client:

        def send() -> httpx.Response:
            return client.post(f"{calls}/translate", json={"text": "the small garden", "model": "slow"})

        while (answer := send()).is_success:
            accepted += 1
            assert accepted <= MOST_WAITING + PARALLEL
        assert accepted >= MOST_WAITING and answer.status_code == 503
        assert "full" in answer.text and "Traceback" not in answer.text
        release()
        while not (answer := send()).is_success:
            assert answer.status_code == 503
        with client.stream("GET", f"{calls}/translate/{answer.json()['event_id']}") as stream:
            assert "event: complete" in stream.iter_lines()


def test_the_queue_position_is_shown_until_the_answer_arrives(visit, release) -> None:
    progress, pages = "#tab-translate .progress-text", []
    for number in range(PARALLEL):  # these are being answered before the next visitors come, so the order is known
        page = visit(f"?model=slow&text=the+old+man{'+sees' * number}", ready=progress)
        expect(page.locator(progress)).not_to_contain_text("queue")
        pages.append(page)
    for position in (1, 2):
        pages.append(visit(f"?model=slow&text=the+old+house{'+sees' * position}", ready=progress))
        expect(pages[-1].locator(progress)).to_contain_text(f"queue: {position}/{position}")
    release()
    for page in pages:
        expect(page.locator(progress)).to_have_count(0)
        expect(page.locator("#model input")).to_have_value(re.compile("English"))
        expect(page.locator("#text input")).to_have_value(re.compile("the old"))
