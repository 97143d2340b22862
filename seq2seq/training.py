"""The training loop: a generator of events. What to do with them (a bar, a curve, a list) is the consumer's business."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch

from .batches import Batch, TrainingData, collate
from .config import TrainConfig
from .model import Seq2Seq, count_parameters
from .resume import Progress, identity, restore, snapshot

SNAPSHOT_SECONDS = 120  # at most this much work is lost to a kill


@dataclass(frozen=True)
class Started:
    parameters: int
    device: str
    precision: str  # of the matrix products
    pairs: int
    epochs: int
    update: int  # updates already done, when resumed


@dataclass(frozen=True)
class StepDone:
    update: int
    epoch: int
    share: float  # of the whole run, 0 to 1
    loss: float  # nats per piece of this batch, teacher-forced, with label smoothing and dropout
    learning_rate: float
    gradient_norm: float  # before clipping
    tokens: int  # target pieces in the batch
    seconds: float  # of training so far, earlier parts of a resumed run included


@dataclass(frozen=True)
class Validated:
    update: int
    epoch: int
    loss: float  # nats per piece, teacher-forced, of the averaged weights, without smoothing and dropout
    best: bool

    @property
    def perplexity(self) -> float:
        """Per piece, teacher-forced."""
        return perplexity(self.loss)


@dataclass(frozen=True)
class SampleDecoded:
    update: int
    source: str
    hypothesis: str  # free-running


@dataclass(frozen=True)
class CheckpointSaved:
    update: int
    loss: float  # as in Validated


@dataclass(frozen=True)
class Finished:
    update: int
    best_loss: float  # as in Validated
    seconds: float


def perplexity(loss: float) -> float:
    """exp(loss); infinity where a diverged run's loss is too large for it."""
    return math.exp(loss) if loss < 700 else math.inf


Event = Started | StepDone | Validated | SampleDecoded | CheckpointSaved | Finished


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


def _bf16_pays(device: torch.device) -> bool:
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
    probe: Callable[[Seq2Seq], Sequence[tuple[str, str]]] = lambda _: (),
    state_file: str | None = None,
) -> Iterator[Event]:
    """Train `model` in place and report. At the end it holds the running average of its weights.

    `keep(model)` is called with the averaged model at each best validation. `probe(model)` decodes sentences of the caller's
    choice then. With `state_file`, the run's whole state is written there, and an existing file is continued from: the numbers
    are then those of the uninterrupted run.
    """
    device = choose_device(config.device)
    model.to(device)
    average = copy.deepcopy(model).eval().requires_grad_(False)
    optimizer = _optimizer(model, config)
    progress = Progress()
    if state_file:
        run = identity(model, config, data)
        progress = restore(state_file, model, average, optimizer, run)
        if not progress.update:
            snapshot(state_file, model, average, optimizer, run, progress)
    bf16 = config.bf16 and _bf16_pays(device)
    yield Started(
        count_parameters(model), _describe(device), "bf16" if bf16 else "fp32", len(data), config.epochs, progress.update
    )
    clock = time.monotonic() - progress.seconds
    saved = time.monotonic()
    while progress.epoch < config.epochs:
        batches = data.epoch(progress.epoch)
        while progress.index < len(batches):
            share = (progress.epoch + progress.index / len(batches)) / config.epochs
            rate = learning_rate(config, progress.update, share)
            batch = collate(batches[progress.index])
            loss, norm = _update(model, average, optimizer, batch.to(device), config, rate, progress.update, bf16)
            progress.update += 1
            progress.index += 1
            progress.seconds = time.monotonic() - clock
            yield StepDone(progress.update, progress.epoch, share, loss, rate, norm, batch.tokens, progress.seconds)
            last = progress.index == len(batches)
            if last or (config.validate_every and progress.update % config.validate_every == 0):
                yield from _validate(average, validation, progress, bf16, keep, probe)
            if state_file and (last or time.monotonic() - saved > SNAPSHOT_SECONDS):
                at = Progress(**vars(progress))
                if last:
                    at.epoch, at.index = at.epoch + 1, 0
                snapshot(state_file, model, average, optimizer, run, at)
                saved = time.monotonic()
        progress.epoch, progress.index = progress.epoch + 1, 0
    model.load_state_dict(average.state_dict())
    yield Finished(progress.update, progress.best, progress.seconds)


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
    batch: Batch,
    config: TrainConfig,
    rate: float,
    update: int,
    bf16: bool,
) -> tuple[float, float]:
    """One update of the weights and of their average. Returns the loss per piece and the gradient's norm."""
    model.train()
    with torch.autocast(batch.source.device.type, torch.bfloat16, enabled=bf16):
        loss = model.loss(batch.source, batch.lengths, batch.target, config.label_smoothing) / batch.tokens
    if not math.isfinite(float(loss.detach())):
        raise ValueError(f"training diverged: the loss of update {update + 1} is not a finite number; lower the learning rate")
    optimizer.zero_grad()
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), config.gradient_clip or math.inf)
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.step()
    # The average starts short and grows with the run: early weights are forgotten fast.
    decay = min(config.average_decay, (1 + update) / (10 + update))
    with torch.no_grad():
        torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)
    return float(loss.detach()), float(norm)


def _validate(
    average: Seq2Seq,
    validation: Sequence[Batch],
    progress: Progress,
    bf16: bool,
    keep: Callable[[Seq2Seq], None],
    probe: Callable[[Seq2Seq], Sequence[tuple[str, str]]],
) -> Iterator[Event]:
    loss = validation_loss(average, validation, bf16)
    best = loss < progress.best
    yield Validated(progress.update, progress.epoch, loss, best)
    for source, hypothesis in probe(average):
        yield SampleDecoded(progress.update, source, hypothesis)
    if best:
        progress.best = loss
        keep(average)
        yield CheckpointSaved(progress.update, loss)


@torch.no_grad()
def validation_loss(model: Seq2Seq, batches: Sequence[Batch], bf16: bool = False) -> float:
    """Teacher-forced cross-entropy in nats per piece, end mark included, without smoothing."""
    model.eval()
    total, tokens = 0.0, 0
    for batch in batches:
        moved = batch.to(model.device)
        with torch.autocast(model.device.type, torch.bfloat16, enabled=bf16):
            total += float(model.loss(moved.source, moved.lengths, moved.target))
        tokens += batch.tokens
    return total / tokens


def _describe(device: torch.device) -> str:
    return (
        torch.cuda.get_device_name(device) if device.type == "cuda" else f"{device.type}, {torch.get_num_threads()} thread(s)"
    )
