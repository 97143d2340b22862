"""The form that a run is planned with: which settings it offers, within which bounds, and how their values become a Plan.

What a setting is where nothing is chosen follows from data and architecture. A plan holds only what differs from that, so that
the command line that repeats it is short.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from seq2seq.config import EOS, ModelConfig
from seq2seq.models.architectures import ARCHITECTURES, COMMON
from seq2seq.models.attention import NO_ATTENTION, SCORES
from seq2seq.models.recurrent import CELLS
from seq2seq.models.seq2seq import Seq2Seq, count_parameters
from seq2seq.schedules import SCHEDULES
from seq2seq.training.loop import pace
from seq2seq.training.optimizers import OPTIMIZERS
from seq2seq.training.plan import Files, Plan, sized

_WIDTHS = (16, 32, 64, 128, 192, 256, 320, 512)
_LAYERS = (1, 2, 3, 4)
_TRIAL_LENGTH, _TRIAL_TOKENS, _TRIAL_SECONDS = 12, 1000, 0.3  # what a run's time is guessed from
PARAMETERS = 20_000_000  # more cannot be kept, nor decoded while one waits


@dataclass(frozen=True)
class Setting:
    """One control: a menu of `choices`, or a number from `low` to `high`."""

    label: str
    choices: tuple[Any, ...] = ()
    low: float = 0
    high: float | None = None
    step: float = 1


MODEL: dict[str, Setting] = {
    "architecture": Setting("Architecture", tuple(ARCHITECTURES)),
    "cell": Setting("Cell", tuple(CELLS)),
    "attention": Setting("Attention", (*SCORES, NO_ATTENTION)),
    "embedding_size": Setting("Embedding", _WIDTHS),
    "encoder_size": Setting("Encoder, each way", _WIDTHS),
    "decoder_size": Setting("Decoder", _WIDTHS),
    "encoder_layers": Setting("Encoder layers", _LAYERS),
    "decoder_layers": Setting("Decoder layers", _LAYERS),
    "heads": Setting("Heads", (1, 2, 4, 8)),
    "feed_forward_size": Setting("Feed-forward", (64, 128, 256, 512, 1024)),
    "dropout": Setting("Dropout", low=0, high=0.5, step=0.05),
    "bidirectional": Setting("Bidirectional", (True, False)),
    "reverse_source": Setting("Source reversed", (True, False)),
    "input_feeding": Setting("Input feeding", (True, False)),
}
TRAINING: dict[str, Setting] = {
    "optimizer": Setting("Optimizer", tuple(OPTIMIZERS)),
    "learning_rate": Setting("Learning rate, peak", (0.0005, 0.001, 0.002, 0.004, 0.008, 0.1, 0.3, 0.7, 1.0)),
    "batch_tokens": Setting("Pieces in a batch", (250, 500, 1000, 2000, 4000, 8000)),
    "label_smoothing": Setting("Label smoothing", low=0, high=0.3, step=0.05),
    "teacher_forcing_ratio": Setting("Teacher-forcing ratio", low=0, high=1, step=0.05),
    "teacher_forcing_schedule": Setting("Its schedule", tuple(SCHEDULES)),
    "validate_every": Setting("Updates between looks", (20, 40, 100, 200, 500, 1000)),
    "seed": Setting("Seed", low=0, high=2**31 - 1),
}
SETTINGS = {**MODEL, **TRAINING}
_SHAPING = ("attention", "bidirectional", "optimizer")  # other settings follow from them
# Of pairs from outside: a model that learns something of them within minutes on two cores, and is looked at meanwhile.
_EMBEDDING, _WIDTH = 128, 256
_OUTSIDE = {"dropout": 0.2, "batch_tokens": 1000, "validate_every": 100}
_WARM_UP = 50  # updates; the usual number would be the whole of a short run


def usual(data: Files | str, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """What every setting is where no other is `chosen`."""
    if isinstance(data, str):
        return _unsaid(data, chosen)
    model = _part(MODEL, chosen)
    return _unsaid(data, {**sized(model, _EMBEDDING, _WIDTH), **_OUTSIDE, **chosen})


def _unsaid(data: Files | str, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """What every setting is in a plan that says nothing but what is `chosen`."""
    plan = Plan(data, model=_part(MODEL, chosen), training=_part(TRAINING, chosen))
    shape = plan.model_config(ModelConfig.source_vocabulary, ModelConfig.target_vocabulary).to_dict()
    training = plan.train_config().to_dict()
    return {name: (shape if name in MODEL else training)[name] for name in SETTINGS}


def _part(settings: Mapping[str, Setting], chosen: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in chosen.items() if name in settings}


def read_by(architecture: str) -> set[str]:
    """The settings that an architecture leaves open; the others it has in one way, or not at all."""
    entry = ARCHITECTURES[architecture]
    open_to_choice = COMMON | entry.own - entry.fixed.keys()
    return {name for name in SETTINGS if name in TRAINING or (name in open_to_choice)}


def plan_of(
    data: Files | str, values: Mapping[str, Any], updates: int | None = None, vocabulary_size: int | None = None
) -> Plan:
    """The plan that the form's values say. Raises ValueError, fit to be shown, for what is impossible."""
    architecture = values["architecture"]
    if architecture not in ARCHITECTURES:
        raise ValueError(f"There is no architecture “{str(architecture)[:40]}”. There are: {', '.join(ARCHITECTURES)}.")
    base = {} if architecture == ModelConfig.architecture else {"architecture": architecture}
    open_ones = read_by(architecture)
    for names in (_SHAPING, SETTINGS):  # what is usual follows from the first of them
        before = _unsaid(data, base)
        chosen = {name: _typed(name, values[name], before[name]) for name in names if name in open_ones}
        base |= {name: value for name, value in chosen.items() if value != before[name]}
    outside = {} if isinstance(data, str) else {"warmup_updates": _WARM_UP}
    training = {**outside, **_part(TRAINING, base), **({"updates": updates} if updates else {})}
    plan = Plan(data, _part(MODEL, base), training, vocabulary_size=vocabulary_size)
    outline = plan.outline()
    plan.train_config()
    if (size := count_parameters(outline)) > PARAMETERS:
        raise ValueError(f"this model has {size:,} parameters; please keep to {PARAMETERS:,}: fewer layers, or narrower ones")
    return plan


