"""A run that stops before its planned length: why it stops, what it keeps, and that an interruption changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from support.small import small_config

from seq2seq.config import TrainConfig
from seq2seq.data.batches import TrainingData, fixed_batches
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.sources.text import Tokenizer
from seq2seq.training.events import Event, Finished, Measured, StepDone, StoppedEarly, Validated
from seq2seq.training.loop import train
from seq2seq.training.resume import Progress
from seq2seq.training.validation import judge

CONFIG = TrainConfig(epochs=10, batch_tokens=300, learning_rate=1.0, optimizer="sgd", device="cpu")
BEST = 3  # the epoch with the best validation
State = str | None
Run = Callable[..., list[Event]]


@pytest.fixture
def run(pairs: list[tuple[str, str]], tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that trains with known results of each validation."""
    data, validation = TrainingData(pairs[:80], tokenizer, CONFIG), fixed_batches(pairs[80:], tokenizer, 300)
    monkeypatch.setattr("seq2seq.training.loop.SNAPSHOT_SECONDS", -1)

    def known_loss(progress: Progress, config: TrainConfig, loss: float, seen: Sequence[Event]) -> bool:
        return judge(progress, config, 5 + abs(progress.epoch + 1 - BEST), seen)

    monkeypatch.setattr("seq2seq.training.loop.judge", known_loss)

    def run(until: int = 10**9, solved: int = 10**9, state: State = None, **changes: object) -> list[Event]:
        """Return the events of a run that is killed after `until` updates; from epoch `solved` on, everything is right."""
        torch.manual_seed(1)
        events: list[Event] = []

        def probe(model: Seq2Seq, update: int) -> list[Event]:
            epoch = 1 + sum(isinstance(event, Validated) for event in events)
            return [Measured(update, 8, 1.0, 100.0 if epoch >= solved else 99.0, 0.5, 0.5)]

        config = TrainConfig(**{**CONFIG.to_dict(), **changes})
        for event in train(Seq2Seq(small_config()), data, validation, config, probe=probe, state_file=state):
            events.append(event)
            if isinstance(event, StepDone) and event.update == until:
                break
        return events

    return run


def of(kind: type, events: list[Event]) -> list:
    return [event for event in events if isinstance(event, kind)]


def epochs(events: list[Event]) -> float:
    assert isinstance(events[-1], Finished)
    return events[-1].epochs


def test_patience_counts_validations_without_a_better_one(run: Run) -> None:
    events = run(patience=2)
    validated = of(Validated, events)
    assert [v.best for v in validated] == [True, True, True, False, False] and epochs(events) == 5
    (stopped,) = of(StoppedEarly, events)
    best = validated[BEST - 1].update
    assert stopped.why == f"2 validations were not better than the one after update {best}"
    assert stopped.text.startswith(f"stopped early, after update {events[-1].update} of ")
    assert events[-1].best_loss == 5


@pytest.mark.parametrize("patience", [0, 10 - BEST])  # the last validation of the run would be the last that it waits for
def test_a_run_with_enough_patience_has_its_planned_length(run: Run, patience: int) -> None:
    events = run(patience=patience)
    assert not of(StoppedEarly, events) and epochs(events) == 10


def test_a_solved_task_stops_and_keeps_the_weights_that_solve_it(run: Run) -> None:
    events = run(solved=5, stop_when_solved=True)
    assert [v.best for v in of(Validated, events)] == [True, True, True, False, True]  # although its loss is higher
    assert of(StoppedEarly, events)[0].why == "all measured held-out sentences were exactly right, free-running"
    assert epochs(events) == 5 and epochs(run(solved=5)) == 10


@pytest.mark.parametrize("cut", [9, 17, 25])
def test_an_interrupted_run_stops_at_the_same_validation(run: Run, tmp_path: Path, cut: int) -> None:
    whole = run(patience=2)
    state = str(tmp_path / "state.safetensors")
    run(until=cut, state=state, patience=2)
    resumed = run(state=state, patience=2)
    assert of(StoppedEarly, resumed) == of(StoppedEarly, whole)
    assert resumed[0].update in (cut - 1, cut) and resumed[-1].update == whole[-1].update


def test_a_stopped_run_goes_on_with_more_patience(run: Run, tmp_path: Path) -> None:
    state = str(tmp_path / "state.safetensors")
    assert epochs(run(state=state, patience=2)) == 5
    again = run(state=state, patience=2)
    assert not of(StepDone, again) and of(StoppedEarly, again)
    assert epochs(run(state=state, patience=4)) == 7
    assert epochs(run(state=state, patience=0)) == 10
    assert epochs(run(state=state, patience=0, epochs=12)) == 12
