"""Test the page's privacy statement: a visitor types a mark into every view; then the tests search for the mark everywhere."""

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
from support.apps.server import serve
from support.browser.train_page import LONG, PAIRS, choose, upload
from support.browser.views import each_view
from support.browser.visitor import Visitor

from seq2seq.ui.host import upload_folder
from seq2seq.ui.train.tab import _FORMER as VISITOR

WATCHED = Path(__file__).parents[2] / "support" / "watched"
MARK = "zyxomark"  # a word that is in no other file of this project
TYPED = f"The {MARK} sleeps."
CHROMIUMS_OWN = {"content-autofill.googleapis.com:443"}  # Chromium sends the names of form fields there on every page
HINTS = """() => [...document.querySelectorAll("link[href], script[src], iframe[src], img[src]")]
  .map(node => node.getAttribute("href") || node.getAttribute("src"))
  .filter(address => /^https?:$/.test(new URL(address, document.baseURI).protocol)
    && new URL(address, document.baseURI).origin !== location.origin)"""


@dataclass
class Traces:
    visitor: Visitor
    statement: str  # the page's privacy statement
    stored: str  # what the page stored in the browser
    hints: list[str]  # addresses of other machines in the page's links, scripts, frames and images
    outside: list[str]  # requests to other machines; a proxy received them
    watched: list[str]  # network addresses that the server and its runs used
    log: str  # the server's standard output and error
    kept: list[Path]  # files with the mark before the run was deleted
    left: list[Path]  # files with the mark after it was deleted
    cleared: list[Path]  # files with the mark after old uploads were deleted
    data: Path
    uploads: Path


