"""The events of a training run, as plain values: for the command line's bar, the page's curves and the tests."""

from __future__ import annotations

import math
from dataclasses import dataclass

DISTANCES = (0, 2, 5, 10)  # where the bands of `Reached` begin: 0 and 1 pieces, 2 to 4, 5 to 9, 10 and more


@dataclass(frozen=True)
class Started:
    parameters: int
    device: str
    precision: str  # of matrix products: bf16 or fp32
    pairs: int
    updates: int  # of the whole run; approximate if the run is counted in epochs, because epochs differ in their batches
    update: int  # finished updates; more than 0 if resumed


@dataclass(frozen=True)
class StepDone:
    update: int
    epoch: int
    share: float  # finished share of the run, 0 to 1
    loss: float  # nats per piece of this batch, fed as `teacher_forcing` says, with label smoothing and dropout
    learning_rate: float
    teacher_forcing: float  # share of steps that were fed the reference
    gradient_norm: float  # before clipping
    tokens: int  # target pieces in the batch
    seconds: float  # training time so far, including the parts before a resume


@dataclass(frozen=True)
class Validated:
    update: int
    epoch: int
    loss: float  # nats per piece, teacher-forced, of the averaged weights, without smoothing and dropout
    best: bool
    averaged: int = 1  # validations whose weights were averaged

    @property
    def perplexity(self) -> float:
        """Perplexity per piece, teacher-forced."""
        return perplexity(self.loss)


@dataclass(frozen=True)
class SampleDecoded:
    update: int
    source: str
    hypothesis: str  # free-running, greedy
    source_pieces: tuple[str, ...]
    pieces: tuple[str, ...]
    attention: tuple[tuple[float, ...], ...] | None  # one row per piece, one column per source piece; None without attention

    def __post_init__(self) -> None:
        if self.attention is None:
            return
        if len(self.attention) != len(self.pieces) or any(len(row) != len(self.source_pieces) for row in self.attention):
            raise ValueError("attention needs a row for each piece, with a weight for each source piece")


@dataclass(frozen=True)
class Measured:
    """Quality on some held-out sentences."""

    update: int
    sentences: int
    bleu: float  # free-running, greedy
    exact: float  # percentage of translations that equal the reference
    accuracy_forced: float  # share of the reference's pieces that are predicted when fed the reference
    accuracy_free: float  # the same when fed its own output
    # Teacher-forced: share of the attention weight on the true alignment, mean over the pieces that have one. None without
    # attention, or if the alignment is not known.
    aligned: float | None = None
    chrf: float | None = None  # free-running, greedy; None in the events of earlier versions


@dataclass(frozen=True)
class Reached:
    """How much the output depends on a source piece, by the number of pieces that the encoder reads after it.

    Teacher-forced, on some held-out sentences.
    """

    update: int
    sentences: int
    distances: tuple[int, ...]  # where each band begins; it ends before the next one
    norms: tuple[float, ...]  # nats per unit of embedding: the mean of `analysis.inside.reach.source_reach` in each band
    relative: tuple[float, ...]  # the same, first divided by the mean over the pieces of each sentence: 1 is as much as that

    def __post_init__(self) -> None:
        if not len(self.distances) == len(self.norms) == len(self.relative):
            raise ValueError("a reach needs a norm, and a relative one, for each distance")


@dataclass(frozen=True)
class CheckpointSaved:
    update: int
    loss: float  # as in Validated


@dataclass(frozen=True)
class BatchSplit:
    """Memory was too small for a batch: from now on each batch is processed in parts. The updates stay the same."""

    update: int  # updates finished before
    parts: int


@dataclass(frozen=True)
class DeviceUsed:
    update: int
    memory: int  # bytes: the highest use of training so far
    memory_of_device: int  # bytes
    utilisation: float | None  # share of the last second in which the GPU was computing, 0 to 1; None if unknown


@dataclass(frozen=True)
class StoppedEarly:
    """The run stopped before its planned length, after a validation."""

    update: int
    updates: int  # planned; approximate as in Started
    why: str

    @property
    def text(self) -> str:
        return f"stopped early, after update {self.update:,} of {self.updates:,}: {self.why}"


@dataclass(frozen=True)
class Tested:
    """Quality of the best checkpoint on the test examples of a task, at the end of a run; free-running, greedy."""

    update: int
    sentences: int
    exact: float  # percentage of translations that equal the reference


@dataclass(frozen=True)
class Finished:
    update: int
    epochs: float  # passes over the training pairs
    best_loss: float  # of the kept weights, as in Validated
    seconds: float
    best_score: float | None = None  # BLEU or chrF of the kept weights, if it decided which are kept


def perplexity(loss: float) -> float:
    """Return exp(loss), or infinity if the loss of a diverged run is too large."""
    return math.exp(loss) if loss < 700 else math.inf


Event = (
    Started
    | StepDone
    | Validated
    | SampleDecoded
    | Measured
    | Reached
    | CheckpointSaved
    | BatchSplit
    | DeviceUsed
    | StoppedEarly
    | Tested
    | Finished
)
