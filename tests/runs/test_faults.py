"""A killed server, a full disk, a lost device, a clock that jumps: what was saved stays good, and one is told what to do."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from support.runs import ANN, LONG, SHORT, updates, wait, wait_for
from support.small import make_checkpoint, make_model, small_config

from seq2seq.data import uploaded_table
from seq2seq.models import checkpoint
from seq2seq.runs import archive, queue
from seq2seq.runs.folders import Run
from seq2seq.runs.lock import alone_in
from seq2seq.runs.process import Launch, launch
from seq2seq.runs.queue import ELSEWHERE, FAILED, FINISHED, STOPPED, Runs
from seq2seq.sources.text import Tokenizer
from seq2seq.training import device
from seq2seq.training.events import Started
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit.message import explain
from seq2seq.ui.train import run_board

ROOT = Path(__file__).resolve().parents[2]
FULL = "the disk of this machine is full: make room on it"
NOWHERE = Path("/dev/full")  # takes nothing, as a full disk


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Runs]]:
    """opened(launcher) gives the runs of the test's folder, as a server that has just started finds them."""
    all_of_them: list[Runs] = []

    def new(launcher: Launch = launch) -> Runs:
        all_of_them.append(Runs(tmp_path / "runs", launcher))
        return all_of_them[-1]

    yield new
    for each in all_of_them:
        each.close()


def starts(found: Runs, run: Run) -> list[int]:
    return [event.update for event in found.events(run)[0] if isinstance(event, Started)]


def instead(code: str) -> Launch:
    """The training process, once it has run `code`."""
    program = f"{code}\nimport sys; from seq2seq.__main__ import main; sys.exit(main())"
    return lambda call, folder, log: launch([sys.executable, "-c", program, *call[3:]], folder, log)


# --- killed ---

SERVER = """
import json, sys, time
from pathlib import Path
from seq2seq.plan import Plan
from seq2seq.runs import PAUSED, Runs

runs = Runs(Path(sys.argv[1]))
run = runs.start("ann", "long", Plan.from_dict(json.loads(sys.argv[2])))
if sys.argv[3] != "starting":
    while not any(event.update >= 20 for event in runs.events(run)[0]):
        time.sleep(0.02)
if sys.argv[3] == "paused":
    runs.pause(run)
    while runs.state(run) != PAUSED:
        time.sleep(0.02)
print("now", flush=True)
time.sleep(1000)
"""


@pytest.mark.parametrize("moment", ["starting", "training", "paused"])
def test_a_killed_servers_run_saves_itself_ends_and_goes_on_another_day(
    moment: str, opened: Callable[..., Runs], tmp_path: Path
) -> None:
    plan = json.dumps(LONG.to_dict())
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(tmp_path / "runs"), plan, moment], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert server.stdout is not None and server.stdout.readline() == "now\n"
    server.kill()
    server.wait()
    later = opened()
    (run,) = later.of(ANN)
    assert later.state(run) == STOPPED
    wait(lambda: (later.checkpoint(run) / "training.safetensors").exists())
    wait(lambda: is_free(later.checkpoint(run)))  # nobody trains for nobody
    assert saved(later, run) >= max(updates(later, run), 1)
    if moment == "training":  # to have seen it once
        later.resume(run)
        wait(lambda: len(starts(later, run)) > 1)
        assert starts(later, run)[1] >= 20


def saved(found: Runs, run: Run) -> int:
    """The update that a run would go on from."""
    with safe_open(found.checkpoint(run) / "training.safetensors", "pt") as file:
        return json.loads(file.metadata()["progress"])["update"]


def is_free(folder: Path) -> bool:
    try:
        with alone_in(folder):
            return True
    except ValueError:
        return False


IMPORTER = """
import os, signal, sys
from pathlib import Path
from seq2seq import archive
from seq2seq.runs import Runs

archive._check_use = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
Runs(Path(sys.argv[1])).adopt("ann", lambda folder: archive.unpack(Path(sys.argv[2]), folder))
"""


