"""What a training run is made of, in plain values: data, vocabulary, model, schedule. Whoever starts a run makes a Plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Protocol

from seq2seq.config import ModelConfig, TrainConfig, choose
from seq2seq.data.corpora import Corpus, Pair
from seq2seq.data.synthetic import SPLITS, TASKS, Task
from seq2seq.models import checkpoint
from seq2seq.models.architectures import ARCHITECTURES
from seq2seq.models.checkpoint import Origin
from seq2seq.models.seq2seq import Seq2Seq, shape_of
from seq2seq.sources.text import Tokenizer
from seq2seq.training.optimizers import OPTIMIZERS

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
    "validate_every": 40,  # often enough to see alignment emerge
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
        """The plan as arguments of `python -m seq2seq train`, without where to; what is as usual is left out."""
        given = {"task": self.data} if isinstance(self.data, str) else _unusual(self.data)
        vocabulary = {name: value for name, value in _unusual(self).items() if "vocabulary" in name}
        arguments = []
        for name, value in {**given, **vocabulary, **self.model, **self.training, **self.origin}.items():
            flag = "--" + name.replace("_", "-")
            if isinstance(value, bool):
                arguments.append(flag if value else flag.replace("--", "--no-", 1))
            else:  # a text may begin with a dash
                arguments += [f"{flag}={value}"] if str(value).startswith("-") else [flag, str(value)]
        return arguments

    def train_config(self) -> TrainConfig:
        """Raises ValueError for what is out of its range, or is not there."""
        usual = dict(_TASK_TRAINING) if self.task else {}
        name = self.training.get("optimizer", TrainConfig.optimizer)
        kind = choose("optimizer", name, OPTIMIZERS)
        if name != TrainConfig.optimizer:
            usual["learning_rate"] = kind.learning_rate
        return TrainConfig(**{**usual, **self.training})

    def model_config(self, source: int, target: int) -> ModelConfig:
        """The model's shape with vocabularies of these sizes. Raises ValueError for what is impossible or would be ignored."""
        name = self.model.get("architecture", ModelConfig.architecture)
        architecture = choose("architecture", name, ARCHITECTURES)
        given = {**(sized(self.model, _EMBEDDING, _WIDTH) if self.task else {}), **self.model}
        sizes = {"source_vocabulary": source, "target_vocabulary": target, "shared_vocabulary": self.shared_vocabulary}
        return ModelConfig(**{**architecture.settings(given), **sizes})

    def outline(self) -> Seq2Seq:
        """The model in its right shape and without numbers, its vocabulary as large as is allowed.

        Raises ValueError as `model_config` does.
        """
        size = self._vocabulary_size()
        return shape_of(self.model_config(size, size))

    def _vocabulary_size(self) -> int:
        return self.vocabulary_size or (self.task.vocabulary_size if self.task else VOCABULARY_SIZE)

    def full_origin(self) -> Origin:
        known: dict[str, str] = {}
        if task := self.task:
            known = {
                "title": task.title,
                "source_language": task.source_language,
                "target_language": task.target_language,
                "subject": str(self.data),
                "trained_on": f"{SPLITS['train']:,} examples that the task {self.data!r} of this project makes itself.",
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
        apart = self.task is not None and self.task.split_digits
        return Tokenizer.train(pairs, self._vocabulary_size(), self.shared_vocabulary, seed, self.vocabulary_kind, apart)


def _unusual(settings: Files | Plan) -> dict[str, Any]:
    """The settings that have another value than they have where nothing was chosen."""
    return {f.name: value for f in fields(settings) if (value := getattr(settings, f.name)) != f.default}


def sized(given: Mapping[str, Any], embedding: int, width: int) -> dict[str, Any]:
    """Sizes for what is `given` of a model, as far as its architecture has them: decoder and memory of one `width`."""
    architecture = choose("architecture", given.get("architecture", ModelConfig.architecture), ARCHITECTURES)
    chosen = architecture.settings(given)
    both_ways = chosen.get("bidirectional", ModelConfig.bidirectional)
    sizes: dict[str, Any] = {
        "embedding_size": embedding,
        "encoder_size": width // 2 if both_ways else width,
        "decoder_size": width,
        "feed_forward_size": width,
        "attention_size": width // 2,
        "dropout": 0.05,
    }
    read = architecture.reads(chosen.get("attention", ModelConfig.attention))
    return {name: value for name, value in sizes.items() if name in read}
