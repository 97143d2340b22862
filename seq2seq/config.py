"""All settings of a model and of a training run, with their limits. No other module checks a setting.

Both classes are frozen and contain plain values only, so `config.json` stores and restores them unchanged.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from seq2seq import schedules
from seq2seq.errors import SettingError

PAD, BOS, EOS, UNK = 0, 1, 2, 3  # the first four ids of every vocabulary


def _setting(default: Any, low: float | None = None, high: float | None = None, help: str = "") -> Any:
    """Make a dataclass field with its limits and its help text for the command line."""
    return field(default=default, metadata={"low": low, "high": high, "help": help})


class _Checked:
    """Type and range checks for dataclasses whose fields have `low` and `high`."""

    def __post_init__(self) -> None:
        for setting in dataclasses.fields(self):  # type: ignore[arg-type]
            value, kind = getattr(self, setting.name), type(setting.default)
            if type(value) is not kind and not (kind is float and type(value) is int):
                raise SettingError(f"{{{setting.name}}} must be of type {kind.__name__}, not {value!r}")
            low, high = setting.metadata["low"], setting.metadata["high"]
            if low is not None and not low <= value <= high:  # also catches NaN
                raise SettingError(f"{{{setting.name}}} must be between {low} and {high}, not {value}")
            object.__setattr__(self, setting.name, kind(value))

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)  # type: ignore[call-overload]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Make settings from a table. Raises ValueError for an unknown name, a wrong type or a value out of range."""
        if not isinstance(data, Mapping):
            raise ValueError(f"settings must be a table of names and values, not {type(data).__name__}")
        names = [f.name for f in dataclasses.fields(cls)]  # type: ignore[arg-type]
        if unknown := sorted(set(data) - set(names)):
            raise ValueError(f"unknown setting {unknown[0]!r}; choose from {', '.join(names)}")
        return cls(**data)


def choose(name: str, value: str, choices: Mapping[str, Any]) -> Any:
    """Return `choices[value]`. Raises ValueError with all choices. Every registry is read through this function."""
    if value not in choices:
        shown = f"{{{name}}}" if name.isidentifier() else name
        raise SettingError(f"{shown} must be one of {', '.join(choices)}, not {value!r}")
    return choices[value]


@dataclass(frozen=True)
class ModelConfig(_Checked):
    """The shape of an encoder-decoder. The registries check `architecture`, `cell` and `attention`."""

    architecture: str = _setting(
        "recurrent", help="recurrent, sutskever, cho, bahdanau, luong, transformer, pointwise or language-model"
    )
    cell: str = _setting("gru", help="recurrent cell: rnn, gru or lstm")
    attention: str = _setting(
        "additive", help="score function: additive, dot, general, location; 'none' for one fixed context vector"
    )
    source_kind: str = _setting("text", help="what the encoder reads: text, letters or picture")
    place_sees: int = _setting(31, 1, 64, "pixels of a picture that one place sees, in each direction: 15 or 31")
    source_vocabulary: int = _setting(6000, 8, 64_000, "pieces in the source vocabulary")
    target_vocabulary: int = _setting(6000, 8, 64_000, "pieces in the target vocabulary")
    embedding_size: int = _setting(256, 4, 2048, "units of a piece's embedding (E)")
    encoder_size: int = _setting(256, 4, 2048, "units of the encoder in each direction (H)")
    decoder_size: int = _setting(320, 4, 2048, "units of the decoder's state (D)")
    attention_size: int = _setting(128, 4, 2048, "units in which additive attention compares (A)")
    encoder_layers: int = _setting(1, 1, 8, "layers of the encoder")
    decoder_layers: int = _setting(2, 1, 8, "layers of the decoder")
    bidirectional: bool = _setting(True, help="the encoder reads in both directions")
    reverse_source: bool = _setting(False, help="an encoder of one direction reads from the end (Sutskever et al. 2014)")
    start: str = _setting("encoder", help="the decoder's first state: encoder (from its final states) or learned")
    input_feeding: bool = _setting(False, help="each step reads the last step's attentional vector (Luong et al. 2015)")
    heads: int = _setting(4, 1, 64, "attention heads of a Transformer (N)")
    feed_forward_size: int = _setting(512, 4, 8192, "hidden units of a Transformer's feed-forward layer")
    dropout: float = _setting(0.25, 0.0, 0.9, "share of units dropped while training")
    tied_embeddings: bool = _setting(
        True, help="one matrix for target input and output, and for the source if the vocabulary is shared"
    )
    shared_vocabulary: bool = _setting(True, help="one vocabulary for source and target")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.shared_vocabulary and self.source_vocabulary != self.target_vocabulary:
            raise SettingError(
                "{shared_vocabulary} needs {source_vocabulary} and {target_vocabulary} to be equal, "
                f"not {self.source_vocabulary} and {self.target_vocabulary}"
            )