class _Proxy(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.server.lines.append(self.rfile.readline().decode("latin-1").strip())


@contextmanager
def closed_proxy() -> Iterator[tuple[str, list[str]]]:
    """Run a proxy that passes nothing on; return its address and the list of requests that it receives."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Proxy) as server:
        server.daemon_threads, server.lines = True, []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", server.lines
        server.shutdown()


def files_with_mark(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and MARK.encode() in path.read_bytes().lower()]


def watch(patch: pytest.MonkeyPatch, notes: Path) -> None:
    patch.setenv("SEQ2SEQ_WATCHED", str(notes))
    patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(WATCHED), os.environ.get("PYTHONPATH")))))


@pytest.fixture(scope="module")
def traces(browser: Browser, tmp_path_factory) -> Iterator[Traces]:
    home = tmp_path_factory.mktemp("privacy")  # the only folder that the server may write to
    own_files = tmp_path_factory.mktemp("own")  # the visitor's files
    log, notes, uploads = home / "log", home / "watched", home / "tmp" / upload_folder.OWN.name
    (home / "tmp").mkdir()
    with pytest.MonkeyPatch.context() as patch, closed_proxy() as (proxy, outside):
        watch(patch, notes)
        patch.setenv("PYTHONUNBUFFERED", "1")
        for name in ("TMPDIR", "HOME"):
            patch.setenv(name, str(home / "tmp"))
        patch.delenv("GRADIO_TEMP_DIR", raising=False)
        with serve(log) as address:
            visitor = Visitor(browser, address, proxy={"server": proxy, "bypass": "127.0.0.1"})
            type_everywhere(visitor, own_files)
            kept = files_with_mark(home)
            delete_run(visitor.page)
            stored = visitor.page.evaluate(
                """async () => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie,
                     await indexedDB.databases(), await caches.keys()])"""
            )
            hints = visitor.page.evaluate(HINTS)
            statement = visitor.page.get_by_test_id("privacy").text_content() or ""
            visitor.context.close()
        left = files_with_mark(home)
        upload_folder.clear(uploads, time.time() + 1)
        watched = notes.read_text().splitlines()
        yield Traces(
            visitor,
            statement,
            stored,
            hints,
            outside,
            watched,
            log.read_text(),
            kept,
            left,
            files_with_mark(home),
            home / "data",
            uploads,
        )


def type_everywhere(visitor: Visitor, own_files: Path) -> None:
    """Open every tab and view, type the mark into each kind of field, and train a run on it at the end."""
    page = visitor.open("?" + f"text={quote(TYPED)}", ".player.ready")
    field = page.locator("#text input")
    field.fill(TYPED.replace("sleeps", "eats"))
    field.press("Enter")
    page.wait_for_url("**eats**")
    field.fill(TYPED * 100)  # too long, so the page refuses it
    field.press("Enter")
    expect(page.get_by_test_id("message").first).to_contain_text("characters")
    page.locator(".plot .heat-table thead th").first.wait_for()
    page.get_by_test_id("about").click()
    expect(page.get_by_test_id("privacy")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_test_id("lesson-open").click()
    page.get_by_test_id("lesson-ask").fill(TYPED)
    page.locator(".lesson-qr img").wait_for()
    page.keyboard.press("Escape")
    for name in each_view(page):
        if name == "sentences":
            measure(page, own_files)
    visitor.open(f"?tab=score&text={quote(TYPED)}&first={quote(TYPED)}&other=Non.", ".score.ready")
    visitor.open("?tab=train", ".train.ready")
    load = page.locator("#train-load")
    wrong, table = own_files / "events.jsonl", own_files / "pairs.tsv"
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
    page.wait_for_url("**run=*")
    expect(page.get_by_test_id("run-says")).to_contain_text("update", timeout=LONG)


def measure(page: Page, own_files: Path) -> None:
    file = own_files / "few.tsv"
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
    expect(page.get_by_test_id("run")).to_have_attribute("data-state", "recorded")


def test_the_page_connects_only_to_its_server(traces: Traces) -> None:
    assert traces.visitor.strangers == [] and traces.hints == []
    assert [line for line in traces.outside if line.split()[1] not in CHROMIUMS_OWN] == []
    assert traces.visitor.unexplained == []


def test_the_server_and_its_runs_connect_to_no_other_machine(traces: Traces) -> None:
    assert [line for line in traces.watched if line.startswith("outside")] == []
    started = [line for line in traces.watched if line.startswith("watching")]
    assert "app.py" in started[0] and any("seq2seq train" in line for line in started)


def test_typed_text_is_only_in_the_files_that_the_statement_names_and_in_no_log(traces: Traces) -> None:
    assert MARK not in traces.log.lower()
    folders = {next(f for f in (traces.data, traces.uploads, path) if f in (path, *path.parents)) for path in traces.kept}
    assert folders == {traces.data, traces.uploads}  # a run's sentence pairs, and uploaded files
    assert traces.left and all(traces.uploads in path.parents for path in traces.left)
    assert traces.cleared == []


def test_the_browser_stores_no_typed_text(traces: Traces) -> None:
    assert MARK not in traces.stored.lower()
    assert VISITOR in traces.stored


def test_the_statement_names_the_time_after_which_uploads_are_deleted(traces: Traces) -> None:
    assert "What happens to what you type" in traces.statement
    assert 0 < upload_folder.MAX_AGE + upload_folder.INTERVAL <= 90 * 60
    assert "after an hour and a half at most" in traces.statement


# --- the checks notice what they should ------------------------------------------------------------------------------


def test_a_page_that_contacts_another_machine_is_noticed(browser: Browser) -> None:
    with closed_proxy() as (proxy, lines):
        context = browser.new_context(proxy={"server": proxy, "bypass": "127.0.0.1"})
        page = context.new_page()
        page.set_content('<link rel="preconnect" href="https://fonts.example.org">', wait_until="commit")
        assert page.evaluate(HINTS) == ["https://fonts.example.org"]
        with pytest.raises(PlaywrightError):
            page.goto("https://cdn.example.org/")
        context.close()
    assert "cdn.example.org:443" in {line.split()[1] for line in lines}


def test_a_process_that_contacts_another_machine_is_noticed(monkeypatch, tmp_path) -> None:
    watch(monkeypatch, tmp_path / "notes")
    script = "import socket; s = socket.socket(); s.setblocking(0); [s.connect_ex((h, 9)) for h in ('192.0.2.1', '127.0.0.1')]"
    call = [sys.executable, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {script!r}])"]
    subprocess.run(call, check=True)
    lines = (tmp_path / "notes").read_text().splitlines()
    assert [line for line in lines if not line.startswith("watching")] == ["outside socket.connect 192.0.2.1"]


def test_only_old_uploads_are_deleted(tmp_path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    os.utime(tmp_path / "old" / "file", (1000, 1000))
    upload_folder.clear(tmp_path, 2000)
    assert [path.name for path in tmp_path.rglob("file")] == ["file"] and (tmp_path / "new" / "file").exists()
    upload_folder.clear(tmp_path, time.time() + 1)
    assert list(tmp_path.rglob("*")) == []
