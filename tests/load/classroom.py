"""Simulate a class: many cold page loads at once, then visitors who translate, fork and change tabs; loopback only.

    python tests/load/classroom.py [--visitors 30] [--browsers 2] [--turns 10] [--minutes 0]

The script starts the app, sends requests over loopback and ends the app. Page loads: each visitor repeats the requests of a
real browser over six connections. Then all visitors act at once; after that each waits for an answer and pauses before the next
action. `--browsers` of the visitors are real browsers that click through the page. `--minutes` continues for this time and
reports the growth of memory.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx

sys.path.extend(str(Path(__file__).resolve().parents[n]) for n in (1, 2))

from playwright.async_api import Browser, async_playwright
from playwright.sync_api import sync_playwright
from support.apps.server import FLAGS, find_chromium, serve

from load.visitor import Visitor, sentence

CONNECTIONS = 6  # connections of a browser to one server
READING = (2.0, 6.0)  # range of the random pause between two actions, in seconds
SHARES = (6, 3, 1)  # weights of translations, forks and tab changes


def asked_by_a_browser(url: str) -> list[str]:
    """Return the addresses that a browser requests on its first visit, in order."""
    requests: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        page = browser.new_page()
        page.on("request", lambda request: requests.append(request.url) if request.method == "GET" else None)
        page.goto(url)
        page.locator(".player.ready").wait_for()
        seen = -1
        while len(requests) > seen:  # the page keeps connections open, so the network is never idle
            seen = len(requests)
            page.wait_for_timeout(2000)
        browser.close()
    return [
        address for address in requests if address.startswith(url) and "/queue/" not in address and "/heartbeat" not in address
    ]


class Table:
    """Seconds by kind of action, and errors."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}
        self.failed: list[str] = []

    @property
    def count(self) -> int:
        return sum(map(len, self.seconds.values()))

    async def timed(self, what: str, work: Awaitable[Any]) -> Any:
        start = time.monotonic()
        try:
            result = await work
        except Exception as error:  # count the error and continue
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
    """Load all files of a page, compressed; return the number of transferred bytes."""
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


async def browse(browser: Browser, url: str, table: Table, goes_on: Callable[[int], bool], seed: int) -> None:
    """Act as a visitor with a real browser: translate, choose another candidate, open another tab and come back."""
    rng = random.Random(-seed)
    page = await browser.new_page()
    page.on("pageerror", lambda error: table.failed.append(f"a real browser: {error}"))

    async def arrive() -> None:
        await page.goto(url)
        await page.locator(".player.ready").wait_for()

    async def translate() -> None:
        text = sentence(rng)
        await page.locator("#text input").fill(text)
        await page.locator("#translate").click()
        await page.wait_for_function("(text) => new URLSearchParams(location.search).get('text') === text", arg=text)

    async def fork() -> None:
        await page.locator("[data-action=next]").click()
        await page.locator(".candidate:not(.chosen)").first.click()
        await page.wait_for_function("() => new URLSearchParams(location.search).get('prefix')")

    async def switch() -> None:
        await page.get_by_role("tab", name="Attention").click()
        await page.locator(".attention.ready").first.wait_for()
        await page.get_by_role("tab", name="Translate").click()

    await table.timed("a real browser's page load", arrive())
    turn = 0
    while goes_on(turn):
        await asyncio.sleep(rng.uniform(*READING))
        what, do = [("translation", translate), ("fork", fork), ("another tab and back", switch)][turn % 3]
        await table.timed(f"a real browser's {what}", do())
        turn += 1
    await page.close()


async def everybody(count: int, work: Callable[[int], Awaitable[None]]) -> None:
    await asyncio.gather(*(work(number) for number in range(count)))


def memory(pid: int) -> float:
    """Return the memory of a process in MiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def processor(pid: int) -> float:
    """Return the processor time of a process in seconds."""
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


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
    count = options.visitors - options.browsers
    visitors = [Visitor(httpx.AsyncClient(timeout=timeout), url, config, number) for number in range(count)]
    await everybody(count, lambda number: table.timed("the loaded page's own call", visitors[number].arrive()))
    await everybody(count, lambda number: table.timed("translation, all at once", visitors[number].translate()))
    held: list[tuple[float, float]] = [(0.0, memory(pid))]
    start, taken, before = time.monotonic(), processor(pid), table.count

    def goes_on(done: int) -> bool:
        return done < options.turns or time.monotonic() - start < 60 * options.minutes

    async def work(number: int) -> None:
        visitor = visitors[number]
        done = 0
        while goes_on(done):
            await asyncio.sleep(visitor.rng.uniform(*READING))
            what, do = visitor.rng.choices(
                [("translation", visitor.translate), ("fork", visitor.fork), ("another tab", visitor.switch)], SHARES
            )[0]
            await table.timed(what, do())
            done += 1
            if number == 0:
                held.append(((time.monotonic() - start) / 3600, memory(pid)))
        await visitor.client.aclose()

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        real = (browse(browser, url, table, goes_on, number) for number in range(options.browsers))
        await asyncio.gather(everybody(count, work), *real)
        await browser.close()
    each = 1000 * (processor(pid) - taken) / (table.count - before)
    print(f"processor time of the server after the start: {each:.0f} ms per request, including the browsers' page loads")
    slope = statistics.linear_regression(*zip(*held[len(held) // 4 :], strict=True)).slope if len(held) > 4 else float("nan")
    print(f"memory of the server: {held[0][1]:,.0f} MiB before, {held[-1][1]:,.0f} MiB after; {slope:+,.0f} MiB an hour")
    return table


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", type=int, default=30)
    parser.add_argument("--browsers", type=int, default=2)
    parser.add_argument("--turns", type=int, default=10)
    parser.add_argument("--minutes", type=float, default=0)
    options = parser.parse_args()
    fair = 0 <= options.browsers <= 10 and 1 <= options.turns <= 1000 and 0 <= options.minutes <= 120
    if not fair or not options.browsers < options.visitors <= 200:
        parser.error("use at most 200 visitors, of them 10 real browsers, 1000 turns and 120 minutes")
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder, "log")) as url:
        addresses = asked_by_a_browser(url)
        print(f"{options.visitors} visitors, {os.cpu_count()} processors")
        table = asyncio.run(lesson(url, _server(), addresses, options))
        table.show()
    return 1 if table.failed else 0


def _server() -> int:
    """Return the process id of the app that this script started."""
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    named = [int(pid) for pid in children if "app.py" in Path(f"/proc/{pid}/cmdline").read_text()]
    assert len(named) == 1, named
    return named[0]


if __name__ == "__main__":
    raise SystemExit(main())