# What decides which validation's weights are kept. Loss is teacher-forced, scores are free-running; LAST takes the newest.
SCORES = {"bleu": "BLEU", "chrf": "chrF"}
LAST = "last"
BEST_BY = ("loss", *SCORES, LAST)


@dataclass(frozen=True)
class TrainConfig(_Checked):
    """How to train a model. These settings, the data and the seed decide every number of the run."""

    epochs: int = _setting(10, 1, 10_000, "passes over the training pairs; used if `updates` is 0")
    updates: int = _setting(0, 0, 100_000_000, "number of updates, instead of `epochs`; 0 means use `epochs`")
    batch_tokens: int = _setting(2000, 16, 1_000_000, "positions in a batch of all processes: sentences times longest side")
    accumulate: int = _setting(1, 1, 1024, "process a batch in so many parts, one after the other, to save memory")
    max_length: int = _setting(100, 2, 100, "leave out training pairs with more pieces on a side, end mark included")
    optimizer: str = _setting("adamw", help="adamw, adadelta or sgd")
    learning_rate: float = _setting(2e-3, 1e-6, 10.0, "peak learning rate")
    final_learning_rate: float = _setting(0.02, 0.0, 1.0, "share of the peak at which the cosine ends")
    warmup_updates: int = _setting(300, 0, 1_000_000, "updates over which the learning rate rises to its peak")
    weight_decay: float = _setting(0.01, 0.0, 1.0, "decoupled weight decay of adamw, on matrices only")
    label_smoothing: float = _setting(0.1, 0.0, 0.9, "share of the target's probability spread over all pieces")
    gradient_clip: float = _setting(1.0, 0.0, 1000.0, "largest norm of the gradient; 0 turns clipping off")
    average_decay: float = _setting(
        0.999, 0.0, 0.99999, "decay of the running average of the weights, which is validated and saved; 0 turns it off"
    )
    subword_sampling: float = _setting(
        0.1, 0.0, 1.0, "share of sentences that are cut into random pieces; drawn again each epoch"
    )
    merge_dropout: float = _setting(0.1, 0.0, 1.0, "share of merges skipped in these sentences, bpe (Provilkov et al. 2020)")
    subword_alpha: float = _setting(0.3, 0.0, 10.0, "sharpness of sampling in these sentences, unigram (Kudo 2018)")
    augment: str = _setting("none", help="changes to the training pairs, with commas: names, numbers, concat, form, typos")
    teacher_forcing_ratio: float = _setting(
        1.0, 0.0, 1.0, "share of steps fed the reference at the run's end; below 1: scheduled sampling (Bengio et al. 2015)"
    )
    teacher_forcing_schedule: str = _setting(
        "constant", help=f"how the ratio falls from 1 to its end: {', '.join(schedules.SCHEDULES)} (constant: at once)"
    )
    word_dropout: float = _setting(
        0.0, 0.0, 0.9, "share of the decoder's input replaced by “unknown”, so that it must use the source (Bowman et al. 2016)"
    )
    validate_every: int = _setting(0, 0, 1_000_000, "updates between validations; 0 means once an epoch")
    best_by: str = _setting("loss", help="what decides which validation is kept: loss, bleu, chrf, or last (none decides)")
    average: int = _setting(
        1, 1, 50, "at the end, also try the mean of the weights of the last so many validations (Vaswani et al. 2017, 6.1)"
    )
    patience: int = _setting(
        0, 0, 10_000, "stop after so many validations in a row without a better one (Prechelt 1998); 0: never"
    )
    stop_when_solved: bool = _setting(False, help="stop when all measured held-out sentences are exactly right, free-running")
    seed: int = _setting(1, 0, 2**31 - 1, "seed of initial weights, order, dropout and sampling")
    device: str = _setting("auto", help="auto, cpu, cuda or mps")
    bf16: bool = _setting(True, help="matrix products in bfloat16 if the device is faster with it")

    def __post_init__(self) -> None:
        super().__post_init__()
        schedules.check(self.teacher_forcing_schedule, self.teacher_forcing_ratio)
        choose("best_by", self.best_by, dict.fromkeys(BEST_BY))
        if self.patience and self.best_by == LAST:
            raise SettingError("{patience} needs a best validation: set {best_by} to loss, bleu or chrf, not to last")

    @property
    def length(self) -> str:
        """The planned length in words."""
        count, unit = (self.updates, "update") if self.updates else (self.epochs, "epoch")
        return f"{count:,} {unit}{'' if count == 1 else 's'}"
