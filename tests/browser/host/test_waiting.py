"""Test the queue: visitors see their position, a full queue refuses requests, and every accepted request is answered."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect
from support.apps.server import serve

from seq2seq.ui.app import MOST_WAITING
from seq2seq.ui.host.services import PARALLEL


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return tmp_path_factory.mktemp("waiting") / "log"


def release(log: Path) -> None:
    """Let the slow model answer."""
    (log.parent / "data").mkdir(exist_ok=True)
    (log.parent / "data" / "go").touch()


@pytest.fixture(scope="module")
def address(log):
    with serve(log, "tests/support/apps/untrained_app.py") as url:
        yield url
    assert "Traceback" not in log.read_text(), log.read_text()


def test_a_full_queue_refuses_requests_until_one_is_answered(address, log) -> None:
    calls = f"{address}gradio_api/call/v2"

    accepted = 0
    with httpx.Client(timeout=60) as client:

        def send() -> httpx.Response:
            return client.post(f"{calls}/translate", json={"text": "the small garden", "model": "slow"})

        while (answer := send()).is_success:
            accepted += 1
            assert accepted <= MOST_WAITING + PARALLEL
        assert accepted >= MOST_WAITING and answer.status_code == 503
        assert "full" in answer.text and "Traceback" not in answer.text
        release(log)
        while not (answer := send()).is_success:
            assert answer.status_code == 503
        with client.stream("GET", f"{calls}/translate/{answer.json()['event_id']}") as stream:
            assert "event: complete" in stream.iter_lines()
    (log.parent / "data" / "go").unlink()


def test_the_queue_position_is_shown_until_the_answer_arrives(visit, log) -> None:
    progress, pages = "#tab-translate .progress-text", []
    for number in range(PARALLEL):  # these are being answered before the next visitors come, so the order is known
        page = visit(f"?model=slow&text=the+old+man{'+sees' * number}", ready=progress)
        expect(page.locator(progress)).not_to_contain_text("queue")
        pages.append(page)
    for position in (1, 2):
        pages.append(visit(f"?model=slow&text=the+old+house{'+sees' * position}", ready=progress))
        expect(pages[-1].locator(progress)).to_contain_text(f"queue: {position}/{position}")
    release(log)
    for page in pages:
        expect(page.locator(progress)).to_have_count(0)
        expect(page.locator("#model input")).to_have_value(re.compile("English"))
        expect(page.locator("#text input")).to_have_value(re.compile("the old"))
