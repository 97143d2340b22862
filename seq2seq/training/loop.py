"""The training loop: a generator of events. The consumer decides how to show them (bar, curve, list)."""

from __future__ import annotations

import copy
import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence

import torch

from seq2seq.config import TrainConfig
from seq2seq.data.batches import Batch, Epoch, TrainingData
from seq2seq.data.encoded import Ids, Input
from seq2seq.models.seq2seq import Seq2Seq, count_parameters
from seq2seq.schedules import teacher_forcing_ratio
from seq2seq.training import device as devices
from seq2seq.training.device import bf16_pays, choose_device
from seq2seq.training.distributed import ALONE, World
from seq2seq.training.events import (
    BatchSplit,
    CheckpointSaved,
    DeviceUsed,
    Event,
    Finished,
    Started,
    StepDone,
    StoppedEarly,
    Validated,
)
from seq2seq.training.optimizers import optimizer
from seq2seq.training.resume import Progress, Weights, identity, restore, snapshot
from seq2seq.training.update import Updater
from seq2seq.training.validation import judge, mean_of, reason_to_stop, validation_loss

SNAPSHOT_SECONDS = 120  # a kill loses at most this much work
WARM_UP, MEASURING_SECONDS = 5, 4  # updates before the speed is measured, and seconds of measuring


def learning_rate(config: TrainConfig, update: int, share: float) -> float:
    """Linear warm-up over updates, then half a cosine over the finished `share` of the run (Loshchilov and Hutter 2017)."""
    cosine = (1 + math.cos(math.pi * share)) / 2
    rate = config.learning_rate * (config.final_learning_rate + (1 - config.final_learning_rate) * cosine)
    return rate * min(1.0, (update + 1) / max(1, config.warmup_updates))


def train(
    model: Seq2Seq,
    data: TrainingData,
    validation: Sequence[Batch],
    config: TrainConfig,
    *,
    keep: Callable[[Seq2Seq], None] = lambda _: None,
    probe: Callable[[Seq2Seq, int], Sequence[Event]] = lambda _, __: (),
    state_file: str | None = None,
    save_now: Callable[[], bool] = lambda: False,
    world: World = ALONE,
) -> Iterator[Event]:
    """Train `model` in place and yield events. At the end the model holds the running average of its weights.

    `keep(model)` gets the averaged model at each best validation. `probe(model, update)` may inspect it before the first
    update and at each validation; its events are yielded too. `state_file` saves the run's whole state from time to time and
    whenever `save_now()` is true. An existing file is continued: the numbers are then those of the uninterrupted run.

    All processes of a `world` call this with the same arguments, and yield the same events except for clock and memory. Only
    the first uses `keep`, `probe`, `state_file` and `save_now`. The updates equal those of one process except for rounding and
    dropout, so another number of processes may continue a run.
    """
    device = choose_device(config.device)
    model.to(device)
    world.copy_from_first(model.parameters())
    average = copy.deepcopy(model).eval().requires_grad_(False)
    steps = optimizer(model, config)
    progress, past = Progress(), deque[Weights](maxlen=config.average)
    run = identity(model, config, data)
    world.check_same(run, "the processes of this run were given different settings or training pairs")
    if state_file:
        progress = restore(state_file, model, average, steps, run, past, world)
        if world.first and not progress.update:
            snapshot(state_file, model, average, steps, run, progress)
    progress.parts = max(progress.parts, config.accumulate)
    bf16 = config.bf16 and bf16_pays(device)
    batches = data.epoch(progress.epoch)
    updates = config.updates or config.epochs * len(batches)
    precision = "bf16" if bf16 else "fp32"
    where = devices.described(device) if world.size == 1 else f"{world.size} processes, each on {devices.described(device)}"
    yield Started(count_parameters(model), where, precision, len(data), updates, progress.update)
    if not progress.update:  # the model's output before training
        yield from world.from_first(lambda: probe(average, 0))
    update = Updater(model, average, steps, config, bf16, world, progress.parts)
    saved = time.monotonic()
    while not over(progress, config):
        share = _share(progress, len(batches), config)
        started = time.monotonic()
        rate = learning_rate(config, progress.update, share)
        forcing = teacher_forcing_ratio(config.teacher_forcing_schedule, config.teacher_forcing_ratio, share)
        loss, norm, tokens = update(batches[progress.index], rate, forcing, progress.update)
        if update.parts > progress.parts:
            yield BatchSplit(progress.update, update.parts)
            progress.parts = update.parts
        progress.update += 1
        progress.index += 1
        progress.seconds += time.monotonic() - started
        yield StepDone(progress.update, progress.epoch, share, loss, rate, forcing, norm, tokens, progress.seconds)
        started = time.monotonic()  # time that the consumer takes for an event is not training time
        ended = progress.index == len(batches)
        due = config.validate_every and progress.update % config.validate_every == 0
        if ended or due or progress.update == config.updates:
            yield from _validate(average, validation, progress, config, bf16, keep, probe, world)
            if config.average > 1:
                past.append({name: weight.detach().clone() for name, weight in average.named_parameters()})
            yield from _device_used(device, progress.update)
        if ended:
            progress.epoch, progress.index = progress.epoch + 1, 0
        done = over(progress, config)
        if state_file and world.first and (ended or done or save_now() or time.monotonic() - saved > SNAPSHOT_SECONDS):
            snapshot(state_file, model, average, steps, run, progress, past)
            saved = time.monotonic()
        if ended and not done:
            batches = data.epoch(progress.epoch)
        progress.seconds += time.monotonic() - started
    if (why := reason_to_stop(progress, config)) and not _complete(progress, config):
        yield StoppedEarly(progress.update, updates, why)
    if len(past) > 1:
        mean = copy.deepcopy(average)
        mean.load_state_dict(mean_of(past), strict=False)
        final = copy.copy(progress)
        yield from _validate(mean, validation, final, config, bf16, keep, probe, world, len(past))
        progress.best, progress.best_score = final.best, final.best_score
        if state_file and world.first:  # the weights stay those of the last update, so that the run can be made longer
            snapshot(state_file, model, average, steps, run, progress, past)
    model.load_state_dict(average.state_dict())
    epochs = progress.epoch + progress.index / len(batches)
    yield Finished(progress.update, epochs, progress.best, progress.seconds, progress.best_score)


