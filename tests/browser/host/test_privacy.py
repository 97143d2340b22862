"""What the page says of what visitors type is so: one visitor goes everywhere and types, and then every trace is looked for."""

from __future__ import annotations

import os
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import Error as PlaywrightError
from support.lessons import TABS
from support.server import serve
from support.train_page import LONG, PAIRS, choose, upload
from support.visitor import Visitor

from seq2seq.ui.host import upload_folder
from seq2seq.ui.train.tab import _FORMER as VISITOR
from seq2seq.ui.views import VIEWS

WATCHED = Path(__file__).parents[2] / "support" / "watched"
MARK = "zyxomark"  # in no file of this project but this one
TYPED = f"The {MARK} sleeps."
CHROMIUMS_OWN = {"content-autofill.googleapis.com:443"}  # it asks there what fields are called, whatever the page
HINTS = """() => [...document.querySelectorAll("link[href], script[src], iframe[src], img[src]")]
  .map(node => node.getAttribute("href") || node.getAttribute("src"))
  .filter(named => /^https?:$/.test(new URL(named, document.baseURI).protocol)
    && new URL(named, document.baseURI).origin !== location.origin)"""


@dataclass
class Found:
    visitor: Visitor
    promised: str  # by the page
    stored: str  # in the browser
    hints: list[str]  # other machines that the page tells the browser to prepare a connection to, or to load from
    outside: list[str]  # requests that the browser sent to a proxy in place of another machine
    watched: list[str]  # what `watched` noted of the server and its runs
    said: str  # the server's standard output and error
    kept: list[Path]  # files with the mark while the run was there,
    left: list[Path]  # and after it was deleted
    cleared: list[Path]  # and after the uploads had grown old
    data: Path
    uploads: Path


