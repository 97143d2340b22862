import random

import pytest
import torch
from support.small import small_config

from seq2seq.config import BOS, EOS, PAD, TrainConfig
from seq2seq.data.batches import TrainingData, collate, fixed_batches
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.sources.text import Tokenizer
from seq2seq.training.device import choose_device
from seq2seq.training.events import CheckpointSaved, Event, Finished, Measured, Started, StepDone, Validated
from seq2seq.training.loop import learning_rate, train, updates_within, validation_loss

Pairs = list[tuple[str, str]]
CONFIG = TrainConfig(
    epochs=3, batch_tokens=150, warmup_updates=5, learning_rate=0.01, average_decay=0.9, subword_sampling=0.5, device="cpu"
)


def fresh() -> Seq2Seq:
    torch.manual_seed(CONFIG.seed)
    return Seq2Seq(small_config(dropout=0.2))


def steps(events: list[Event]) -> list[StepDone]:
    return [e for e in events if isinstance(e, StepDone)]


@pytest.fixture
def data(pairs: Pairs, tokenizer: Tokenizer) -> TrainingData:
    return TrainingData(pairs[:80], tokenizer, CONFIG)


@pytest.fixture
def validation(pairs: Pairs, tokenizer: Tokenizer) -> list:
    return fixed_batches(pairs[80:], tokenizer, 300)


def test_training_learns_and_yields_events_in_order(data: TrainingData, validation: list) -> None:
    model, kept = fresh(), []
    before = validation_loss(model, validation)
    measured = Measured(1, 1, 1.0, 0.0, 0.5, 0.25)
    events = list(
        train(
            model,
            data,
            validation,
            CONFIG,
            keep=lambda m: kept.append(m),
            probe=lambda *_: [measured],
        )
    )
    assert isinstance(events[0], Started) and isinstance(events[-1], Finished)
    validated = [e for e in events if isinstance(e, Validated)]
    assert len(validated) == CONFIG.epochs and validated[-1].loss < before - 1
    assert len(kept) == sum(e.best for e in validated) == sum(isinstance(e, CheckpointSaved) for e in events)
    assert sum(isinstance(e, Measured) for e in events) == 1 + CONFIG.epochs  # one probe before training
    assert [s.update for s in steps(events)] == list(range(1, len(steps(events)) + 1))
    assert events[-1].best_loss == min(v.loss for v in validated)
    # The model holds the averaged weights of the last validation.
    assert validation_loss(model, validation) == pytest.approx(validated[-1].loss, abs=0.02)


@pytest.mark.parametrize("cut", [1, 7, "epoch", 13])
def test_killed_run_resumes_to_the_same_numbers(
    data: TrainingData, validation: list, tmp_path: object, monkeypatch: pytest.MonkeyPatch, cut: int | str
) -> None:
    monkeypatch.setattr("seq2seq.training.loop.SNAPSHOT_SECONDS", -1)  # a snapshot after every update
    whole = fresh()
    expected = steps(list(train(whole, data, validation, CONFIG)))
    at = len(data.epoch(0)) if cut == "epoch" else int(cut)
    state_file = f"{tmp_path}/state.safetensors"
    run = train(fresh(), data, validation, CONFIG, state_file=state_file)
    for event in run:
        # The kill comes between an update and its snapshot: this update is lost and done again.
        if isinstance(event, StepDone) and event.update == at + 1:
            break
    run.close()
    torch.manual_seed(99)
    resumed = fresh()
    events = list(train(resumed, data, validation, CONFIG, state_file=state_file))
    assert isinstance(events[0], Started) and events[0].update == at
    again = steps(events)
    assert [(s.update, s.loss, s.gradient_norm, s.learning_rate) for s in again] == [
        (s.update, s.loss, s.gradient_norm, s.learning_rate) for s in expected[at:]
    ]
    for a, b in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(a, b)


def test_state_of_other_settings_or_damaged_state_is_refused(data: TrainingData, validation: list, tmp_path: object) -> None:
    state_file = f"{tmp_path}/state.safetensors"
    list(train(fresh(), data, validation, CONFIG, state_file=state_file))
    other = TrainConfig(**{**CONFIG.to_dict(), "learning_rate": 0.02})
    with pytest.raises(ValueError, match="belongs to a run with other settings or data"):
        list(train(fresh(), data, validation, other, state_file=state_file))
    with open(state_file, "r+b") as file:
        file.truncate(1000)
    with pytest.raises(ValueError, match="is damaged"):
        list(train(fresh(), data, validation, CONFIG, state_file=state_file))