def _share(progress: Progress, batches: int, config: TrainConfig) -> float:
    """Return the finished share of the run, 0 to 1. `batches` is the number of batches in this epoch."""
    if config.updates:
        return progress.update / config.updates
    return (progress.epoch + progress.index / batches) / config.epochs


def over(progress: Progress, config: TrainConfig) -> bool:
    """Whether the run has its planned length, or has stopped early."""
    return _complete(progress, config) or bool(reason_to_stop(progress, config))


def _complete(progress: Progress, config: TrainConfig) -> bool:
    return progress.update >= config.updates if config.updates else progress.epoch >= config.epochs


def updates_within(
    seconds: float,
    model: Seq2Seq,
    data: TrainingData,
    validation: Sequence[Batch],
    config: TrainConfig,
    probe: Callable[[Seq2Seq, int], Sequence[Event]] = lambda _, __: (),
    world: World = ALONE,
) -> int:
    """Return how many updates, with their validations and probes, take about `seconds` here; measured on a copy of the model.

    A fixed number of updates makes the run repeatable on a machine of any speed.
    """
    device = choose_device(config.device)
    batches = data.epoch(0)
    each = pace(model, batches, config, min(MEASURING_SECONDS, seconds / 10), WARM_UP, world)
    trial = copy.deepcopy(model).to(device)
    start = time.monotonic()
    validation_loss(trial, validation, config.bf16 and bf16_pays(device), world)
    world.from_first(lambda: probe(trial, 0))
    each += (time.monotonic() - start) / min(len(batches), config.validate_every or len(batches))
    return world.from_first(lambda: max(1, round(seconds / each)))


def pace(
    model: Seq2Seq,
    batches: Epoch | Sequence[Sequence[tuple[Input, Ids]]],
    config: TrainConfig,
    seconds: float,
    warm_up: int,
    world: World = ALONE,
) -> float:
    """Return the seconds per update on this machine: measured for `seconds` on a copy of the model, after `warm_up` updates."""
    device = choose_device(config.device)
    trial = copy.deepcopy(model).to(device)
    bf16 = config.bf16 and bf16_pays(device)
    # Drawing the fed pieces costs the same for any ratio below 1, and at its middle every such run has a ratio below 1.
    forcing = teacher_forcing_ratio(config.teacher_forcing_schedule, config.teacher_forcing_ratio, 0.5)
    update = Updater(trial, copy.deepcopy(trial), optimizer(trial, config), config, bf16, world, config.accumulate)

    def once(number: int) -> None:
        update(batches[number % len(batches)], learning_rate(config, number, 0.0), forcing, number)

    for number in range(warm_up):  # the first updates allocate memory and choose kernels
        once(number)
    start = time.monotonic()
    number = 0
    while world.from_first(lambda: time.monotonic() - start < seconds):
        once(warm_up + number)
        number += 1
    return (time.monotonic() - start) / max(1, number)


def _device_used(device: torch.device, update: int) -> Iterator[Event]:
    held = devices.memory(device)
    if held is not None:
        yield DeviceUsed(update, *held, devices.utilisation(device))


def _validate(
    average: Seq2Seq,
    validation: Sequence[Batch],
    progress: Progress,
    config: TrainConfig,
    bf16: bool,
    keep: Callable[[Seq2Seq], None],
    probe: Callable[[Seq2Seq, int], Sequence[Event]],
    world: World,
    averaged: int = 1,
) -> Iterator[Event]:
    loss = validation_loss(average, validation, bf16, world)
    seen = world.from_first(lambda: probe(average, progress.update))
    best = judge(progress, config, loss, seen)
    yield Validated(progress.update, progress.epoch, loss, best, averaged)
    yield from seen
    if best:
        world.from_first(lambda: keep(average))
        yield CheckpointSaved(progress.update, loss)
