"""Runs with ZeroGPU: inside a decorated function, in a forked worker, for a limited time."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.runs import ANN, LONG, SHORT, updates, wait, wait_for

from seq2seq.runs.process import launch
from seq2seq.runs.queue import FAILED, FINISHED, PAUSED, RUNNING, STOPPED, Runs
from seq2seq.training.device import ZERO_GPU, choose_device
from seq2seq.training.events import Finished, Started
from seq2seq.ui.host import zero_gpu

LENT = {ZERO_GPU: "true"}


class Spaces:
    """Replace the library `spaces`: fork a worker for each call; only the worker has the device."""

    def __init__(self) -> None:
        self.decorated = 0
        self.durations: list[float] = []  # requested, one per call
        self.calls: list[list[str]] = []
        self.refusal: str | None = None

    def GPU(self, duration: Callable[..., float]) -> Callable[[Callable[..., int]], Callable[..., int]]:
        self.decorated += 1

        def decorate(task: Callable[..., int]) -> Callable[..., int]:
            def lent(*args: Any) -> int:
                self.durations.append(duration(*args))  # the library calls it with the arguments of the task
                self.calls.append(args[0])
                if self.refusal:
                    raise RuntimeError(self.refusal)
                context = multiprocessing.get_context("fork")
                results: Any = context.SimpleQueue()
                worker = context.Process(target=_worker, args=(task, args, results))
                worker.start()
                worker.join()
                return int(results.get())

            return lent

        return decorate


def _worker(task: Callable[..., int], args: tuple[Any, ...], results: Any) -> None:
    os.environ["LENT_DEVICE"] = "7"
    results.put(task(*args))


@pytest.fixture
def spaces(monkeypatch: pytest.MonkeyPatch) -> Spaces:
    library = Spaces()
    monkeypatch.setitem(sys.modules, "spaces", SimpleNamespace(GPU=library.GPU))
    return library


@pytest.fixture
def runs(tmp_path: Path, spaces: Spaces) -> Iterator[Runs]:
    launcher = zero_gpu.launcher(LENT)
    assert launcher is not None
    opened = Runs(tmp_path / "runs", launcher)
    yield opened
    opened.close()


def test_no_launcher_without_zero_gpu(spaces: Spaces) -> None:
    assert zero_gpu.launcher({}) is None and zero_gpu.launcher({ZERO_GPU: "false"}) is None
    assert spaces.decorated == 0


def test_requested_time_fits_a_short_run_and_has_a_limit() -> None:
    around = zero_gpu.START + zero_gpu.MARGIN
    for minutes, seconds in (("0.25", 15 + around), ("0.5", 30 + around), ("1", 75), ("5", 75)):
        assert zero_gpu.duration(["train", "--minutes", minutes], "folder", "log", "address") == seconds
    assert zero_gpu.duration(["train", "--updates", "500"], "folder", "log", "address") == 75


def test_auto_is_the_cpu_outside_of_the_gpu_function(spaces: Spaces, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("seq2seq.training.device._computes", lambda name: True)
    assert choose_device("auto").type == "cuda"
    monkeypatch.setenv(ZERO_GPU, "true")
    assert choose_device("auto").type == "cpu"


def test_gpu_function_runs_its_process_without_the_variable(
    tmp_path: Path, spaces: Spaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ZERO_GPU, "true")
    launcher = zero_gpu.launcher(LENT)
    assert launcher is not None
    process = launcher([sys.executable, "-c", f"import os; print(os.environ.get({ZERO_GPU!r}))"], tmp_path, tmp_path / "log")
    assert process.stdout is not None and list(process.stdout) == ["None\n"] and process.wait() == 0


def test_run_trains_inside_the_gpu_function(runs: Runs, spaces: Spaces) -> None:
    run = runs.start(ANN, "run", SHORT)
    wait_for(runs, run, FINISHED)
    events, _ = runs.events(run)
    assert isinstance(events[-1], Finished) and runs.note(run) == ""
    assert spaces.calls[0][-2:] == ["--device", "auto"]


def test_process_inherits_the_gpu_of_the_worker(tmp_path: Path, spaces: Spaces) -> None:
    launcher = zero_gpu.launcher(LENT)
    assert launcher is not None
    process = launcher(
        [sys.executable, "-c", "import os; print(os.environ['LENT_DEVICE'], input())"], tmp_path, tmp_path / "log"
    )
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write("an order that came early\n")
    assert list(process.stdout) == ["7 an order that came early\n"] and process.wait() == 0
    assert "LENT_DEVICE" not in os.environ


def test_run_in_the_worker_can_be_paused_and_stopped(runs: Runs) -> None:
    run = runs.start(ANN, "run", LONG)
    wait_for(runs, run, RUNNING)
    runs.pause(run)
    wait_for(runs, run, PAUSED)
    runs.resume(run)
    wait_for(runs, run, RUNNING)
    runs.stop(run)
    wait_for(runs, run, STOPPED)


def test_run_is_saved_and_resumable_when_the_time_is_over(
    tmp_path: Path, spaces: Spaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zero_gpu, "MOST", zero_gpu.MARGIN + 0.5)  # the stop command comes half a second after the start
    launcher = zero_gpu.launcher(LENT)
    assert launcher is not None
    runs = Runs(tmp_path / "runs", launcher)
    run = runs.start(ANN, "run", LONG)
    wait_for(runs, run, STOPPED)
    first = updates(runs, run)
    assert 0 < first < 50_000 and "Resume asks for a GPU again" in runs.note(run)
    runs.resume(run)
    wait(lambda: updates(runs, run) > first or runs.state(run) == FAILED)
    wait_for(runs, run, STOPPED)
    runs.close()


def test_run_without_a_gpu_trains_on_the_cpu_and_says_so(runs: Runs, spaces: Spaces) -> None:
    spaces.refusal = "No GPU was available\nafter 60s"
    run = runs.start(ANN, "run", SHORT)
    wait_for(runs, run, FINISHED)
    assert runs.note(run).endswith("trains on the CPU of the Space. Reason: No GPU was available after 60s")
    started = next(event for event in runs.events(run)[0] if isinstance(event, Started))
    assert started.device.startswith("cpu")


def test_run_that_was_stopped_on_the_cpu_asks_for_a_gpu_again(runs: Runs, spaces: Spaces) -> None:
    spaces.refusal = "quota exceeded"
    run = runs.start(ANN, "run", LONG)
    wait_for(runs, run, RUNNING)
    runs.stop(run)
    wait_for(runs, run, STOPPED)
    spaces.refusal = None
    runs.resume(run)
    wait_for(runs, run, RUNNING)
    assert runs.note(run) == "" and len(spaces.calls) == 2
    runs.stop(run)
    wait_for(runs, run, STOPPED)


def test_both_process_classes_have_one_interface(tmp_path: Path, spaces: Spaces) -> None:
    for number, start in enumerate((launch, zero_gpu.launcher(LENT))):
        assert start is not None
        log = tmp_path / f"log{number}"
        call = [sys.executable, "-c", "import sys; print(input()); print('why', file=sys.stderr); sys.exit(3)"]
        process = start(call, tmp_path, log)
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write("said\n")
        process.stdin.flush()
        assert list(process.stdout) == ["said\n"] and process.wait() == 3 and log.read_text().strip() == "why"
