"""Simulate a Hugging Face Space on one machine: `python tests/load/space.py` prints the results as a table.

It uses only the tracked files, read-only; a Python environment with only requirements.txt; the variables of a Space; a user
without rights whose home is not writable; and no network. It starts the app, requests translations, and checks which files
the app has written. The user without rights and the missing network need root; without root the app runs as the current user,
with every proxy closed.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534
PORT = 7860  # the port of a Space
PATIENCE = 180  # seconds until the app must have answered
SENTENCE, TRANSLATION = "I forgot my umbrella.", "J'ai oublié mon parapluie."
TIMES = 20
CLOSED = "http://127.0.0.1:9"
# A warning about a package that only a Space has, for its own editor.
EXPECTED = "`spaces` package is required to run hot-reloading in Spaces"
GPU = ("libcuda.so", "/dev/nvidia")


def copy(folder: Path) -> Path:
    """Copy the tracked files in their current state, read-only."""
    app = folder / "app"
    for name in subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\0"
    ):
        if name and (ROOT / name).is_file():
            (app / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, app / name)
    read_only(app)
    return app


def read_only(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)


def environment(home: Path, python: str) -> dict[str, str]:
    """Return the variables that a Space sets, and those that any process has."""
    return {
        "PATH": f"{Path(python).parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "SYSTEM": "spaces",
        "SPACE_ID": "somebody/seq2seq-unrolled",
        "SPACE_HOST": "somebody-seq2seq-unrolled.hf.space",
        "SPACE_AUTHOR_NAME": "somebody",
        "SPACE_REPO_NAME": "seq2seq-unrolled",
        "GRADIO_SERVER_NAME": "0.0.0.0",
        "GRADIO_SERVER_PORT": str(PORT),
        **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), CLOSED),
        "NO_PROXY": "localhost,127.0.0.1,0.0.0.0",
        "no_proxy": "localhost,127.0.0.1,0.0.0.0",
    }


def state_of(*folders: Path) -> dict[str, tuple[int, int]]:
    """Return every file and folder below, with size and time of the last change."""
    states = {}
    for folder in folders:
        for path in [folder, *folder.rglob("*")]:
            status = path.lstat()
            states[str(path)] = (status.st_size, status.st_mtime_ns)
    return states


def is_root() -> bool:
    return os.geteuid() == 0 and shutil.which("setpriv") is not None


def can_cut_off() -> bool:
    return is_root() and subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode == 0


def raise_loopback() -> None:
    """Turn on loopback, which is off in a new network namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as some:
        request = struct.pack("16sH14s", b"lo", 1, b"")  # IFF_UP
        fcntl.ioctl(some, 0x8914, request)  # SIOCSIFFLAGS


