"""What a training run reports, in plain values: a bar on the command line, curves on the page, a list in a test."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Started:
    parameters: int
    device: str
    precision: str  # of the matrix products
    pairs: int
    updates: int  # of the whole run; of one that is counted in epochs about so many, since no two have the same batches
    update: int  # updates already done, when resumed


@dataclass(frozen=True)
class StepDone:
    update: int
    epoch: int
    share: float  # of the whole run, 0 to 1
    loss: float  # nats per piece of this batch, fed as `teacher_forcing` says, with label smoothing and dropout
    learning_rate: float
    teacher_forcing: float  # the share of steps that were fed the reference
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
    hypothesis: str  # free-running, greedy
    source_pieces: tuple[str, ...]
    pieces: tuple[str, ...]
    attention: tuple[tuple[float, ...], ...] | None  # a row a piece, a column a source piece; None of a model without attention

    def __post_init__(self) -> None:
        if self.attention is None:
            return
        if len(self.attention) != len(self.pieces) or any(len(row) != len(self.source_pieces) for row in self.attention):
            raise ValueError("attention needs a row for each piece, with a weight for each source piece")


@dataclass(frozen=True)
class Measured:
    """Some held-out sentences, translated."""

    update: int
    sentences: int
    bleu: float  # free-running, greedy
    exact: float  # of 100 translations, how many are the reference
    accuracy_forced: float  # share of the reference's pieces that are right, fed the reference,
    accuracy_free: float  # and fed its own output


@dataclass(frozen=True)
class CheckpointSaved:
    update: int
    loss: float  # as in Validated


@dataclass(frozen=True)
class BatchSplit:
    """Memory did not hold a batch: from here on each is taken in parts, whose gradients are added. The updates are the same."""

    update: int  # updates done before
    parts: int


@dataclass(frozen=True)
class DeviceUsed:
    update: int
    memory: int  # bytes: the most that training has held so far
    memory_of_device: int  # bytes
    utilisation: float | None  # share of the last second in which a GPU computed, 0 to 1; None where it cannot be read


@dataclass(frozen=True)
class Finished:
    update: int
    epochs: float  # passes over the training pairs
    best_loss: float  # as in Validated
    seconds: float


def perplexity(loss: float) -> float:
    """exp(loss); infinity where a diverged run's loss is too large for it."""
    return math.exp(loss) if loss < 700 else math.inf


Event = Started | StepDone | Validated | SampleDecoded | Measured | CheckpointSaved | BatchSplit | DeviceUsed | Finished
