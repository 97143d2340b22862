"""python tests/load/overhead.py: measure how much a run slows down while the page shows it, compared with a shell command.

Both runs alternate, with the same updates and probes. Prints the seconds of training, by the run's own clock, and their ratio,
as JSON. It uses loopback only and ends by itself.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.extend(str(Path(__file__).resolve().parents[n]) for n in (1, 2))

from playwright.sync_api import Page, expect, sync_playwright
from support.apps.server import FLAGS, ROOT, find_chromium, serve

from seq2seq.runs.queue import THREADS
from seq2seq.training import event_log
from seq2seq.training.events import Finished
from seq2seq.ui.kit import examples
from seq2seq.ui.train.tab import MEASURED, PROBES

UPDATES, ROUNDS = 1000, 3
LONG = 600_000  # ms


def seconds(folder: Path) -> float:
    (end,) = [event for event in event_log.read(folder)[0] if isinstance(event, Finished)]
    return end.seconds


def watched(page: Page, data: Path) -> float:
    before = set(data.glob("runs/*"))
    page.locator("#train-length input").click()
    page.get_by_role("option", name=f"{UPDATES:,} updates", exact=True).click()
    page.locator("#train").click()
    expect(page.get_by_test_id("run-state")).not_to_have_text("finished", timeout=LONG)  # the previous run's state is gone
    expect(page.get_by_test_id("run-state")).to_have_text("finished", timeout=LONG)
    (folder,) = set(data.glob("runs/*")) - before
    return seconds(next(folder.glob("run-*")))


def alone(out: Path) -> float:
    call = [sys.executable, "-m", "seq2seq", "train", "--task", "reverse", "--updates", str(UPDATES), "--out", str(out)]
    call += ["--threads", str(THREADS), "--measure", str(MEASURED)]
    call += [f"--probe={sentence}" for sentence in list(examples.of_task("reverse"))[:PROBES]]
    subprocess.run(call, cwd=ROOT, check=True, capture_output=True)
    return seconds(out)


def main() -> None:
    with tempfile.TemporaryDirectory() as name, serve(Path(name) / "log") as address, sync_playwright() as playwright:
        folder = Path(name)
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{address}?tab=train")
        page.locator(".train.ready").wait_for()
        times = [(watched(page, folder / "data"), alone(folder / f"alone-{n}")) for n in range(ROUNDS)]
        browser.close()
    in_page, in_shell = (statistics.median(column) for column in zip(*times, strict=True))
    print(
        json.dumps({"updates": UPDATES, "rounds": times, "page_s": in_page, "shell_s": in_shell, "ratio": in_page / in_shell})
    )


if __name__ == "__main__":
    main()
