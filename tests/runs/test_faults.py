"""Tests of faults: killed server, full disk, lost device, changed clock. Saved data stays valid, and the user gets advice."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from support.runs import ANN, LONG, PATIENCE, SHORT, updates, wait, wait_for
from support.small import make_checkpoint, make_model, small_config

from seq2seq.data import uploaded_table
from seq2seq.models.saved import checkpoint
from seq2seq.runs import archive, queue
from seq2seq.runs.folders import Run
from seq2seq.runs.lock import alone_in
from seq2seq.runs.process import Launch, launch
from seq2seq.runs.queue import ELSEWHERE, FAILED, FINISHED, PAUSED, STOPPED, Runs
from seq2seq.sources.text import Tokenizer
from seq2seq.training import device
from seq2seq.training.events import Started
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit.message import explain
from seq2seq.ui.train import run_board

ROOT = Path(__file__).resolve().parents[2]
FULL = "the disk of this machine is full: make room on it"
NOWHERE = Path("/dev/full")  # refuses every write, like a full disk


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Runs]]:
    """Return opened(launcher): open the test's runs folder as a newly started server would."""
    all_of_them: list[Runs] = []

    def new(launcher: Launch = launch) -> Runs:
        all_of_them.append(Runs(tmp_path / "runs", launcher))
        return all_of_them[-1]

    yield new
    for each in all_of_them:
        each.close()


def starts(runs: Runs, run: Run) -> list[int]:
    return [event.update for event in runs.events(run)[0] if isinstance(event, Started)]


def instead(code: str) -> Launch:
    """Run `code` first, then the training process."""
    program = f"{code}\nimport sys; from seq2seq.__main__ import main; sys.exit(main())"
    return lambda call, folder, log: launch([sys.executable, "-c", program, *call[3:]], folder, log)


# --- killed ---

FORKED = get_context("fork")  # a child that has loaded torch already; it can be killed like any other process


def serve(folder: Path, moment: str, ready: Event) -> None:
    """Be a server that starts a run, and set `ready` at the moment to kill it."""
    runs = Runs(folder)
    run = runs.start(ANN, "long", LONG)
    if moment != "starting":
        wait(lambda: updates(runs, run) >= 20)
    if moment == "paused":
        runs.pause(run)
        wait_for(runs, run, PAUSED)
    ready.set()
    signal.pause()


@pytest.mark.parametrize("moment", ["starting", "training", "paused"])
def test_run_of_a_killed_server_saves_itself_and_can_resume(moment: str, opened: Callable[..., Runs], tmp_path: Path) -> None:
    ready = FORKED.Event()
    server = FORKED.Process(target=serve, args=(tmp_path / "runs", moment, ready))
    server.start()
    assert ready.wait(PATIENCE)
    server.kill()
    server.join()
    later = opened()
    (run,) = later.of(ANN)
    assert later.state(run) == STOPPED
    wait(lambda: (later.checkpoint(run) / "training.safetensors").exists())
    wait(lambda: is_free(later.checkpoint(run)))  # the process must end without its server
    assert saved(later, run) >= max(updates(later, run), 1)
    if moment == "training":  # one case is enough for the slow part
        later.resume(run)
        wait(lambda: len(starts(later, run)) > 1)
        assert starts(later, run)[1] >= 20


def saved(runs: Runs, run: Run) -> int:
    """Return the update from which a run would continue."""
    with safe_open(runs.checkpoint(run) / "training.safetensors", "pt") as file:
        return json.loads(file.metadata()["progress"])["update"]


def is_free(folder: Path) -> bool:
    try:
        with alone_in(folder):
            return True
    except ValueError:
        return False


def adopt(folder: Path, packed: Path) -> None:
    """Import a model, and be killed in the middle."""
    archive._check_use = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment]
    Runs(folder).adopt(ANN, lambda to: archive.unpack(packed, to))


def test_killed_import_leaves_a_run_that_can_only_be_deleted(
    opened: Callable[..., Runs], tmp_path: Path, tokenizer: Tokenizer
) -> None:
    checkpoint.save(make_checkpoint(make_model(small_config()), tokenizer), tmp_path / "small")
    archive.pack(tmp_path / "small", tmp_path / "small.zip")
    importer = FORKED.Process(target=adopt, args=(tmp_path / "runs", tmp_path / "small.zip"))
    importer.start()
    importer.join()
    assert importer.exitcode == -signal.SIGKILL
    later = opened()
    (run,) = later.of(ANN)
    assert list(later.folder(run.id).glob("**/model.safetensors"))  # the kill came during the import
    assert later.state(run) == ELSEWHERE and later.events(run)[0] == []
    with pytest.raises(ValueError, match="This model is not here"):
        later.model(later.checkpoint(run).name)
    later.delete(run)
    assert later.of(ANN) == [] and not list((tmp_path / "runs").iterdir())


# --- disk ---


def limited(size: int) -> Launch:
    """Start a training process that cannot write a file of more than `size` bytes."""
    return instead(f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))")


@pytest.mark.parametrize("size", [3000, 60_000], ids=["not even the vocabulary", "not the state"])
def test_run_on_a_full_disk_explains_it_and_can_resume(size: int, opened: Callable[..., Runs]) -> None:
    first = opened(limited(size))
    run = first.start(ANN, "run", SHORT)
    wait(lambda: first.state(run) == FAILED)
    assert first.problem(run) == f"{FULL}, for example by deleting old runs, and try again"
    assert not list(first.folder(run.id).glob("**/.*.partial"))
    assert opened().state(run) == FAILED  # the error message is small enough to be written
    if size > 3000:
        first._launch = launch
        first.resume(run)
        wait_for(first, run, FINISHED)


