"""Validate a model during training: its loss, whether it is the best so far, and whether the run can stop early."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch

from seq2seq.config import LAST, SCORES, TrainConfig
from seq2seq.data.batches import Batch
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.training.device import out_of_memory
from seq2seq.training.distributed import ALONE, World
from seq2seq.training.events import Event, Measured
from seq2seq.training.resume import Progress, Weights

ALL = 100.0  # % of the measured translations that equal their reference


def judge(progress: Progress, config: TrainConfig, loss: float, seen: Iterable[Event]) -> bool:
    """Add a validation to `progress`; return whether its weights are to be kept. `seen` are the events of its probe.

    The weights are kept if their loss is the lowest or their score the highest so far, if no validation decides, and if the run
    stops because they solve the task. Raises ValueError if a score decides but no sentences are measured.
    """
    measured = next((event for event in seen if isinstance(event, Measured)), None)
    progress.solved = measured is not None and measured.exact >= ALL
    score = _score(config, measured)
    if score is None:
        better = config.best_by == LAST or loss < progress.best
    else:
        better = progress.best_score is None or score > progress.best_score
    best = better or (config.stop_when_solved and progress.solved)
    if best:
        progress.best, progress.best_score, progress.best_update, progress.waited = loss, score, progress.update, 0
    else:
        progress.waited += 1
    return best


def _score(config: TrainConfig, measured: Measured | None) -> float | None:
    """Return the BLEU or chrF that decides; None if no score does."""
    if config.best_by not in SCORES:
        return None
    if measured is None or measured.chrf is None:
        raise ValueError(f"the best validation by {SCORES[config.best_by]} needs measured sentences: add --measure 500")
    return measured.bleu if config.best_by == "bleu" else measured.chrf


def mean_of(weights: Sequence[Weights]) -> Weights:
    """Return the mean of each parameter."""
    return {name: torch.stack([each[name] for each in weights]).mean(0) for name in weights[0]}


def reason_to_stop(progress: Progress, config: TrainConfig) -> str:
    """Return why the run stops before its planned length (early stopping: Prechelt 1998); empty if it goes on."""
    if config.stop_when_solved and progress.solved:
        return "all measured held-out sentences were exactly right, free-running"
    if config.patience and progress.waited >= config.patience:
        waited = "1 validation was" if progress.waited == 1 else f"{progress.waited} validations were"
        return f"{waited} not better than the one after update {progress.best_update:,}"
    return ""


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
    """Return the loss of a batch. If memory is too small, halve the batch; training has already allocated all it needs."""
    try:
        moved = batch.to(model.device)
        with torch.autocast(model.device.type, torch.bfloat16, enabled=bf16):
            return float(model.loss(moved.source, moved.lengths, moved.target))
    except RuntimeError as error:
        if not out_of_memory(error):
            raise
    if len(batch.source) == 1:
        raise ValueError("memory is too small for a single sentence during training: choose a smaller model")
    return sum(_loss_of(model, half, bf16) for half in batch.halves())
