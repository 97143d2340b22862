"""python tests/load/click_to_picture.py: measure the time from a click on Translate to the new picture, in a real browser.

Prints the median and the 95th percentile of 30 clicks, in milliseconds, as JSON. It uses loopback only and ends by itself.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.extend(str(Path(__file__).resolve().parents[n]) for n in (1, 2))

from playwright.sync_api import sync_playwright
from support.apps.server import FLAGS, find_chromium, serve

SENTENCES = [
    "We were waiting for you in the garden of the old house.",
    "My sister has lost the keys of her new car this morning.",
]  # 12 words each
CLICKS = 30

# The page measures the time itself: from the click until the player shows the trace of the new sentence.
CLICK = """
(sentence) => new Promise((done) => {
  const player = document.querySelector(".player");
  const before = player.dataset.trace;
  const watcher = new MutationObserver(() => {
    if (player.dataset.trace === before) return;
    watcher.disconnect();
    requestAnimationFrame(() => done(performance.now() - start));
  });
  watcher.observe(player, { attributes: true, attributeFilter: ["data-trace"] });
  const start = performance.now();
  document.querySelector("#translate").click();
})
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder) / "log") as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        page.goto(address)
        page.locator(".player.ready").wait_for()
        times = []
        for i in range(CLICKS + 2):
            page.locator("#text input").fill(SENTENCES[i % 2])
            page.wait_for_timeout(200)  # let the page settle before the measured click
            elapsed = page.evaluate(CLICK)
            if i >= 2:  # the first two warm up
                times.append(elapsed)
        browser.close()
    times.sort()
    result = {
        "clicks": len(times),
        "median_ms": round(statistics.median(times)),
        "p95_ms": round(times[int(0.95 * len(times))]),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
