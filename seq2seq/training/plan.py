"""The plan of a training run in plain values: data, vocabulary, model, schedule. Every run starts from a Plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Protocol

from seq2seq.config import ModelConfig, TrainConfig, choose
from seq2seq.data.augmentation import Augmenter, shares
from seq2seq.data.corpora import Pair
from seq2seq.data.synthetic import TASKS, Task
from seq2seq.errors import SettingError
from seq2seq.models.architectures import ARCHITECTURES, Architecture
from seq2seq.models.saved import checkpoint
from seq2seq.models.saved.checkpoint import MAX_ORIGIN, Origin, Outline
from seq2seq.models.saved.transfer import transfer
from seq2seq.models.seq2seq import Seq2Seq, shape_of
from seq2seq.sources.kinds import KINDS, Kind, kind_of
from seq2seq.sources.reader import Reader
from seq2seq.sources.text import Tokenizer
from seq2seq.training.files import Files
from seq2seq.training.optimizers import OPTIMIZERS

VOCABULARY_SIZE = 6000
# A task's model learns while the user watches. Memory and decoder have the same size, so that every score function fits.
_EMBEDDING, _WIDTH = 64, 128
_TASK_TRAINING: dict[str, Any] = {
    "learning_rate": 4e-3,
    "batch_tokens": 1000,
    "warmup_updates": 50,
    "subword_sampling": 0.0,
    "label_smoothing": 0.0,
    "average_decay": 0.99,
    "validate_every": 40,  # often enough to show how the alignment develops
}


class Pairs(Sized, Iterable[Pair], Protocol):
    """Pairs that can be iterated more than once."""


@dataclass(frozen=True)
class Plan:
    """A training run. `model`, `training` and `origin` hold the chosen values; the task or the defaults give the others."""

    data: Files | str  # files, or the name of a task
    model: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    origin: Mapping[str, str] = field(default_factory=dict)
    vocabulary_size: int | None = None
    vocabulary_kind: str = "bpe"
    start_from: str | None = None  # go on from the weights of this checkpoint, and from its vocabulary, unless one is chosen
    vocabulary_of: str | None = None  # use the vocabulary of this checkpoint, so that models can be compared
    shared_vocabulary: bool = True
    vocabulary_split_digits: bool = False  # each digit is a separate piece, so that numbers are copied digit by digit

    @property
    def task(self) -> Task | None:
        """Return the task, or None for files. Raises ValueError with the choices for an unknown task."""
        return choose("task", self.data, TASKS) if isinstance(self.data, str) else None

    @property
    def held_out(self) -> str:
        """Return the name of the validation pairs."""
        return f"the task {self.data}" if isinstance(self.data, str) else self.data.held_out

    @property
    def reads_source(self) -> bool:
        """False for a language model. Raises ValueError for an unknown architecture."""
        if self.start_from:
            return checkpoint.outline(self.start_from).model.architecture.reads_source
        name = self.model.get("architecture", ModelConfig.architecture)
        known: Architecture = choose("architecture", name, ARCHITECTURES)
        return known.reads_source

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for a file."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Plan:
        """Restore a plan. Raises ValueError for values that `to_dict` did not write."""
        try:
            data = values["data"]
            return cls(**{**values, "data": data if isinstance(data, str) else Files.from_dict(data)})
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a plan of a run: {error}") from None

    def arguments(self) -> list[str]:
        """Return the arguments of `python -m seq2seq train` that make this plan, without --out and without defaults."""
        given = {"task": self.data} if isinstance(self.data, str) else _changed_fields(self.data)
        vocabulary = {name: value for name, value in _changed_fields(self).items() if "vocabulary" in name}
        arguments = ["--from", self.start_from] if self.start_from else []
        for name, value in {**given, **vocabulary, **self.model, **self.training, **self.origin}.items():
            flag = "--" + name.replace("_", "-")
            if isinstance(value, bool):
                arguments.append(flag if value else flag.replace("--", "--no-", 1))
            elif isinstance(value, tuple):
                arguments += [flag, *value]
            else:  # a text may begin with a dash
                arguments += [f"{flag}={value}"] if str(value).startswith("-") else [flag, str(value)]
        return arguments

    def train_config(self) -> TrainConfig:
        """Return the training settings. Raises ValueError for an unknown choice or a value out of range."""
        defaults = {**_TASK_TRAINING, **self.task.settings} if self.task else {}
        name = self.training.get("optimizer", TrainConfig.optimizer)
        kind = choose("optimizer", name, OPTIMIZERS)
        if name != TrainConfig.optimizer:
            defaults["learning_rate"] = kind.learning_rate
        return TrainConfig(**{**defaults, **self.training})

    def model_config(self, source: int, target: int) -> ModelConfig:
        """Return the model's shape for these vocabulary sizes. Raises ValueError for settings that clash or have no effect.

        A model that starts from a checkpoint has the checkpoint's shape; only its dropout and its vocabulary can be chosen.
        """
        if self.start_from:
            shape = self._shape_of_start(checkpoint.outline(self.start_from).model.config)
            return replace(shape, source_vocabulary=source, target_vocabulary=target) if self.new_vocabulary else shape
        of_task = _of_task(self.task, self.model) if self.task else {}
        given = {**of_task, **self.model}
        architecture = choose("architecture", given.get("architecture", ModelConfig.architecture), ARCHITECTURES)
        sizes = {"source_vocabulary": source, "target_vocabulary": target, "shared_vocabulary": self.shared_vocabulary}
        return ModelConfig(**{**architecture.settings(given), **sizes})

    def _shape_of_start(self, start: ModelConfig) -> ModelConfig:
        for name, value in self.model.items():
            if name != "dropout" and value != getattr(start, name):
                has = f"{self.start_from!r} has {getattr(start, name)!r}"
                raise SettingError(f"{{{name}}} {value!r} is another shape: {has}; leave out {{{name}}}")
        return replace(start, dropout=self.model.get("dropout", start.dropout))

    def new_model(self, tokenizer: Tokenizer) -> Seq2Seq:
        """Return the model before its first update, with random weights or with those of the checkpoint that it starts from."""
        model = Seq2Seq(self.model_config(len(tokenizer.source), len(tokenizer.target)))
        if self.start_from:
            transfer(checkpoint.load(self.start_from), model, tokenizer)
        return model

    @property
    def new_vocabulary(self) -> bool:
        """Whether the model gets a vocabulary of its own, not that of the checkpoint that it starts from."""
        return bool(not self.start_from or self.vocabulary_size or self.vocabulary_of)

    def outline(self) -> Seq2Seq:
        """Return the model with its final shape but without weights; its vocabulary has the largest allowed size.

        Raises ValueError as `model_config` does.
        """
        size = self._vocabulary_size()
        return shape_of(self.model_config(size, size))

    def _vocabulary_size(self) -> int:
        return self.vocabulary_size or (self.task.vocabulary_size if self.task else VOCABULARY_SIZE)

    def full_origin(self) -> Origin:
        from_task: dict[str, str] = {}
        if task := self.task:
            from_task = {
                "title": task.title,
                "source_language": task.source_language,
                "target_language": task.target_language,
                "subject": str(self.data),
                "trained_on": f"{task.splits['train']:,} examples that the task {self.data!r} of this project makes itself.",
                "attribution": "made by this project",
                "licence": "Apache License 2.0",
                **task.origin(),
            }
        given = {**from_task, **self.origin}
        return Origin(**(_after(checkpoint.outline(self.start_from), given) if self.start_from else given))

    def pairs(self) -> tuple[Pairs, Pairs]:
        """Return training and validation pairs. Raises ValueError with the file and its error."""
        if self.task and not self.reads_source:
            raise ValueError("a language model learns from the sentences of a file, not from a task: name the file with --data")
        if task := self.task:
            return task.pairs("train"), task.pairs("valid")
        assert isinstance(self.data, Files)
        return self.data.pairs(alone=not self.reads_source)

    def tokenizer(self, pairs: Pairs, seed: int) -> Tokenizer:
        """Load the tokenizer of another checkpoint, or train one on `pairs` alone."""
        start = checkpoint.outline(self.start_from).model.config if self.start_from else None
        shared = start.shared_vocabulary if start else self.shared_vocabulary
        if known := self.vocabulary_of if self.new_vocabulary else self.start_from:
            return Tokenizer.load(checkpoint.find(known), shared)
        split_digits = self.vocabulary_split_digits or (self.task is not None and self.task.split_digits)
        # The vocabulary also needs the pieces of changed pairs, such as capitals.
        changed: Iterable[Pair] = _Changed(pairs, self.augmenter(), seed) if self.augmenter() else self.prepared(pairs)
        if not self.source_kind.is_text:
            changed = [("", target) for _, target in pairs]
        kind = self.vocabulary_kind
        if self.task and kind == Plan.vocabulary_kind:
            kind = self.task.vocabulary_kind
        size, languages = self._vocabulary_size(), self.languages
        return Tokenizer.train(changed, size, shared, seed, kind, split_digits, languages)

    @property
    def source_kind(self) -> Kind:
        """Return what the model reads. Raises ValueError for an unknown kind."""
        if self.start_from:
            return kind_of(checkpoint.outline(self.start_from).model.config)
        given = {**(self.task.model if self.task else {}), **self.model}
        kind: Kind = choose("source_kind", given.get("source_kind", ModelConfig.source_kind), KINDS)
        return kind

    def prepared(self, pairs: Iterable[Pair]) -> Iterable[Pair]:
        """Return the pairs with their sources as the vocabulary sees them; they can be iterated more than once."""
        return _Prepared(pairs, self.source_kind.prepare)

    def reader(self, tokenizer: Tokenizer) -> Reader | None:
        """Return what reads the sources of training, or None for text, which is cut into pieces once."""
        if self.source_kind.is_text:
            return None
        return self.source_kind.reader(tokenizer.source, self.languages[0], self.reads_source)

    @property
    def languages(self) -> tuple[str, str]:
        """Return the names of the languages of source and target."""
        origin = self.full_origin()
        return origin.source_language, origin.target_language

    def augmenter(self) -> Augmenter:
        """Return the changes to training pairs that this plan makes. Raises ValueError for unknown changes."""
        changes = shares(self.train_config().augment)
        if changes and not self.reads_source:
            raise SettingError("{augment} changes sentence pairs, but a language model has no source: choose 'none'")
        if changes and self.task:
            raise SettingError("{augment} changes sentences, but a task makes its own pairs: choose 'none'")
        if changes and self.source_kind.is_exact:
            raise SettingError(f"{{augment}} changes sentences, but this model reads {self.source_kind.title}: choose 'none'")
        return Augmenter(changes, self.languages)


def _after(start: Outline, given: Mapping[str, str]) -> dict[str, str]:
    """Return the origin of a model that goes on from `start`. Attribution and licence of its earlier data still apply."""
    earlier = asdict(start.origin)
    joined = {
        name: f"{given[name].rstrip('.')}. {start.name}: {earlier[name]}"[:MAX_ORIGIN]
        for name in ("attribution", "licence")
        if name in given and given[name] != earlier[name]
    }
    texts = {**earlier, **given, **joined}
    began = f"{texts['trained_on'].rstrip('.')}. It started from {start.name}"
    before = f", trained on {earlier['trained_on']}" if texts["trained_on"] != earlier["trained_on"] else "."
    return {**texts, "trained_on": f"{began}{before}"[:MAX_ORIGIN]}


class _Changed:
    """Pairs with the changes of one epoch; they can be iterated more than once, with the same changes."""

    def __init__(self, pairs: Pairs, augmenter: Augmenter, seed: int):
        self._pairs, self._augmenter, self._seed = pairs, augmenter, seed

    def __iter__(self) -> Iterator[Pair]:
        return self._augmenter.all(self._pairs, self._seed)


class _Prepared:
    """Pairs whose sources are changed by `prepare`; they can be iterated more than once."""

    def __init__(self, pairs: Iterable[Pair], prepare: Callable[[str], str]):
        self._pairs, self._prepare = pairs, prepare

    def __iter__(self) -> Iterator[Pair]:
        return ((self._prepare(source), target) for source, target in self._pairs)


def _changed_fields(settings: Files | Plan) -> dict[str, Any]:
    """Return the fields that differ from their defaults."""
    return {f.name: value for f in fields(settings) if (value := getattr(settings, f.name)) != f.default}


def _of_task(task: Task, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a task's model. Sizes fit the `given` settings; those of the task only its own architecture."""
    own = {**task.model, **given}
    usual = task.model.get("architecture", ModelConfig.architecture)
    if given.get("architecture", usual) != usual:
        own = {name: value for name, value in own.items() if name == "source_kind" or name in given}
    return {**sized(own, _EMBEDDING, _WIDTH), **own}


def sized(given: Mapping[str, Any], embedding: int, width: int) -> dict[str, Any]:
    """Return sizes that fit the `given` settings and exist in its architecture; decoder and memory have `width` units."""
    architecture = choose("architecture", given.get("architecture", ModelConfig.architecture), ARCHITECTURES)
    chosen = architecture.settings(given)
    both_ways = "bidirectional" in architecture.own and chosen.get("bidirectional", ModelConfig.bidirectional)
    keeps_embeddings = {"decoder_size", "attention"} <= architecture.own and "encoder_size" not in architecture.own
    sizes: dict[str, Any] = {
        "embedding_size": width if keeps_embeddings else embedding,  # the memory of such an encoder is made of them
        "encoder_size": width // 2 if both_ways else width,
        "decoder_size": width,
        "feed_forward_size": width,
        "attention_size": width // 2,
        "dropout": 0.05,
    }
    read = architecture.reads(chosen.get("attention", ModelConfig.attention))
    return {name: value for name, value in sizes.items() if name in read}
