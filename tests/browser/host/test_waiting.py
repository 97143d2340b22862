"""When more ask than can be answered: everybody is told their place in the line, and then is answered."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect
from support.server import serve

from seq2seq.ui.app import MOST_WAITING
from seq2seq.ui.host.services import PARALLEL


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return tmp_path_factory.mktemp("waiting") / "log"


def go(log: Path) -> None:
    """Let the slow model answer."""
    (log.parent / "data").mkdir(exist_ok=True)
    (log.parent / "data" / "go").touch()


@pytest.fixture(scope="module")
def address(log):
    with serve(log, "tests/support/untrained_app.py") as url:
        yield url
    assert "Traceback" not in log.read_text(), log.read_text()


def test_a_full_line_takes_nobody_in_until_it_is_shorter(address, log) -> None:
    calls = f"{address}gradio_api/call/v2"

    accepted = 0
    with httpx.Client(timeout=60) as client:

        def ask() -> httpx.Response:
            return client.post(f"{calls}/translate", json={"text": "the small garden", "model": "slow"})

        while (answer := ask()).is_success:
            accepted += 1
            assert accepted <= MOST_WAITING + PARALLEL
        assert accepted >= MOST_WAITING and answer.status_code == 503
        assert "full" in answer.text and "Traceback" not in answer.text
        go(log)
        while not (answer := ask()).is_success:
            assert answer.status_code == 503
        with client.stream("GET", f"{calls}/translate/{answer.json()['event_id']}") as told:
            assert "event: complete" in told.iter_lines()
    (log.parent / "data" / "go").unlink()


def test_a_place_in_line_is_shown_and_taken_away_with_the_answer(visit, log) -> None:
    told, pages = "#tab-translate .progress-text", []
    for number in range(PARALLEL):  # these are being answered before anybody else asks, so that the order is known
        page = visit(f"?model=slow&text=the+old+man{'+sees' * number}", ready=told)
        expect(page.locator(told)).not_to_contain_text("queue")
        pages.append(page)
    for place in (1, 2):
        pages.append(visit(f"?model=slow&text=the+old+house{'+sees' * place}", ready=told))
        expect(pages[-1].locator(told)).to_contain_text(f"queue: {place}/{place}")
    go(log)
    for page in pages:
        expect(page.locator(told)).to_have_count(0)
        expect(page.locator("#model input")).to_have_value(re.compile("English"))
        expect(page.locator("#text input")).to_have_value(re.compile("the old"))