def test_error_is_kept_in_memory_if_it_cannot_be_written(opened: Callable[..., Runs]) -> None:
    def no_room(call: list[str], folder: Path, log: Path) -> launch:
        (folder / ".error.partial").symlink_to(NOWHERE)
        raise OSError(errno.ENOSPC, "No space left on device", str(log))

    runs = opened(no_room)
    run = runs.start(ANN, "run", SHORT)
    assert runs.state(run) == FAILED and runs.problem(run).startswith(FULL)
    runs._launch = lambda _, folder, log: launch([sys.executable, "-c", ""], folder, log)
    runs.resume(run)
    wait_for(runs, run, STOPPED)
    assert runs.problem(run) == ""


def test_failed_write_keeps_the_old_file(opened: Callable[..., Runs], tmp_path: Path) -> None:
    def reaches_nothing(_: Path) -> None:
        with open(NOWHERE, "w") as file:
            file.write("pairs")

    runs = opened(instead(""))
    run = runs.watch(ANN, "run", "")
    (runs.folder(run.id) / ".run.json.partial").symlink_to(NOWHERE)
    with pytest.raises(ValueError, match=f"the run cannot be saved: {FULL}"):
        runs.rename(run, "other")
    assert runs.get(ANN, run.id) == run
    assert not (runs.folder(run.id) / ".run.json.partial").is_symlink()  # no partial file stays
    with pytest.raises(OSError, match="No space left") as caught:
        runs.start(ANN, "new", SHORT, fill=reaches_nothing)
    assert explain(caught.value).startswith("The disk of this machine is full")
    assert runs.of(ANN) == [run]
    (tmp_path / ".valid.tsv.partial").symlink_to(NOWHERE)
    with pytest.raises(ValueError, match=f"the pairs cannot be saved: {FULL}"):
        uploaded_table.write(tmp_path, [("a", "b")], [("c", "d")])


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_read_only_disk_is_explained_with_advice(
    number: int, services: Services, opened: Callable[..., Runs], monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(path: Path) -> None:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(services, "runs", runs := opened())
    owner = "a-secret-of-the-visitor"
    run = runs.watch(owner, "run", "")
    monkeypatch.setattr(shutil, "rmtree", closed)
    answer = run_board._answering(services, "order", run_board.order)({"owner": owner, "run": run.id, "what": "delete"})
    assert answer["problem"].startswith("This app may not write to the disk of this machine: ask its operator to allow it")
    assert "/" not in answer["problem"] and runs.of(owner) == [run]


# --- device ---

LOSES = """
import torch
from safetensors import safe_open
from seq2seq.training import loop
from seq2seq.training.update import Updater

loop.SNAPSHOT_SECONDS = 0
whole = Updater.__call__

def lose(self, pairs, rate, forcing, update):
    if update == 12:
        raise torch.AcceleratorError("CUDA error: unspecified launch failure\\nCompile with `TORCH_USE_CUDA_DSA`.")
    return whole(self, pairs, rate, forcing, update)

Updater.__call__ = lose
"""


def test_lost_device_is_distinguished_from_program_errors() -> None:
    assert device.lost(RuntimeError("CUDA error: an illegal memory access was encountered"))
    assert not device.lost(RuntimeError("The size of tensor a (3) must match the size of tensor b (4)"))


def test_run_with_a_lost_device_explains_it_and_can_resume(opened: Callable[..., Runs]) -> None:
    runs = opened(instead(LOSES))
    run = runs.start(ANN, "run", SHORT)
    wait(lambda: runs.state(run) == FAILED)
    assert runs.problem(run) == (
        "the device has failed (CUDA error: unspecified launch failure): resume the run to continue from its last saved "
        "state, on the CPU if necessary"
    )
    runs._launch = launch
    runs.resume(run)
    wait_for(runs, run, FINISHED)
    assert starts(runs, run) == [0, 12]


def test_unexpected_error_is_logged_but_not_shown(opened: Callable[..., Runs], caplog: pytest.LogCaptureFixture) -> None:
    runs = opened(instead("import sys; sys.exit(open('/a/secret/path/of/ours') and 1)"))
    run = runs.start(ANN, "run", SHORT)
    wait(lambda: runs.state(run) == FAILED)
    ended = "The training process ended by an error of this program. What it saved before is still there."
    assert runs.problem(run) == ended and "/a/secret/path/of/ours" in caplog.text


def test_auto_device_skips_a_gpu_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def dead(*_: object, device: str) -> torch.Tensor:
        if device == "cuda":
            raise torch.AcceleratorError("CUDA error: no CUDA-capable device is detected")
        return torch.zeros(1) + 1

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch, "ones", dead)
    assert device.choose_device("auto") == torch.device("cpu")


# --- clock ---


def test_clock_set_back_does_not_change_the_order_of_runs(opened: Callable[..., Runs], monkeypatch: pytest.MonkeyPatch) -> None:
    runs = opened()
    made = []
    for number, moment in enumerate((2e9, 1e9, 0.0)):
        monkeypatch.setattr(queue.time, "time", lambda moment=moment: moment)
        made.append(runs.watch(ANN, str(number), ""))
    assert runs.of(ANN) == made[::-1]


def test_wall_clock_is_used_only_for_dates() -> None:
    """Only the date of a run and the age of files use the wall clock; durations must not, because it may jump."""
    wall = re.compile(r"\btime\.time\(|from time import|datetime\.now|Date\.now|new Date\(\)")
    files = [*(ROOT / "seq2seq").rglob("*.py"), *(ROOT / "assets").rglob("*.js")]
    read = {path.name: len(wall.findall(path.read_text(encoding="utf-8"))) for path in files}
    assert {name: count for name, count in read.items() if count} == {"queue.py": 1, "upload_folder.py": 1}