def test_of_an_import_that_was_killed_nothing_can_be_loaded_and_all_can_be_deleted(
    opened: Callable[..., Runs], tmp_path: Path, tokenizer: Tokenizer
) -> None:
    checkpoint.save(make_checkpoint(make_model(small_config()), tokenizer), tmp_path / "small")
    archive.pack(tmp_path / "small", tmp_path / "small.zip")
    call = [sys.executable, "-c", IMPORTER, str(tmp_path / "runs"), str(tmp_path / "small.zip")]
    assert subprocess.run(call, cwd=ROOT, check=False).returncode == -9
    later = opened()
    (run,) = later.of(ANN)
    assert list(later.folder(run.id).glob("**/model.safetensors"))  # it was in the middle of it
    assert later.state(run) == ELSEWHERE and later.events(run)[0] == []
    with pytest.raises(ValueError, match="This model is not here"):
        later.model(later.checkpoint(run).name)
    later.delete(run)
    assert later.of(ANN) == [] and not list((tmp_path / "runs").iterdir())


# --- disk ---


def limited(size: int) -> Launch:
    """A training process that may not write a file of more than `size` bytes."""
    return instead(f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))")


@pytest.mark.parametrize("size", [3000, 60_000], ids=["not even the vocabulary", "not the state"])
def test_a_run_that_finds_no_room_says_so_and_can_go_on(size: int, opened: Callable[..., Runs]) -> None:
    first = opened(limited(size))
    run = first.start(ANN, "run", SHORT)
    wait(lambda: first.state(run) == FAILED)
    assert first.problem(run) == f"{FULL}, for example by deleting old runs, and try again"
    assert not list(first.folder(run.id).glob("**/.*.partial"))
    assert opened().state(run) == FAILED  # written down: there was room for so much
    if size > 3000:
        first._launch = launch
        first.resume(run)
        wait_for(first, run, FINISHED)


def test_why_a_run_failed_is_known_even_where_it_cannot_be_written_down(opened: Callable[..., Runs]) -> None:
    def no_room(call: list[str], folder: Path, log: Path) -> launch:
        (folder / ".error.partial").symlink_to(NOWHERE)
        raise OSError(errno.ENOSPC, "No space left on device", str(log))

    found = opened(no_room)
    run = found.start(ANN, "run", SHORT)
    assert found.state(run) == FAILED and found.problem(run).startswith(FULL)
    found._launch = lambda _, folder, log: launch([sys.executable, "-c", ""], folder, log)
    found.resume(run)
    wait_for(found, run, STOPPED)
    assert found.problem(run) == ""


