"""Tests of background runs with real processes: queue, pause, stop, kill, and access by the owner only."""

from __future__ import annotations

import argparse
import io
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.runs import ANN, BOB, LONG, SHORT, updates, wait, wait_for

from seq2seq.commands.training import options
from seq2seq.decoding.translator import Translator
from seq2seq.runs import control
from seq2seq.runs.control import Control
from seq2seq.runs.queue import FAILED, FINISHED, PAUSED, QUEUED, RUNNING, STOPPED, Runs
from seq2seq.training.events import Event, Finished, Started, StepDone
from seq2seq.training.files import Files
from seq2seq.training.plan import Plan


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    opened = Runs(tmp_path / "runs")
    yield opened
    opened.close()


def test_runs_train_in_turn_and_a_waiting_run_can_be_stopped(runs: Runs) -> None:
    first, second, third = (runs.start(ANN, name, plan) for name, plan in (("1", LONG), ("2", LONG), ("3", SHORT)))
    wait_for(runs, first, RUNNING)
    assert [runs.state(run) for run in (second, third)] == [QUEUED, QUEUED]
    assert [runs.waiting(run) for run in (first, second, third)] == [0, 1, 2]
    runs.stop(second)
    assert runs.state(second) == STOPPED and runs.waiting(third) == 1
    runs.stop(first)
    wait_for(runs, third, FINISHED)
    assert runs.state(first) == STOPPED


def test_run_pauses_stops_and_resumes_from_its_last_update_also_on_another_server(runs: Runs, tmp_path: Path) -> None:
    run = runs.start(ANN, "long", LONG)
    wait(lambda: updates(runs, run) > 0)
    runs.pause(run)
    wait_for(runs, run, PAUSED)
    with pytest.raises(ValueError, match="This run is paused"):
        runs.pause(run)
    with pytest.raises(ValueError, match="stop it first"):
        runs.delete(run)
    paused_at = updates(runs, run)
    runs.resume(run)
    wait(lambda: updates(runs, run) > paused_at)
    runs.stop(run)
    wait_for(runs, run, STOPPED)
    saved = updates(runs, run)
    runs.resume(run)
    wait(lambda: updates(runs, run) > saved)
    starts = [event.update for event in runs.events(run)[0] if isinstance(event, Started)]
    assert starts[0] == 0 and starts[1] >= saved  # only some updates are logged, so the last one may be missing
    runs.close()
    later = Runs(tmp_path / "runs")
    try:
        assert later.of(ANN) == [run] and later.state(run) == STOPPED
        later.resume(run)
        wait_for(later, run, RUNNING)
        later.stop(run)
        wait_for(later, run, STOPPED)
        later.delete(run)
        assert later.of(ANN) == []
    finally:
        later.close()


def test_paused_run_is_stopped_if_another_waits(runs: Runs) -> None:
    first = runs.start(ANN, "long", LONG)
    wait(lambda: updates(runs, first) > 0)
    runs.pause(first)
    wait_for(runs, first, PAUSED)
    second = runs.start(BOB, "short", SHORT)
    wait_for(runs, second, FINISHED)
    assert runs.state(first) == STOPPED
    runs.resume(first)
    wait_for(runs, first, RUNNING)
    third = runs.start(BOB, "short", SHORT)
    runs.pause(first)  # another run waits already
    wait_for(runs, third, FINISHED)
    assert runs.state(first) == STOPPED


def test_killed_process_leaves_a_run_that_can_be_resumed(runs: Runs) -> None:
    run = runs.start(ANN, "long", LONG)
    wait(lambda: updates(runs, run) > 0)
    assert runs._process is not None
    os.kill(runs._process.pid, signal.SIGKILL)
    wait_for(runs, run, FAILED)
    assert runs.problem(run)
    runs.resume(run)
    wait_for(runs, run, RUNNING)


def test_failed_run_reports_its_error_and_the_next_one_trains_a_model_that_can_be_loaded(runs: Runs) -> None:
    broken = runs.start(ANN, "broken", Plan(Files("/nowhere.tsv", "/nowhere.tsv")))
    run = runs.start(ANN, "  My\n run ", SHORT)
    assert run.name == "My run"
    wait(lambda: runs.state(broken) == FAILED)
    assert runs.problem(broken) == "/nowhere.tsv cannot be read: No such file or directory"
    wait_for(runs, run, FINISHED)
    events, place = runs.events(run)
    assert isinstance(events[0], Started) and isinstance(events[-1], Finished) and events[-1].update == 30
    assert runs.events(run, place) == ([], place)
    assert Translator.load(runs.checkpoint(run)).translate("the key").source_text == "the key"
    for act in (runs.pause, runs.stop, runs.resume):
        with pytest.raises(ValueError, match="This run is finished"):
            act(run)


def test_visitor_sees_only_their_own_runs(runs: Runs) -> None:
    run = runs.watch(ANN, "mine", "")
    assert runs.of(ANN) == [run] and runs.of(BOB) == []
    assert runs.get(ANN, run.id) == run
    for owner, id in ((BOB, run.id), (ANN, "gone"), (ANN, ""), (ANN, "../runs"), (ANN, "."), (ANN, "a/b"), (ANN, "x" * 400)):
        with pytest.raises(ValueError, match="There is no run"):
            runs.get(owner, id)
    renamed = runs.rename(run, "ours 🔑")
    assert runs.get(ANN, run.id).name == renamed.name == "ours 🔑"
    for name in ("", " \n", "x" * 81):
        with pytest.raises(ValueError, match="1 to 80 characters"):
            runs.rename(run, name)


def test_folder_without_a_run_is_skipped(runs: Runs, tmp_path: Path) -> None:
    for name, text in (("a", "{"), ("b", "[]"), ("c", '{"id": "c"}')):
        folder = tmp_path / "runs" / name
        folder.mkdir(parents=True)
        (folder / "run.json").write_text(text, encoding="utf-8")
    assert runs.of(ANN) == []


@pytest.mark.parametrize(
    "plan",
    [
        SHORT,
        Plan(Files("a b.tsv", "v.tsv", 1, 0), training={"bf16": True}, vocabulary_of="other", shared_vocabulary=False),
        Plan("dates", origin={"title": "--out /etc"}, vocabulary_size=500, vocabulary_kind="unigram"),
    ],
)
def test_plan_survives_a_file_and_a_command_line(plan: Plan) -> None:
    assert Plan.from_dict(plan.to_dict()) == plan
    parser = argparse.ArgumentParser()
    options.add_arguments(parser)
    again = options.plan_of(parser.parse_args([*plan.arguments(), "--out", "x"]))
    assert again == plan
    with pytest.raises(ValueError, match="not a plan of a run"):
        Plan.from_dict({"model": {}})


def test_control_obeys_orders_in_turn_and_stop_is_final() -> None:
    steps: list[Event] = [StepDone(update, 0, 0.1, 1.0, 1e-3, 1.0, 1.0, 9, 0.1) for update in range(1, 9)]
    out = io.StringIO()
    process = Control(io.StringIO("nonsense\npause\nstop\nresume\n"), out)
    wait(process.save_now)
    assert list(process.obeyed(iter(steps))) == []
    assert out.getvalue().split() == [control.MARK + control.RUNNING, control.MARK + control.STOPPED]