@contextmanager
def a_folder() -> Iterator[Path]:
    """Make a temporary folder that a user without rights can read, including the folders above it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        try:
            yield folder
        finally:
            for path in folder.rglob("*"):  # otherwise only root could delete it
                if path.is_dir() and not path.is_symlink():
                    path.chmod(0o755)


@contextmanager
def started(app: Path, home: Path, python: str, log: Path) -> Iterator[subprocess.Popen]:
    demoted = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs"] if is_root() else []
    with log.open("w") as output:
        process = subprocess.Popen(
            [*demoted, python, "app.py"], cwd=app, env=environment(home, python), stdout=output, stderr=subprocess.STDOUT
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def get(path: str, body: Any = None) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}/{path}", data, {"Content-Type": "application/json"})
    return opener.open(request, timeout=60).read().decode()


def translate() -> str:
    number = json.loads(get("gradio_api/call/v2/translate", {"text": SENTENCE}))["event_id"]
    answer = get(f"gradio_api/call/v2/translate/{number}")
    return json.loads(answer.partition("data: ")[2])[0]["text"]


def wait(process: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert process.poll() is None, f"the app ended:\n{log.read_text()}"
        try:
            get("robots.txt")  # lighter than the page itself, which Gradio requests at the same time
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise AssertionError(f"the app did not answer:\n{log.read_text()}")


def held(process: subprocess.Popen, name: str) -> str:
    return next(
        line.split(maxsplit=1)[1].strip()
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines()
        if line.startswith(f"{name}:")
    )


def uses_gpu(process: subprocess.Popen) -> list[str]:
    """Return the names of GPU files that the process has mapped or opened."""
    mapped = Path(f"/proc/{process.pid}/maps").read_text()
    opened = [str(path.readlink()) for path in Path(f"/proc/{process.pid}/fd").iterdir() if path.is_symlink()]
    return [name for name in GPU if name in mapped or any(name in path for path in opened)]


def reaches_nothing(python: str) -> bool:
    probe = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=2)"
    return "unreachable" in subprocess.run([python, "-c", probe], capture_output=True, text=True).stderr


def play(folder: Path, python: str) -> dict[str, Any]:
    """Start the app as on a Space, send requests, and return the results."""
    folder.chmod(0o755)
    app, home, log = copy(folder), folder / "home", folder / "log"
    home.mkdir(mode=0o555)
    packages = Path(python).parents[1] / "lib"
    watched = [app, home, *([packages] if packages.is_relative_to(folder) else [])]
    before, start = state_of(*watched), time.monotonic()
    report: dict[str, Any] = {}
    with started(app, home, python, log) as process:
        wait(process, log)
        get("")
        report["seconds until the page is there"] = round(time.monotonic() - start, 1)
        translated = translate()
        report["seconds until the first translation"] = round(time.monotonic() - start, 1)
        report["its text is right"] = translated == TRANSLATION
        took = []
        for _ in range(TIMES):
            once = time.monotonic()
            translate()
            took.append(time.monotonic() - once)
        report["milliseconds per translation, median"] = round(1000 * statistics.median(took))
        report["memory at its highest, MB"] = int(held(process, "VmHWM").split()[0]) // 1024
        report["user"] = held(process, "Uid").split()[0]
        report["network"] = "none" if can_cut_off() and reaches_nothing(python) else "proxies closed"
        report["of a GPU"] = uses_gpu(process) or "nothing"
    after = state_of(*watched)
    changed = [path for path in sorted(before.keys() | after.keys()) if before.get(path) != after.get(path)]
    report["written outside the temporary folder"] = changed or "nothing"
    complaints = [line for line in log.read_text().splitlines() if re.match(r"\S*(Error|Exception|Warning): ", line)]
    report["complaints in the log"] = [line for line in complaints if EXPECTED not in line] or "none"
    return report


def installed(folder: Path) -> tuple[str, float]:
    """Make a Python environment with the packages of requirements.txt; return it and the seconds that this took."""
    start = time.monotonic()
    venv = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    python = str(venv / "bin/python")
    call = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", ROOT / "requirements.txt"]
    subprocess.run(call, check=True)
    return python, time.monotonic() - start


def play_in_subprocess(folder: Path, python: str) -> dict[str, Any]:
    """Run `play` in a separate process, without a network if possible."""
    call = [sys.executable, __file__, "--inside", str(folder), "--python", python]
    cut_off = ["unshare", "-n"] if can_cut_off() else []
    output = subprocess.run([*cut_off, *call], check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", help="a Python that has the requirements installed; default: install them")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        if can_cut_off():
            raise_loopback()
        print(json.dumps(play(options.inside, options.python)))
        return
    with a_folder() as folder:
        python, took = (options.python, None) if options.python else installed(folder)
        report = play_in_subprocess(folder, python)
        if took is not None:
            listed = subprocess.run(
                [python, "-m", "pip", "list", "--format=freeze"], capture_output=True, text=True, check=True
            )
            report = {"seconds to install the requirements": round(took), "packages": len(listed.stdout.splitlines()), **report}
    width = max(map(len, report))
    for what, value in report.items():
        print(f"{what:<{width}}  {value}")


if __name__ == "__main__":
    main()
