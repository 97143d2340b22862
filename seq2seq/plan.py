"""What a training run is made of, in plain values: data, vocabulary, model, schedule. Whoever starts a run makes a Plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from . import checkpoint
from .checkpoint import Origin
from .config import ModelConfig, TrainConfig, choose
from .corpora import Corpus, Pair
from .model import ARCHITECTURES, COMMON
from .tasks import TASKS, Task
from .text import Tokenizer

VOCABULARY_SIZE = 6000
# A task's model: small enough to learn in front of one's eyes. Memory and decoder are of one size, so that every score fits.
_EMBEDDING, _WIDTH = 64, 128
_TASK_TRAINING: dict[str, Any] = {
    "learning_rate": 4e-3,
    "batch_tokens": 1000,
    "warmup_updates": 50,
    "subword_sampling": 0.0,
    "label_smoothing": 0.0,
    "average_decay": 0.99,
}


class Pairs(Sized, Iterable[Pair], Protocol):
    """Pairs that can be gone through more than once."""


@dataclass(frozen=True)
class Files:
    """Sentence pairs in two files of tab-separated columns, counted from 0."""

    data: str
    valid: str
    source: int = 0
    target: int = 1


@dataclass(frozen=True)
class Plan:
    """`model`, `training` and `origin` hold what was chosen; what was not follows from the task or is the usual."""

    data: Files | str  # or the name of a task
    model: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    origin: Mapping[str, str] = field(default_factory=dict)
    vocabulary_size: int | None = None
    vocabulary_kind: str = "bpe"
    vocabulary_of: str | None = None  # another checkpoint's, so that models can be compared
    shared_vocabulary: bool = True

    @property
    def task(self) -> Task | None:
        """Raises ValueError with the choices for a task that is not there."""
        return choose("task", self.data, TASKS) if isinstance(self.data, str) else None

    @property
    def held_out(self) -> str:
        """What the validation pairs are called."""
        return f"the task {self.data}" if isinstance(self.data, str) else Path(self.data.valid).name

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for a file."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Plan:
        """Raises ValueError for what `to_dict` did not give."""
        try:
            data = values["data"]
            return cls(**{**values, "data": data if isinstance(data, str) else Files(**data)})
        except (KeyError, TypeError) as error:
            raise ValueError(f"no plan of a run: {error}") from None

    def arguments(self) -> list[str]:
        """The plan as arguments of `python -m seq2seq train`, without where to and how long."""
        given: dict[str, Any] = {"task": self.data} if isinstance(self.data, str) else asdict(self.data)
        given |= {"vocabulary_size": self.vocabulary_size, "vocabulary_of": self.vocabulary_of}
        if self.vocabulary_kind != Plan.vocabulary_kind:
            given["vocabulary_kind"] = self.vocabulary_kind
        if not self.shared_vocabulary:
            given["shared_vocabulary"] = False
        arguments = []
        for name, value in {**given, **self.model, **self.training, **self.origin}.items():
            flag = "--" + name.replace("_", "-")
            if isinstance(value, bool):
                arguments.append(flag if value else flag.replace("--", "--no-", 1))
            elif value is not None:  # a text may begin with a dash
                arguments += [f"{flag}={value}"] if str(value).startswith("-") else [flag, str(value)]
        return arguments

    def train_config(self) -> TrainConfig:
        """Raises ValueError for what is out of its range."""
        return TrainConfig(**{**(_TASK_TRAINING if self.task else {}), **self.training})

    def model_config(self, source: int, target: int) -> ModelConfig:
        """The model's shape with vocabularies of these sizes. Raises ValueError for what is impossible or would be ignored."""
        name = self.model.get("architecture", ModelConfig.architecture)
        architecture = choose("architecture", name, ARCHITECTURES)
        given = {**(_task_model(architecture, self.model) if self.task else {}), **self.model}
        sizes = {"source_vocabulary": source, "target_vocabulary": target, "shared_vocabulary": self.shared_vocabulary}
        return ModelConfig(**{**architecture.settings(given), **sizes})

    def full_origin(self) -> Origin:
        known: dict[str, str] = {}
        if task := self.task:
            count = len(task.pairs("train"))
            known = {
                "title": task.title,
                "source_language": task.source_language,
                "target_language": task.target_language,
                "subject": str(self.data),
                "trained_on": f"{count:,} examples that the task {self.data!r} of this project makes itself.",
                "attribution": "made by this project",
                "licence": "Apache License 2.0",
            }
        return Origin(**{**known, **self.origin})

    def pairs(self) -> tuple[Pairs, Pairs]:
        """Those to learn from, and those held out. Raises ValueError that names the file and what is wrong with it."""
        if task := self.task:
            return task.pairs("train"), task.pairs("valid")
        assert isinstance(self.data, Files)
        columns = (self.data.source, self.data.target)
        return Corpus(self.data.data, *columns), Corpus(self.data.valid, *columns)

    def tokenizer(self, pairs: Pairs, seed: int) -> Tokenizer:
        """Another checkpoint's, or one trained on `pairs` alone."""
        if self.vocabulary_of:
            return Tokenizer.load(checkpoint.find(self.vocabulary_of), self.shared_vocabulary)
        task = self.task
        size = self.vocabulary_size or (task.vocabulary_size if task else VOCABULARY_SIZE)
        apart = task is not None and task.split_digits
        return Tokenizer.train(pairs, size, self.shared_vocabulary, seed, self.vocabulary_kind, apart)


def _task_model(architecture: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """The small sizes, as far as the architecture has them."""
    chosen = architecture.settings(given)
    both_ways = chosen.get("bidirectional", ModelConfig.bidirectional)
    sizes: dict[str, Any] = {
        "embedding_size": _EMBEDDING,
        "encoder_size": _WIDTH // 2 if both_ways else _WIDTH,
        "decoder_size": _WIDTH,
        "feed_forward_size": _WIDTH,
        "dropout": 0.05,
    }
    if chosen.get("attention", ModelConfig.attention) == "additive":
        sizes["attention_size"] = _WIDTH // 2
    return {name: value for name, value in sizes.items() if name in COMMON | architecture.own}
