"""Tests of updates when memory is too small for a batch, and of the other optimizers."""

from typing import Any

import pytest
import torch
from support.small import small_config

from seq2seq.config import TrainConfig
from seq2seq.data.batches import TrainingData, fixed_batches
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.sources.text import Tokenizer
from seq2seq.training.events import BatchSplit, DeviceUsed, Event, StepDone
from seq2seq.training.loop import train, validation_loss
from seq2seq.training.optimizers import OPTIMIZERS
from seq2seq.training.plan import Plan

Pairs = list[tuple[str, str]]
CONFIG = TrainConfig(epochs=1, batch_tokens=150, warmup_updates=5, device="cpu", bf16=False)


class Short(Seq2Seq):
    """A model whose training memory is enough for `room` sentences."""

    room = 3

    def loss(self, source: torch.Tensor, *rest: Any) -> torch.Tensor:
        if self.training and len(source) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return super().loss(source, *rest)


def fresh(kind: type[Seq2Seq] = Seq2Seq) -> Seq2Seq:
    torch.manual_seed(1)
    return kind(small_config(dropout=0.0))


def numbers(events: list[Event]) -> list[tuple[float, float]]:
    return [(e.loss, e.gradient_norm) for e in events if isinstance(e, StepDone)]


@pytest.fixture
def data(pairs: Pairs, tokenizer: Tokenizer) -> TrainingData:
    return TrainingData(pairs[:80], tokenizer, CONFIG)


@pytest.fixture
def validation(pairs: Pairs, tokenizer: Tokenizer) -> list:
    return fixed_batches(pairs[80:], tokenizer, 300)


def test_batch_is_split_when_memory_ends_and_updates_stay_the_same(data: TrainingData, validation: list) -> None:
    whole, split = (list(train(fresh(kind), data, validation, CONFIG)) for kind in (Seq2Seq, Short))
    splits = [event for event in split if isinstance(event, BatchSplit)]
    assert splits and {event.parts for event in splits} <= {2, 4, 8, 16, 32}
    assert [event.parts for event in splits] == sorted({event.parts for event in splits})
    assert len(numbers(split)) == len(numbers(whole)) > 5
    for ours, theirs in zip(numbers(split), numbers(whole), strict=True):
        assert ours == pytest.approx(theirs, rel=1e-3)


def test_resumed_run_keeps_its_number_of_parts(data: TrainingData, validation: list, tmp_path: object) -> None:
    state_file = f"{tmp_path}/state.safetensors"
    first = list(train(fresh(Short), data, validation, CONFIG, state_file=state_file))
    assert any(isinstance(event, BatchSplit) for event in first)
    again = list(train(fresh(Short), data, validation, CONFIG, state_file=state_file))
    assert not any(isinstance(event, BatchSplit | StepDone) for event in again)
    longer = TrainConfig(**{**CONFIG.to_dict(), "epochs": 2})
    state_file = f"{tmp_path}/other.safetensors"
    run = train(fresh(Short), data, validation, longer, state_file=state_file, save_now=lambda: True)
    for event in run:
        if isinstance(event, StepDone) and event.epoch == 1:
            break
    run.close()
    rest = list(train(fresh(Short), data, validation, longer, state_file=state_file))
    assert numbers(rest) and not any(isinstance(event, BatchSplit) for event in rest)


def test_memory_too_small_for_one_sentence_is_explained(
    data: TrainingData, validation: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Short, "room", 0)
    with pytest.raises(ValueError, match="memory is too small for a single sentence with this model"):
        list(train(fresh(Short), data, validation, CONFIG))


class ShortInValidation(Seq2Seq):
    """A model whose validation memory is enough for `room` sentences."""

    room = 3

    def loss(self, source: torch.Tensor, *rest: Any) -> torch.Tensor:
        if not self.training and len(source) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return super().loss(source, *rest)


def test_validation_halves_its_batches_when_memory_ends(validation: list, monkeypatch: pytest.MonkeyPatch) -> None:
    assert max(len(batch.source) for batch in validation) > ShortInValidation.room
    whole, split = (validation_loss(fresh(kind), validation) for kind in (Seq2Seq, ShortInValidation))
    assert split == pytest.approx(whole, rel=1e-5)
    monkeypatch.setattr(ShortInValidation, "room", 0)
    with pytest.raises(ValueError, match="too small for a single sentence during training"):
        validation_loss(fresh(ShortInValidation), validation)


def test_memory_too_small_for_the_optimizer_is_explained(
    data: TrainingData, validation: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    monkeypatch.setattr(torch.optim.AdamW, "step", no_room)
    with pytest.raises(ValueError, match="the optimizer's values per weight: choose a smaller model"):
        list(train(fresh(), data, validation, CONFIG))


def test_other_runtime_errors_are_raised_unchanged(
    data: TrainingData, validation: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> torch.Tensor:
        raise RuntimeError("a kernel is missing")

    monkeypatch.setattr(Seq2Seq, "loss", broken)
    with pytest.raises(RuntimeError, match="a kernel is missing"):
        list(train(fresh(), data, validation, CONFIG))


def test_memory_use_is_reported_at_each_validation(data: TrainingData, validation: list) -> None:
    (used,) = [event for event in train(fresh(), data, validation, CONFIG) if isinstance(event, DeviceUsed)]
    assert 10_000_000 < used.memory < used.memory_of_device
    assert used.utilisation is None  # only measured on a GPU


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizer_learns_and_resumes_to_the_same_numbers(
    data: TrainingData, validation: list, tmp_path: object, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("seq2seq.training.loop.SNAPSHOT_SECONDS", -1)
    rate = OPTIMIZERS[name].learning_rate
    config = TrainConfig(**{**CONFIG.to_dict(), "optimizer": name, "learning_rate": rate, "epochs": 2})
    whole = numbers(list(train(fresh(), data, validation, config)))
    assert whole[-1][0] < whole[0][0]
    state_file = f"{tmp_path}/state.safetensors"
    run = train(fresh(), data, validation, config, state_file=state_file)
    for event in run:
        if isinstance(event, StepDone) and event.update == 8:
            break
    run.close()
    assert numbers(list(train(fresh(), data, validation, config, state_file=state_file))) == whole[7:]


def test_optimizer_sets_the_default_learning_rate() -> None:
    assert Plan("reverse", training={"optimizer": "sgd"}).train_config().learning_rate == OPTIMIZERS["sgd"].learning_rate
    assert Plan("reverse", training={"optimizer": "sgd", "learning_rate": 0.1}).train_config().learning_rate == 0.1
    with pytest.raises(ValueError, match="optimizer must be one of adamw, adadelta, sgd, not 'adam'"):
        Plan("reverse", training={"optimizer": "adam"}).train_config()