def _typed(name: str, value: Any, like: Any) -> Any:
    """A control's value as the setting's own type: the page knows one kind of number. Raises ValueError that names it."""
    try:
        if isinstance(like, bool) and not isinstance(value, bool):
            raise ValueError
        typed = type(like)(value)
        if isinstance(like, int) and typed != float(value):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        raise ValueError(
            f"{SETTINGS[name].label} cannot be {str(value)[:40]!r}: please choose a value that is offered"
        ) from None
    return typed


def device() -> str:
    """What a run trains on here, in words."""
    if torch.cuda.is_available():
        free, _ = torch.cuda.mem_get_info()
        return f"{torch.cuda.get_device_name()} ({free / 2**30:.0f} GiB free)"
    if torch.backends.mps.is_available():
        return "Apple GPU (MPS)"
    return f"CPU, {len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()} cores"


def about(plan: Plan) -> str:
    """The model that a plan makes, in a line."""
    model = plan.outline()
    pieces = model.config.source_vocabulary
    return f"{model.architecture.describe(model.config)}, {count_parameters(model):,} parameters, at most {pieces:,} pieces"


def lasting(plan: Plan) -> str:
    """How long the plan's updates take here, in words: measured now, on made-up sentences. Looks in between are not counted."""
    config = plan.train_config()
    sentence = [*range(EOS + 1, EOS + _TRIAL_LENGTH), EOS]
    batch = [(sentence, sentence)] * max(1, min(config.batch_tokens, _TRIAL_TOKENS) // _TRIAL_LENGTH)
    each = pace(Seq2Seq(plan.outline().config), [batch], config, _TRIAL_SECONDS, warm_up=1)
    seconds = each * config.updates * config.batch_tokens / (len(batch) * _TRIAL_LENGTH)
    return f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:,.0f} minutes"


def offered(name: str, value: Any) -> Sequence[Any]:
    """A menu's choices; a value that is not among them joins them."""
    choices = SETTINGS[name].choices
    if value in choices:
        return choices
    return sorted((*choices, value)) if not isinstance(value, str) else (*choices, value)