class _Proxy(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.server.lines.append(self.rfile.readline().decode("latin-1").strip())


@contextmanager
def outer_world() -> Iterator[tuple[str, list[str]]]:
    """A proxy that lets nothing through, and what it was asked for."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Proxy) as server:
        server.daemon_threads, server.lines = True, []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", server.lines
        server.shutdown()


def marked(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and MARK.encode() in path.read_bytes().lower()]


def watch(patch: pytest.MonkeyPatch, notes: Path) -> None:
    patch.setenv("SEQ2SEQ_WATCHED", str(notes))
    patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(WATCHED), os.environ.get("PYTHONPATH")))))


@pytest.fixture(scope="module")
def found(browser: Browser, tmp_path_factory) -> Iterator[Found]:
    home = tmp_path_factory.mktemp("privacy")  # all that the server may write to
    brought = tmp_path_factory.mktemp("brought")  # the visitor's own files
    log, notes, uploads = home / "log", home / "watched", home / "tmp" / upload_folder.OWN.name
    (home / "tmp").mkdir()
    with pytest.MonkeyPatch.context() as patch, outer_world() as (proxy, outside):
        watch(patch, notes)
        patch.setenv("PYTHONUNBUFFERED", "1")
        for name in ("TMPDIR", "HOME"):
            patch.setenv(name, str(home / "tmp"))
        patch.delenv("GRADIO_TEMP_DIR", raising=False)
        with serve(log) as address:
            visitor = Visitor(browser, address, proxy={"server": proxy, "bypass": "127.0.0.1"})
            type_everywhere(visitor, brought)
            kept = marked(home)
            delete_run(visitor.page)
            stored = visitor.page.evaluate(
                """async () => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie,
                     await indexedDB.databases(), await caches.keys()])"""
            )
            hints = visitor.page.evaluate(HINTS)
            promised = visitor.page.get_by_test_id("privacy").text_content() or ""
            visitor.context.close()
        left = marked(home)
        upload_folder.clear(uploads, time.time() + 1)
        watched = notes.read_text().splitlines()
        yield Found(
            visitor,
            promised,
            stored,
            hints,
            outside,
            watched,
            log.read_text(),
            kept,
            left,
            marked(home),
            home / "data",
            uploads,
        )


def type_everywhere(visitor: Visitor, brought: Path) -> None:
    """Every tab and view is opened, and the mark is brought into each kind of field; a run learns from it at the end."""
    page = visitor.open("?" + f"text={quote(TYPED)}", ".player.ready")
    field = page.locator("#text input")
    field.fill(TYPED.replace("sleeps", "eats"))
    field.press("Enter")
    page.wait_for_url("**eats**")
    field.fill(TYPED * 100)  # is refused
    field.press("Enter")
    expect(page.get_by_test_id("message").first).to_contain_text("characters")
    page.locator(".plot .heatmaplayer image").wait_for()
    page.get_by_test_id("about").click()
    expect(page.get_by_test_id("privacy")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_test_id("lesson-open").click()
    page.get_by_test_id("lesson-ask").fill(TYPED)
    page.locator(".lesson-qr img").wait_for()
    page.keyboard.press("Escape")
    seen, name = {VIEWS[0].name}, None
    for tab in page.locator("#tabs > .tab-wrapper").get_by_role("tab").all()[1:]:
        tab.click()
        seen.add(name := opened(page, name))
        for view in page.locator('[id^="views-"]:visible > .tab-wrapper').get_by_role("tab").all()[1:]:
            view.click()
            seen.add(name := opened(page, name))
            if name == "sentences":
                measure(page, brought)
    assert seen == {view.name for view in VIEWS}
    visitor.open(f"?tab=score&text={quote(TYPED)}&first={quote(TYPED)}&other=Non.", ".score.ready")
    visitor.open("?tab=train", ".train.ready")
    load = page.locator("#train-load")
    wrong, table = brought / "events.jsonl", brought / "pairs.tsv"
    wrong.write_text(TYPED)
    with page.expect_file_chooser() as chooser:
        load.click()
    chooser.value.set_files(wrong)
    expect(page.locator("#tab-train").get_by_test_id("message")).not_to_be_empty()
    table.write_text("".join(f"{s} {MARK}\t{t} {MARK}\n" for s, t in PAIRS))
    upload(page, table)
    expect(page.locator("#train")).to_be_enabled()
    choose(page, "length", "500 updates")
    page.locator("#train").click()
    expect(page.get_by_test_id("run-says")).to_contain_text("update", timeout=LONG)


def opened(page: Page, before: str | None) -> str:
    """The tab or view that has come into sight, by its name, once it is drawn."""
    named = "new URLSearchParams(location.search).get('tab')"
    page.wait_for_function(f"before => {named} !== before", arg=before)
    name = page.evaluate(named)
    ready = next(ready for query, ready in TABS.items() if query.startswith(f"?tab={name}"))
    page.locator(f"{ready}:visible").first.wait_for()
    return name


def measure(page: Page, brought: Path) -> None:
    file = brought / "few.tsv"
    file.write_text(f"{TYPED}\tLe {MARK} dort.\n")
    with page.expect_file_chooser() as chooser:
        page.locator("#sentences-file").click()
    chooser.value.set_files(file)
    expect(page.get_by_test_id("measured")).to_have_text("Your file, 1 pairs.")


def delete_run(page: Page) -> None:
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_test_id("run-state")).to_have_text("stopped", timeout=LONG)
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Really delete?").click()
    expect(page.get_by_test_id("run")).to_be_hidden()


def test_the_page_speaks_with_its_server_alone(found: Found) -> None:
    assert found.visitor.strangers == [] and found.hints == []
    assert [line for line in found.outside if line.split()[1] not in CHROMIUMS_OWN] == []
    assert found.visitor.unexplained == []


def test_the_server_and_its_runs_speak_with_nobody(found: Found) -> None:
    assert [line for line in found.watched if line.startswith("outside")] == []
    started = [line for line in found.watched if line.startswith("watching")]
    assert "app.py" in started[0] and any("seq2seq train" in line for line in started)


def test_what_was_typed_is_in_no_log_and_in_no_file_but_those_that_the_page_tells_of(found: Found) -> None:
    assert MARK not in found.said.lower()
    folders = {next(f for f in (found.data, found.uploads, path) if f in (path, *path.parents)) for path in found.kept}
    assert folders == {found.data, found.uploads}  # a run's pairs, and files that were chosen
    assert found.left and all(found.uploads in path.parents for path in found.left)
    assert found.cleared == []


def test_the_browser_keeps_nothing_of_it(found: Found) -> None:
    assert MARK not in found.stored.lower()
    assert VISITOR in found.stored


def test_the_page_says_so(found: Found) -> None:
    assert "What happens to what you type" in found.promised
    assert 0 < upload_folder.MAX_AGE + upload_folder.INTERVAL <= 90 * 60
    assert "after an hour and a half at most" in found.promised


# --- the watchers see what they are to see ---------------------------------------------------------------------------


def test_a_page_that_asks_another_machine_is_noticed(browser: Browser) -> None:
    with outer_world() as (proxy, lines):
        context = browser.new_context(proxy={"server": proxy, "bypass": "127.0.0.1"})
        page = context.new_page()
        page.set_content('<link rel="preconnect" href="https://fonts.example.org">', wait_until="commit")
        assert page.evaluate(HINTS) == ["https://fonts.example.org"]
        with pytest.raises(PlaywrightError):
            page.goto("https://cdn.example.org/")
        context.close()
    assert "cdn.example.org:443" in {line.split()[1] for line in lines}


def test_a_process_that_asks_another_machine_is_noticed(monkeypatch, tmp_path) -> None:
    watch(monkeypatch, tmp_path / "notes")
    script = "import socket; s = socket.socket(); s.setblocking(0); [s.connect_ex((h, 9)) for h in ('192.0.2.1', '127.0.0.1')]"
    call = [sys.executable, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {script!r}])"]
    subprocess.run(call, check=True)
    lines = (tmp_path / "notes").read_text().splitlines()
    assert [line for line in lines if not line.startswith("watching")] == ["outside socket.connect 192.0.2.1"]


def test_only_what_is_old_is_deleted_of_the_uploads(tmp_path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    os.utime(tmp_path / "old" / "file", (1000, 1000))
    upload_folder.clear(tmp_path, 2000)
    assert [path.name for path in tmp_path.rglob("file")] == ["file"] and (tmp_path / "new" / "file").exists()
    upload_folder.clear(tmp_path, time.time() + 1)
    assert list(tmp_path.rglob("*")) == []