def test_same_seed_trains_the_same_model(data: TrainingData, validation: list) -> None:
    losses = [[s.loss for s in steps(list(train(fresh(), data, validation, CONFIG)))] for _ in range(2)]
    assert losses[0] == losses[1]


def test_training_works_while_the_consumer_disables_gradients(data: TrainingData, validation: list) -> None:
    with torch.no_grad():
        run = train(fresh(), data, validation, CONFIG)
        seen = [next(run) for _ in range(4)]
        assert not torch.is_grad_enabled()
    assert len(steps(seen)) == 3 and all(s.gradient_norm > 0 for s in steps(seen))


def test_pause_of_the_consumer_is_not_training_time(
    data: TrainingData, validation: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr("seq2seq.training.loop.time.monotonic", lambda: now)
    for event in train(fresh(), data, validation, CONFIG):
        if isinstance(event, StepDone):
            now += 60  # a pause
    assert isinstance(event, Finished) and event.seconds == 0


def test_updates_within_counts_the_time_of_probes(
    data: TrainingData, validation: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0

    def tick() -> float:
        nonlocal now
        now += 0.1
        return now

    def slow_probe(model: Seq2Seq, update: int) -> list[Event]:
        nonlocal now
        now += 10
        return []

    monkeypatch.setattr("seq2seq.training.loop.time.monotonic", tick)
    unwatched, watched = (
        updates_within(600, fresh(), data, validation, CONFIG, probe) for probe in (lambda *_: (), slow_probe)
    )
    assert 0 < watched < unwatched


def test_learning_rate_warms_up_then_falls_to_its_final_share() -> None:
    config = TrainConfig(warmup_updates=10, learning_rate=1.0, final_learning_rate=0.1)
    assert learning_rate(config, 0, 0.0) == pytest.approx(0.1)
    assert learning_rate(config, 9, 0.0) == pytest.approx(1.0)
    assert learning_rate(config, 500, 0.5) == pytest.approx(0.55)
    assert learning_rate(config, 999, 1.0) == pytest.approx(0.1)


def test_epoch_has_every_pair_once_and_depends_on_number_and_seed(
    pairs: Pairs, tokenizer: Tokenizer, data: TrainingData
) -> None:
    batches = list(data.epoch(0))
    targets = sorted(tokenizer.target.decode(t) for batch in batches for _, t in batch)
    assert targets == sorted(target for _, target in pairs[:80])
    assert batches == list(data.epoch(0)) != list(data.epoch(1))
    for batch in batches:
        assert len(batch) * max(max(len(s), len(t)) for s, t in batch) <= CONFIG.batch_tokens


def test_collate_pads_at_the_end_and_adds_no_start_mark() -> None:
    batch = collate([([5, 6, EOS], [7, EOS]), ([8, EOS], [9, 10, EOS])])
    assert batch.source.tolist() == [[5, 6, EOS], [8, EOS, PAD]] and batch.lengths.tolist() == [3, 2]
    assert batch.target.tolist() == [[7, EOS, PAD], [9, 10, EOS]] and batch.tokens == 5
    assert BOS not in batch.target


def test_pair_over_the_length_limit_is_left_out_and_counted(pairs: Pairs, tokenizer: Tokenizer) -> None:
    long = ("word " * 120, "mot")
    assert TrainingData([*pairs, long], tokenizer, CONFIG).left_out == 1
    with pytest.raises(ValueError, match="every training pair is longer than 100 pieces"):
        TrainingData([long], tokenizer, CONFIG)


def test_choose_device_refuses_unknown_and_missing_devices() -> None:
    assert choose_device("cpu") == torch.device("cpu")
    with pytest.raises(ValueError, match="device must be one of auto, cpu, cuda, mps, not 'tpu'"):
        choose_device("tpu")
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="'cuda' is not available on this machine: use 'auto'"):
            choose_device("cuda")


def test_epoch_does_not_change_pythons_global_random_state(data: TrainingData) -> None:
    state = random.getstate()
    data.epoch(0)
    assert random.getstate() == state
