"""Serve the real app on this machine during a test or a measurement."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

from seq2seq.data.synthetic import TASKS

ROOT = Path(__file__).resolve().parents[3]
START_LIMIT = 240  # attempts, half a second each, until the app must have answered
# The headless shell has no window, so that a page costs less processor time.
CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
# Chromium loads a page for the suggestions of its address bar in each new window; that costs as much as a third of our page.
# The last list of disabled features replaces the others, so this one repeats those of Playwright that our page could meet.
FEATURES = """WebUIOmniboxPopup WebUIOmniboxAimPopup AimEnabled AvoidCorsURLLoaderRestartOnRedirect LensOverlay MediaRouter
AvoidUnnecessaryBeforeUnloadCheckSync DestroyProfileOnBrowserClose HttpsFirstBalancedModeAutoEnable HttpsUpgrades PaintHolding
NetworkTimeServiceQuerying OptimizationHints PreconnectToSearch ThirdPartyStoragePartitioning"""
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
    f"--disable-features={','.join(FEATURES.split())}",
    # A page lives for seconds here: its scripts cost more to optimise than they save.
    *("--process-per-site", "--js-flags=--no-opt --no-maglev"),
    # A microphone that beeps once a second, and that no visitor has to allow.
    *("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"),
]


def find_chromium() -> str:
    path = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    assert path, "no Chromium found: install it from your system's packages, or run tests/run"
    return path


def _free_port() -> int:
    """Return a free port below those that the system gives to connections: until the app takes it, nothing else does."""
    while True:
        port = random.SystemRandom().randrange(10_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@contextlib.contextmanager
def serve(log: Path, script: str = "app.py", **variables: str) -> Iterator[str]:
    """Start `python script` on a free port, return its address, and end the process after the block. `variables` are added to
    its environment."""
    port = _free_port()
    environment = {**os.environ, "GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_SERVER_PORT": str(port)}
    environment["SEQ2SEQ_DATA"] = str(log.parent / "data")
    environment["SEQ2SEQ_CORPORA"] = str(_copies(log.parent / "corpora"))
    environment |= variables
    url = f"http://127.0.0.1:{port}/"
    with log.open("w") as output:
        app = subprocess.Popen([sys.executable, script], cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            _wait(app, url, log)
            yield url
        finally:
            app.terminate()
            app.wait(timeout=30)


def _copies(folder: Path) -> Path:
    """Make a copy of one public corpus: it has the corpus's name, but our own sentences."""
    folder.mkdir(exist_ok=True)
    lines = [f"{source}\t{target}\tmade by this project\n" for source, target in TASKS["grammar"].pairs("valid")]
    with zipfile.ZipFile(folder / "fra-eng.zip", "w") as archive:
        archive.writestr("fra.txt", "".join(lines))
    return folder


def _wait(app: subprocess.Popen, url: str, log: Path) -> None:
    for _ in range(START_LIMIT):
        assert app.poll() is None, f"the app ended:\n{log.read_text()}"
        try:
            urllib.request.urlopen(url, timeout=5)
            return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            try:
                app.wait(timeout=0.5)
            except subprocess.TimeoutExpired:
                continue
    raise AssertionError(f"the app did not answer:\n{log.read_text()}")