def test_what_cannot_be_written_leaves_what_was_there(opened: Callable[..., Runs], tmp_path: Path) -> None:
    def reaches_nothing(_: Path) -> None:
        with open(NOWHERE, "w") as file:
            file.write("pairs")

    found = opened(instead(""))
    run = found.watch(ANN, "run", "")
    (found.folder(run.id) / ".run.json.partial").symlink_to(NOWHERE)
    with pytest.raises(ValueError, match=f"the run cannot be kept: {FULL}"):
        found.rename(run, "other")
    assert found.get(ANN, run.id) == run
    assert not (found.folder(run.id) / ".run.json.partial").is_symlink()  # nothing half written takes room
    with pytest.raises(OSError, match="No space left") as caught:
        found.start(ANN, "new", SHORT, fill=reaches_nothing)
    assert explain(caught.value).startswith("The disk of this machine is full")
    assert found.of(ANN) == [run]
    (tmp_path / ".valid.tsv.partial").symlink_to(NOWHERE)
    with pytest.raises(ValueError, match=f"the pairs cannot be saved: {FULL}"):
        uploaded_table.write(tmp_path, [("a", "b")], [("c", "d")])


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_on_a_disk_that_is_closed_an_order_says_what_to_do(
    number: int, services: Services, opened: Callable[..., Runs], monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(path: Path) -> None:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(services, "runs", found := opened())
    owner = "a-secret-of-the-visitor"
    run = found.watch(owner, "run", "")
    monkeypatch.setattr(shutil, "rmtree", closed)
    answer = run_board._answering(services, "order", run_board.order)({"owner": owner, "run": run.id, "what": "delete"})
    assert answer["problem"].startswith("This app may not write to the disk of this machine: ask its operator to allow it")
    assert "/" not in answer["problem"] and found.of(owner) == [run]


# --- device ---

LOSES = """
import torch
from safetensors import safe_open
from seq2seq import training
from seq2seq.updating import Updater

training.SNAPSHOT_SECONDS = 0
whole = Updater.__call__

def lose(self, pairs, rate, forcing, update):
    if update == 12:
        raise torch.AcceleratorError("CUDA error: unspecified launch failure\\nCompile with `TORCH_USE_CUDA_DSA`.")
    return whole(self, pairs, rate, forcing, update)

Updater.__call__ = lose
"""


def test_what_a_driver_says_of_a_lost_device_is_told_from_our_own_mistakes() -> None:
    assert device.lost(RuntimeError("CUDA error: an illegal memory access was encountered"))
    assert not device.lost(RuntimeError("The size of tensor a (3) must match the size of tensor b (4)"))


def test_a_run_whose_device_is_lost_says_so_and_goes_on_from_what_was_saved(opened: Callable[..., Runs]) -> None:
    found = opened(instead(LOSES))
    run = found.start(ANN, "run", SHORT)
    wait(lambda: found.state(run) == FAILED)
    assert found.problem(run) == (
        "the device does not answer any more (CUDA error: unspecified launch failure): resume goes on from what was saved "
        "last, on the processor if need be"
    )
    found._launch = launch
    found.resume(run)
    wait_for(found, run, FINISHED)
    assert starts(found, run) == [0, 12]


def test_an_error_of_the_program_stays_between_us_and_the_log(
    opened: Callable[..., Runs], caplog: pytest.LogCaptureFixture
) -> None:
    found = opened(instead("import sys; sys.exit(open('/a/secret/path/of/ours') and 1)"))
    run = found.start(ANN, "run", SHORT)
    wait(lambda: found.state(run) == FAILED)
    ended = "The training process ended by an error of this program. What it saved before is still there."
    assert found.problem(run) == ended and "/a/secret/path/of/ours" in caplog.text


def test_a_device_that_is_listed_and_does_not_answer_gives_way_to_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    def dead(*_: object, device: str) -> torch.Tensor:
        if device == "cuda":
            raise torch.AcceleratorError("CUDA error: no CUDA-capable device is detected")
        return torch.zeros(1) + 1

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch, "ones", dead)
    assert device.choose_device("auto") == torch.device("cpu")


# --- clock ---


def test_a_clock_that_is_set_back_changes_no_order(opened: Callable[..., Runs], monkeypatch: pytest.MonkeyPatch) -> None:
    found = opened()
    made = []
    for number, moment in enumerate((2e9, 1e9, 0.0)):
        monkeypatch.setattr(queue.time, "time", lambda moment=moment: moment)
        made.append(found.watch(ANN, str(number), ""))
    assert found.of(ANN) == made[::-1]


def test_nothing_but_the_date_of_a_run_is_taken_from_the_wall_clock() -> None:
    """And the age of files. Durations are not: how long a run trains, how much time is left, when a state is saved."""
    wall = re.compile(r"\btime\.time\(|from time import|datetime\.now|Date\.now|new Date\(\)")
    files = [*(ROOT / "seq2seq").rglob("*.py"), *(ROOT / "assets").rglob("*.js")]
    read = {path.name: len(wall.findall(path.read_text(encoding="utf-8"))) for path in files}
    assert {name: count for name, count in read.items() if count} == {"runs.py": 1, "upload_folder.py": 1}
