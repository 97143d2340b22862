"""A class arrives: many cold page loads at once, then as many visitors who translate. For this machine alone.

    python tests/load.py [--visitors 30] [--translations 10] [--minutes 0]

The app is started, asked over loopback and ended by this script. Page loads: what a real browser asked for is asked for again
by each visitor, over six connections. Translations: each visitor waits for one before asking for the next, and reads for a
while in between. `--minutes` goes on like that for so long and reports how the memory grows.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parent / "browser"))

from playwright.sync_api import sync_playwright
from server import FLAGS, find_chromium, serve

CONNECTIONS = 6  # that a browser opens to one server
READING = (2.0, 6.0)  # seconds between two translations of a visitor, at random
WORDS = ("old", "small", "red", "new", "green"), ("house", "garden", "book", "car", "dog", "station", "table")


def sentence(rng: random.Random) -> str:
    """One of many, so that hardly two visitors ask for the same."""
    adjectives, nouns = WORDS
    pick = rng.choice
    return f"My {pick(adjectives)} {pick(nouns)} is near the {pick(adjectives)} {pick(nouns)}, and I like the {pick(nouns)}."


def asked_by_a_browser(url: str) -> list[str]:
    """What a first look at the page asks for, in order."""
    found: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        page = browser.new_page()
        page.on("request", lambda request: found.append(request.url) if request.method == "GET" else None)
        page.goto(url)
        page.locator(".player.ready").wait_for()
        seen = -1
        while len(found) > seen:  # the page's own lines stay open, so that the network is never idle
            seen = len(found)
            page.wait_for_timeout(2000)
        browser.close()
    return [
        address for address in found if address.startswith(url) and "/queue/" not in address and "/heartbeat" not in address
    ]


class Table:
    """Seconds by what was done, and what went wrong."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}
        self.failed: list[str] = []

    async def timed(self, what: str, work: Awaitable[Any]) -> Any:
        start = time.monotonic()
        try:
            result = await work
        except Exception as error:  # counted, and the class goes on
            self.failed.append(f"{what}: {type(error).__name__}: {error}"[:200])
            return None
        self.seconds.setdefault(what, []).append(time.monotonic() - start)
        return result

    def show(self) -> None:
        print(f"{'':34}{'count':>7}{'median':>9}{'p95':>9}{'most':>9}   seconds")
        for what, values in self.seconds.items():
            ordered = sorted(values)
            p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
            print(f"{what:34}{len(values):7,}{statistics.median(values):9.2f}{p95:9.2f}{ordered[-1]:9.2f}")
        print(f"failed requests: {len(self.failed)}", *self.failed[:10], sep="\n  ")


async def load_page(client: httpx.AsyncClient, addresses: list[str]) -> int:
    """All of a page, as compressed as it comes; the bytes on the way."""
    total = 0

    async def get(address: str) -> None:
        nonlocal total
        async with client.stream("GET", address) as answer:
            answer.raise_for_status()
            async for part in answer.aiter_raw():
                total += len(part)

    await get(addresses[0])
    await asyncio.gather(*(get(address) for address in addresses[1:]))
    return total


class Visitor:
    """Translates over the same calls as the page does."""

    def __init__(self, client: httpx.AsyncClient, url: str, config: dict[str, Any], seed: int):
        self.client, self.url, self.rng = client, url, random.Random(seed)
        self.session = uuid.uuid4().hex[:12]
        components = {component["props"].get("elem_id"): component["id"] for component in config["components"]}
        values = {component["id"]: component["props"].get("value") for component in config["components"]}
        call = next(
            dependency
            for dependency in config["dependencies"]
            if [components["text"], "submit"] in map(list, dependency["targets"])
        )
        self.call, self.data = call["id"], [values.get(component) for component in call["inputs"]]
        self.place = call["inputs"].index(components["text"])

    async def translate(self) -> None:
        data = list(self.data)
        data[self.place] = sentence(self.rng)
        body = {"data": data, "fn_index": self.call, "session_hash": self.session}
        joined = await self.client.post(f"{self.url}gradio_api/queue/join", json=body)
        joined.raise_for_status()
        event = joined.json()["event_id"]
        async with self.client.stream(
            "GET", f"{self.url}gradio_api/queue/data", params={"session_hash": self.session}
        ) as answer:
            async for line in answer.aiter_lines():
                if not line.startswith("data:"):
                    continue
                told = json.loads(line[5:])
                if told.get("event_id") == event and told["msg"] == "process_completed":
                    if not told["success"] or "steps" not in json.dumps(told["output"]):
                        raise RuntimeError(str(told)[:150])
                    return
        raise RuntimeError("the answer never came")


async def everybody(count: int, work: Callable[[int], Awaitable[None]]) -> None:
    await asyncio.gather(*(work(number) for number in range(count)))


def memory(pid: int) -> float:
    """MiB that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def lesson(url: str, pid: int, addresses: list[str], options: argparse.Namespace) -> Table:
    table = Table()
    limits = httpx.Limits(max_connections=CONNECTIONS)
    timeout = httpx.Timeout(300)
    sizes: list[int] = []

    async def arrive(_: int) -> None:
        async with httpx.AsyncClient(limits=limits, timeout=timeout, headers={"accept-encoding": "gzip, br"}) as client:
            size = await table.timed("cold page load, all at once", load_page(client, addresses))
            sizes.extend([size] if size else [])

    await everybody(options.visitors, arrive)
    if sizes:
        print(f"a page: {len(addresses)} requests, {statistics.median(sizes) / 1e6:.2f} MB as sent")
    async with httpx.AsyncClient(timeout=timeout) as client:
        config = (await client.get(f"{url}config")).json()
    held: list[tuple[float, float]] = [(0.0, memory(pid))]
    start = time.monotonic()

    async def work(number: int) -> None:
        async with httpx.AsyncClient(timeout=timeout) as client:
            visitor = Visitor(client, url, config, number)
            await table.timed("first translation, all at once", visitor.translate())
            done = 0
            while done < options.translations or time.monotonic() - start < 60 * options.minutes:
                await asyncio.sleep(visitor.rng.uniform(*READING))
                await table.timed("translation", visitor.translate())
                done += 1
                if number == 0:
                    held.append(((time.monotonic() - start) / 3600, memory(pid)))

    await everybody(options.visitors, work)
    slope = statistics.linear_regression(*zip(*held[len(held) // 4 :], strict=True)).slope if len(held) > 4 else float("nan")
    print(f"memory of the server: {held[0][1]:,.0f} MiB before, {held[-1][1]:,.0f} MiB after; {slope:+,.0f} MiB an hour")
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", type=int, default=30)
    parser.add_argument("--translations", type=int, default=10)
    parser.add_argument("--minutes", type=float, default=0)
    options = parser.parse_args()
    if not 1 <= options.visitors <= 200 or not 1 <= options.translations <= 1000 or not 0 <= options.minutes <= 120:
        parser.error("at most 200 visitors, 1000 translations and 120 minutes")
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder, "log")) as url:
        addresses = asked_by_a_browser(url)
        print(f"{options.visitors} visitors, {os.cpu_count()} processors")
        table = asyncio.run(lesson(url, _server(), addresses, options))
        table.show()
    return 1 if table.failed else 0


def _server() -> int:
    """The process that this script started."""
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    named = [int(pid) for pid in children if "app.py" in Path(f"/proc/{pid}/cmdline").read_text()]
    assert len(named) == 1, named
    return named[0]


if __name__ == "__main__":
    raise SystemExit(main())
