"""A memory that does not hold a whole batch, and optimizers other than the usual one."""

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
    """A model for whose training memory holds `room` sentences, and no more."""

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


def test_where_memory_ends_a_batch_is_taken_in_parts_and_updates_stay_the_same(data: TrainingData, validation: list) -> None:
    whole, split = (list(train(fresh(kind), data, validation, CONFIG)) for kind in (Seq2Seq, Short))
    said = [event for event in split if isinstance(event, BatchSplit)]
    assert said and {event.parts for event in said} <= {2, 4, 8, 16, 32}
    assert [event.parts for event in said] == sorted({event.parts for event in said})
    assert len(numbers(split)) == len(numbers(whole)) > 5
    for ours, theirs in zip(numbers(split), numbers(whole), strict=True):
        assert ours == pytest.approx(theirs, rel=1e-3)


def test_a_resumed_run_knows_into_how_many_parts(data: TrainingData, validation: list, tmp_path: object) -> None:
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


def test_a_memory_that_does_not_hold_one_sentence_is_said(
    data: TrainingData, validation: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Short, "room", 0)
    with pytest.raises(ValueError, match="memory does not hold a single sentence"):
        list(train(fresh(Short), data, validation, CONFIG))


class ShortInValidation(Seq2Seq):
    """Validation, too, finds room for a few sentences only."""

    room = 3

    def loss(self, source: torch.Tensor, *rest: Any) -> torch.Tensor:
        if not self.training and len(source) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return super().loss(source, *rest)


def test_where_memory_ends_in_validation_its_batches_are_halved(validation: list, monkeypatch: pytest.MonkeyPatch) -> None:
    assert max(len(batch.source) for batch in validation) > ShortInValidation.room
    whole, split = (validation_loss(fresh(kind), validation) for kind in (Seq2Seq, ShortInValidation))
    assert split == pytest.approx(whole, rel=1e-5)
    monkeypatch.setattr(ShortInValidation, "room", 0)
    with pytest.raises(ValueError, match="single sentence beside what training keeps"):
        validation_loss(fresh(ShortInValidation), validation)


def test_where_memory_does_not_hold_the_optimizer_a_smaller_model_is_asked_for(
    data: TrainingData, validation: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    monkeypatch.setattr(torch.optim.AdamW, "step", no_room)
    with pytest.raises(ValueError, match="what the optimizer keeps of each weight: choose a smaller model"):
        list(train(fresh(), data, validation, CONFIG))


def test_another_error_is_not_taken_for_it(data: TrainingData, validation: list, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> torch.Tensor:
        raise RuntimeError("a kernel is missing")

    monkeypatch.setattr(Seq2Seq, "loss", broken)
    with pytest.raises(RuntimeError, match="a kernel is missing"):
        list(train(fresh(), data, validation, CONFIG))


def test_what_a_run_holds_of_the_memory_is_told_at_each_validation(data: TrainingData, validation: list) -> None:
    (told,) = [event for event in train(fresh(), data, validation, CONFIG) if isinstance(event, DeviceUsed)]
    assert 10_000_000 < told.memory < told.memory_of_device
    assert told.utilisation is None  # a CPU's is not asked for


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_learns_and_is_resumed_as_if_nothing_had_happened(
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


def test_an_optimizer_brings_its_learning_rate_unless_one_is_chosen() -> None:
    assert Plan("reverse", training={"optimizer": "sgd"}).train_config().learning_rate == OPTIMIZERS["sgd"].learning_rate
    assert Plan("reverse", training={"optimizer": "sgd", "learning_rate": 0.1}).train_config().learning_rate == 0.1
    with pytest.raises(ValueError, match="optimizer must be one of adamw, adadelta, sgd, not 'adam'"):
        Plan("reverse", training={"optimizer": "adam"}).train_config()
