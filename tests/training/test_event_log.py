"""Tests of the event log: complete lines, no repeated event, and after a kill the events of an uninterrupted run."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import pytest
import torch
from support.small import small_config

from seq2seq.config import TrainConfig
from seq2seq.data.batches import TrainingData, fixed_batches
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.sources.text import Tokenizer
from seq2seq.training import event_log
from seq2seq.training.event_log import FILE, START, Place, from_json, logged, read, to_json
from seq2seq.training.events import (
    CheckpointSaved,
    DeviceUsed,
    Event,
    Finished,
    Measured,
    Reached,
    SampleDecoded,
    Started,
    StepDone,
    Validated,
)
from seq2seq.training.loop import train

Pairs = list[tuple[str, str]]
CONFIG = TrainConfig(epochs=2, batch_tokens=200, warmup_updates=5, device="cpu", bf16=False, average_decay=0.9)
STEP = StepDone(3, 0, 0.1, 2.5, 1e-3, 1.0, 0.7, 40, 0.2)
EVERY: list[Event] = [
    Started(1000, "cpu, 1 thread(s)", "fp32", 80, 40, 0),
    STEP,
    Validated(3, 0, 2.25, True),
    SampleDecoded(3, "the “key”\t\u2028", "la clé 🔑", ("▁the", "</s>"), ("▁la",), ((0.25, 0.75),)),
    SampleDecoded(3, "a", "b", ("▁a",), (), None),
    Measured(3, 64, 31.5, 12.5, 0.75, 0.5),
    Reached(3, 16, (0, 2, 5), (0.25, 0.125, 1e-9), (1.5, 1.0, 0.5)),
    CheckpointSaved(3, 2.25),
    Finished(40, 2.0, 1.5, 9.75),
]


@pytest.fixture(autouse=True)
def write_every_update(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_log, "STEP_SECONDS", 0.0)


@pytest.mark.parametrize("event", EVERY, ids=lambda event: type(event).__name__)
def test_event_survives_its_line(event: Event) -> None:
    line = to_json(event)
    assert from_json(line) == event and "\n" not in line and json.loads(line)["event"] == type(event).__name__


def test_infinite_loss_is_written_as_null() -> None:
    again = from_json(to_json(dataclasses.replace(STEP, loss=math.inf)))
    assert isinstance(again, StepDone) and math.isnan(again.loss) and again.update == 3


@pytest.mark.parametrize(
    "line", ["", "[]", "null", "{}", '{"event": "Exploded"}', '{"event": "Validated"}', "[" * 5000, '{"event": []}']
)
def test_line_without_an_event_is_refused(line: str) -> None:
    with pytest.raises(ValueError):
        from_json(line)


def test_read_returns_new_events_but_no_half_line(tmp_path: Path) -> None:
    assert read(tmp_path) == ([], START)
    assert list(logged(EVERY[:2], tmp_path)) == EVERY[:2]
    events, place = read(tmp_path)
    assert events == EVERY[:2]
    line = to_json(EVERY[2]) + "\n"
    with open(tmp_path / FILE, "a", encoding="utf-8") as file:
        file.write(line[:20])
        file.flush()
        assert read(tmp_path, place) == ([], place)
        file.write(line[20:])
    assert read(tmp_path, place) == ([EVERY[2]], Place(place.file, place.offset + len(line)))
    # A model may write any character; these end a line in other programs, but not in this file.
    (tmp_path / FILE).unlink()
    odd = SampleDecoded(3, "a", "a\u2028b\x85c\x0bd", ("▁a",), (), None)
    assert list(logged([odd], tmp_path)) == [odd] == read(tmp_path)[0]
    (tmp_path / FILE).write_bytes(b"\xff\xfe\n")
    with pytest.raises(ValueError, match=f"{FILE} is damaged"):
        read(tmp_path)


def test_log_keeps_few_of_many_updates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(1000))
    monkeypatch.setattr(event_log, "STEP_SECONDS", 10.0)
    monkeypatch.setattr(event_log.time, "monotonic", lambda: float(next(clock)))
    steps = [dataclasses.replace(STEP, update=update) for update in range(1, 31)]
    assert list(logged([*steps, EVERY[2]], tmp_path)) == [*steps, EVERY[2]]  # the consumer gets all of them
    assert [event.update for event in read(tmp_path)[0]] == [1, 11, 21, 3]


@pytest.mark.parametrize("cut", [4, "epoch", 13])
def test_resumed_log_equals_that_of_an_uninterrupted_run(
    pairs: Pairs, tokenizer: Tokenizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: int | str
) -> None:
    monkeypatch.setattr("seq2seq.training.loop.SNAPSHOT_SECONDS", -1)  # a snapshot after every update
    data, validation = TrainingData(pairs[:80], tokenizer, CONFIG), fixed_batches(pairs[80:], tokenizer, 300)
    at = len(data.epoch(0)) if cut == "epoch" else int(cut)

    def run(folder: Path) -> list[Event]:
        folder.mkdir(exist_ok=True)
        torch.manual_seed(1)
        model = Seq2Seq(small_config())
        return logged(train(model, data, validation, CONFIG, state_file=str(folder / "state")), folder)  # type: ignore[return-value]

    expected = list(run(tmp_path / "whole"))
    killed = run(tmp_path / "killed")
    for event in killed:
        if isinstance(event, StepDone) and event.update == at + 1:  # this update is logged, but its state is not saved
            break
    killed.close()  # type: ignore[attr-defined]
    with open(tmp_path / "killed" / FILE, "a", encoding="utf-8") as file:
        file.write('{"event": "StepDo')
    list(run(tmp_path / "killed"))
    events = read(tmp_path / "killed")[0]
    assert [e.update for e in events if isinstance(e, Started)] == [0, at]
    assert [timeless(e) for e in events if not isinstance(e, Started)] == [timeless(e) for e in expected[1:]]


def timeless(event: Event) -> Event:
    """Remove the values that differ between processes and days."""
    if isinstance(event, DeviceUsed):
        return dataclasses.replace(event, memory=0)
    return dataclasses.replace(event, seconds=0.0) if hasattr(event, "seconds") else event
