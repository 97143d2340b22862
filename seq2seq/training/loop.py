"""The training loop: a generator of events. What to do with them (a bar, a curve, a list) is the consumer's business."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator, Sequence

import torch

from seq2seq.config import TrainConfig
from seq2seq.data.batches import Batch, Epoch, TrainingData
from seq2seq.data.encoded import Ids
from seq2seq.models.seq2seq import Seq2Seq, count_parameters
from seq2seq.schedules import teacher_forcing_ratio
from seq2seq.training import device as devices
from seq2seq.training.device import bf16_pays, choose_device, out_of_memory
from seq2seq.training.distributed import ALONE, World
from seq2seq.training.events import BatchSplit, CheckpointSaved, DeviceUsed, Event, Finished, Started, StepDone, Validated
from seq2seq.training.optimizers import optimizer
from seq2seq.training.resume import Progress, identity, restore, snapshot
from seq2seq.training.update import Updater

SNAPSHOT_SECONDS = 120  # at most this much work is lost to a kill
WARM_UP, MEASURING_SECONDS = 5, 4  # updates, and time, for finding out how fast a model learns here


def learning_rate(config: TrainConfig, update: int, share: float) -> float:
    """Linear warm-up over updates, then half a cosine over the `share` of the run that is done (Loshchilov and Hutter 2017)."""
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
    """Train `model` in place and report. At the end it holds the running average of its weights.

    `keep(model)` is called with the averaged model at each best validation. `probe(model, update)` may look at it before the
    first update and at each validation; its events are passed on. With `state_file`, the run's whole state is written there,
    now and then and whenever `save_now()` asks for it, and an existing file is continued from: the numbers are then those of
    the uninterrupted run.

    The processes of a `world` call this with the same arguments, and each sees the same events but for its clock and memory.
    `keep`, `probe`, `state_file` and `save_now` are used on the first alone. The updates are those of one process but for
    rounding and dropout, so a run may be continued by another number of processes.
    """
    device = choose_device(config.device)
    model.to(device)
    world.copy_from_first(model.parameters())
    average = copy.deepcopy(model).eval().requires_grad_(False)
    steps = optimizer(model, config)
    progress = Progress()
    run = identity(model, config, data)
    world.check_same(run, "the processes of this run were given different settings or training pairs")
    if state_file:
        progress = restore(state_file, model, average, steps, run, world)
        if world.first and not progress.update:
            snapshot(state_file, model, average, steps, run, progress)
    bf16 = config.bf16 and bf16_pays(device)
    batches = data.epoch(progress.epoch)
    updates = config.updates or config.epochs * len(batches)
    precision = "bf16" if bf16 else "fp32"
    where = devices.described(device) if world.size == 1 else f"{world.size} processes, each on {devices.described(device)}"
    yield Started(count_parameters(model), where, precision, len(data), updates, progress.update)
    if not progress.update:  # what the model makes of it before it has learned anything
        yield from world.from_first(lambda: probe(average, 0))
    update = Updater(model, average, steps, config, bf16, world, progress.parts)
    saved = time.monotonic()
    while not _over(progress, config):
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
        started = time.monotonic()  # while a consumer holds a run up, it is not training
        ended = progress.index == len(batches)
        due = config.validate_every and progress.update % config.validate_every == 0
        if ended or due or progress.update == config.updates:
            yield from _validate(average, validation, progress, bf16, keep, probe, world)
            yield from _device_used(device, progress.update)
        if ended:
            progress.epoch, progress.index = progress.epoch + 1, 0
        over = _over(progress, config)
        if state_file and world.first and (ended or over or save_now() or time.monotonic() - saved > SNAPSHOT_SECONDS):
            snapshot(state_file, model, average, steps, run, progress)
            saved = time.monotonic()
        if ended and not over:
            batches = data.epoch(progress.epoch)
        progress.seconds += time.monotonic() - started
    model.load_state_dict(average.state_dict())
    yield Finished(progress.update, progress.epoch + progress.index / len(batches), progress.best, progress.seconds)


def _share(progress: Progress, batches: int, config: TrainConfig) -> float:
    """How much of the run is done, 0 to 1; `batches` are those of the epoch."""
    if config.updates:
        return progress.update / config.updates
    return (progress.epoch + progress.index / batches) / config.epochs


def _over(progress: Progress, config: TrainConfig) -> bool:
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
    """How many updates, with their validations and probes, take about `seconds` here: measured on a copy of the model.

    The number makes the run one that can be repeated, on a machine of any speed.
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
    batches: Epoch | Sequence[Sequence[tuple[Ids, Ids]]],
    config: TrainConfig,
    seconds: float,
    warm_up: int,
    world: World = ALONE,
) -> float:
    """Seconds that an update takes here: measured for about so many, on a copy of the model, after `warm_up` updates."""
    device = choose_device(config.device)
    trial = copy.deepcopy(model).to(device)
    bf16 = config.bf16 and bf16_pays(device)
    # Drawing what is fed takes as long whatever its share, and every run that draws does so at its middle.
    forcing = teacher_forcing_ratio(config.teacher_forcing_schedule, config.teacher_forcing_ratio, 0.5)
    update = Updater(trial, copy.deepcopy(trial), optimizer(trial, config), config, bf16, world)

    def once(number: int) -> None:
        update(batches[number % len(batches)], learning_rate(config, number, 0.0), forcing, number)

    for number in range(warm_up):  # the first ones find memory and choose kernels
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
    bf16: bool,
    keep: Callable[[Seq2Seq], None],
    probe: Callable[[Seq2Seq, int], Sequence[Event]],
    world: World,
) -> Iterator[Event]:
    loss = validation_loss(average, validation, bf16, world)
    best = loss < progress.best
    yield Validated(progress.update, progress.epoch, loss, best)
    yield from world.from_first(lambda: probe(average, progress.update))
    if best:
        progress.best = loss
        world.from_first(lambda: keep(average))
        yield CheckpointSaved(progress.update, loss)


@torch.no_grad()
def validation_loss(model: Seq2Seq, batches: Sequence[Batch], bf16: bool = False, world: World = ALONE) -> float:
    """Teacher-forced cross-entropy in nats per piece, end mark included, without smoothing. A `world` shares the batches."""
    model.eval()
    total, tokens = 0.0, 0
    for batch in world.share(batches):
        total += _loss_of(model, batch, bf16)
        tokens += batch.tokens
    total_of_all, tokens_of_all = world.sum((total, tokens))
    return total_of_all / tokens_of_all


def _loss_of(model: Seq2Seq, batch: Batch, bf16: bool) -> float:
    """Where memory does not hold a batch, that of its halves: what training needs besides is there already."""
    try:
        moved = batch.to(model.device)
        with torch.autocast(model.device.type, torch.bfloat16, enabled=bf16):
            return float(model.loss(moved.source, moved.lengths, moved.target))
    except RuntimeError as error:
        if not out_of_memory(error):
            raise
    if len(batch.source) == 1:
        raise ValueError("memory does not hold a single sentence beside what training keeps: choose a smaller model")
    return sum(_loss_of(model, half, bf16) for half in batch.halves())
