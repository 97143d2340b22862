"""The training loop: a generator of events. What to do with them (a bar, a curve, a list) is the consumer's business."""

from __future__ import annotations

import copy
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence

import torch

from .batches import Batch, TrainingData, collate
from .config import TrainConfig
from .distributed import ALONE, World
from .encoded import Ids
from .events import CheckpointSaved, Event, Finished, Started, StepDone, Validated
from .model import Seq2Seq, count_parameters
from .resume import Progress, identity, restore, snapshot
from .scheduled_sampling import fed_pieces
from .schedules import teacher_forcing_ratio

SNAPSHOT_SECONDS = 120  # at most this much work is lost to a kill
WARM_UP, MEASURING_SECONDS = 5, 4  # updates, and time, for finding out how fast a model learns here


def choose_device(name: str) -> torch.device:
    """`auto` takes CUDA, else Apple's MPS, else the CPU. Raises ValueError if a named device is not there."""
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return torch.device("cuda" if present["cuda"] else "mps" if present["mps"] else "cpu")
    if name not in present:
        raise ValueError(f"device must be one of auto, {', '.join(present)}, not {name!r}")
    if not present[name]:
        raise ValueError(f"device {name!r} is not available on this machine; use 'auto'")
    return torch.device(name)


def bf16_pays(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and bool(torch.cpu.get_capabilities().get("avx512_bf16", False))


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

    The processes of a `world` call this with the same arguments, and each sees the same events but for its clock. `keep`,
    `probe`, `state_file` and `save_now` are used on the first alone. The updates are those of one process but for rounding and
    dropout, so a run may be continued by another number of processes.
    """
    device = choose_device(config.device)
    model.to(device)
    world.copy_from_first(model.parameters())
    average = copy.deepcopy(model).eval().requires_grad_(False)
    optimizer = _optimizer(model, config)
    progress = Progress()
    run = identity(model, config, data)
    world.check_same(run, "the processes of this run were given different settings or training pairs")
    if state_file:
        progress = restore(state_file, model, average, optimizer, run, world)
        if world.first and not progress.update:
            snapshot(state_file, model, average, optimizer, run, progress)
    bf16 = config.bf16 and bf16_pays(device)
    batches = data.epoch(progress.epoch)
    updates = config.updates or config.epochs * len(batches)
    precision = "bf16" if bf16 else "fp32"
    yield Started(count_parameters(model), _describe(device, world), precision, len(data), updates, progress.update)
    if not progress.update:  # what the model makes of it before it has learned anything
        yield from world.from_first(lambda: probe(average, 0))
    saved = time.monotonic()
    while not _over(progress, config):
        share = _share(progress, len(batches), config)
        started = time.monotonic()
        rate = learning_rate(config, progress.update, share)
        forcing = teacher_forcing_ratio(config.teacher_forcing_schedule, config.teacher_forcing_ratio, share)
        loss, norm, tokens = _update(
            model, average, optimizer, batches[progress.index], config, rate, forcing, progress.update, bf16, world
        )
        progress.update += 1
        progress.index += 1
        progress.seconds += time.monotonic() - started
        yield StepDone(progress.update, progress.epoch, share, loss, rate, forcing, norm, tokens, progress.seconds)
        started = time.monotonic()  # while a consumer holds a run up, it is not training
        ended = progress.index == len(batches)
        due = config.validate_every and progress.update % config.validate_every == 0
        if ended or due or progress.update == config.updates:
            yield from _validate(average, validation, progress, bf16, keep, probe, world)
        if ended:
            progress.epoch, progress.index = progress.epoch + 1, 0
        over = _over(progress, config)
        if state_file and world.first and (ended or over or save_now() or time.monotonic() - saved > SNAPSHOT_SECONDS):
            snapshot(state_file, model, average, optimizer, run, progress)
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
    world: World = ALONE,
) -> int:
    """How many updates, with their validations, take about `seconds` here: measured on a copy of the model.

    The number makes the run one that can be repeated, on a machine of any speed.
    """
    device = choose_device(config.device)
    trial = copy.deepcopy(model).to(device)
    average, optimizer = copy.deepcopy(trial), _optimizer(trial, config)
    bf16 = config.bf16 and bf16_pays(device)
    batches = data.epoch(0)
    # Drawing what is fed takes as long whatever its share, and every run that draws does so at its middle.
    forcing = teacher_forcing_ratio(config.teacher_forcing_schedule, config.teacher_forcing_ratio, 0.5)

    def update(number: int) -> None:
        rate = learning_rate(config, number, 0.0)
        _update(trial, average, optimizer, batches[number % len(batches)], config, rate, forcing, number, bf16, world)

    for number in range(WARM_UP):  # the first ones find memory and choose kernels
        update(number)
    start = time.monotonic()
    number = 0
    while world.from_first(lambda: time.monotonic() - start < min(MEASURING_SECONDS, seconds / 10)):
        update(WARM_UP + number)
        number += 1
    each = (time.monotonic() - start) / max(1, number)
    start = time.monotonic()
    validation_loss(average, validation, bf16, world)
    each += (time.monotonic() - start) / min(len(batches), config.validate_every or len(batches))
    return world.from_first(lambda: max(1, round(seconds / each)))


def _optimizer(model: Seq2Seq, config: TrainConfig) -> torch.optim.AdamW:
    matrices = [p for p in model.parameters() if p.dim() > 1]
    rest = [p for p in model.parameters() if p.dim() <= 1]
    groups = [{"params": matrices, "weight_decay": config.weight_decay}, {"params": rest, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.98), fused=True)


@torch.enable_grad()
def _update(
    model: Seq2Seq,
    average: Seq2Seq,
    optimizer: torch.optim.AdamW,
    pairs: Sequence[tuple[Ids, Ids]],
    config: TrainConfig,
    rate: float,
    forcing: float,
    update: int,
    bf16: bool,
    world: World,
) -> tuple[float, float, int]:
    """One update of the weights and of their average, by all processes on their shares of a batch.

    Returns the loss per piece, the gradient's norm and the number of target pieces: those of the whole batch.
    """
    model.train()
    optimizer.zero_grad()
    # Random numbers follow from the update and the process: there is no state of theirs to be saved.
    dice = random.Random(f"{config.seed}/{update}/{world.rank}")
    torch.manual_seed(dice.getrandbits(63))
    tokens = sum(len(target) for _, target in pairs)
    loss = torch.zeros((), device=model.device)
    if mine := world.share(pairs):
        batch = collate(mine).to(model.device)
        with torch.autocast(model.device.type, torch.bfloat16, enabled=bf16):
            fed = fed_pieces(model, batch, forcing, dice.getrandbits(63)) if forcing < 1 else None
            loss = model.loss(batch.source, batch.lengths, batch.target, config.label_smoothing, fed) / tokens
        loss.backward()
    mean = float(world.sum_gradients(model.parameters(), loss.detach()))
    if not math.isfinite(mean):
        raise ValueError(f"training diverged: the loss of update {update + 1} is not a finite number; lower the learning rate")
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), config.gradient_clip or math.inf)
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()
    # The average starts short and grows with the run: early weights are forgotten fast.
    decay = min(config.average_decay, (1 + update) / (10 + update))
    with torch.no_grad():
        torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)
    return mean, float(norm), tokens


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
        moved = batch.to(model.device)
        with torch.autocast(model.device.type, torch.bfloat16, enabled=bf16):
            total += float(model.loss(moved.source, moved.lengths, moved.target))
        tokens += batch.tokens
    total_of_all, tokens_of_all = world.sum((total, tokens))
    return total_of_all / tokens_of_all


def _describe(device: torch.device, world: World) -> str:
    one = torch.cuda.get_device_name(device) if device.type == "cuda" else f"{device.type}, {torch.get_num_threads()} thread(s)"
    return one if world.size == 1 else f"{world.size} processes, each on {one}"
