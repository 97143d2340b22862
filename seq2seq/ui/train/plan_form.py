"""The form of a training plan: its settings, their bounds, and how their values become a Plan.

Defaults depend on the data and the architecture. A plan stores only values that differ from them, so that its command line is
short.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from seq2seq.config import BEST_BY, EOS, ModelConfig
from seq2seq.data.augmentation import CHANGES, NONE
from seq2seq.data.synthetic import TASKS
from seq2seq.errors import SettingError
from seq2seq.models.architectures import ARCHITECTURES, COMMON
from seq2seq.models.attention import NO_ATTENTION, SCORES
from seq2seq.models.recurrent import CELLS, STARTS
from seq2seq.models.saved import checkpoint
from seq2seq.models.seq2seq import Seq2Seq, count_parameters
from seq2seq.schedules import SCHEDULES
from seq2seq.training.device import lends_gpu
from seq2seq.training.files import Files
from seq2seq.training.loop import pace
from seq2seq.training.optimizers import OPTIMIZERS
from seq2seq.training.plan import Plan, sized
from seq2seq.ui.host import zero_gpu

_WIDTHS = (16, 32, 64, 128, 192, 256, 320, 512)
_LAYERS = (1, 2, 3, 4)
_TRIAL_LENGTH, _TRIAL_TOKENS, _TRIAL_SECONDS = 12, 1000, 0.3  # for the estimate of a run's duration
PARAMETERS = 20_000_000  # larger models are too large to store and too slow to decode on the page


def _with_tasks(name: str, choices: tuple[float, ...]) -> tuple[float, ...]:
    """Return the choices of a setting, and the values that tasks have of their own."""
    own = ({**task.model, **task.settings}.get(name) for task in TASKS.values())
    return tuple(sorted({*choices, *(value for value in own if value is not None)}))


@dataclass(frozen=True)
class Setting:
    """One control: a menu of `choices`, or a number from `low` to `high`. `info` (Markdown) says what it does, and links to the
    view that shows it."""

    label: str
    info: str
    choices: tuple[Any, ...] = ()
    low: float = 0
    high: float | None = None
    step: float = 1


# A language model does not translate, so the tab cannot show it; the command line trains it.
TRANSLATING = tuple(name for name, architecture in ARCHITECTURES.items() if architecture.reads_source)
# From the smallest set of changes to all of them.
_AUGMENT = (NONE, "form", "form,concat", "form,concat,names,numbers", ",".join(CHANGES))
MODEL: dict[str, Setting] = {
    "architecture": Setting(
        "Architecture", "Which encoder and decoder. Compare them: [Side by side](?tab=attention).", TRANSLATING
    ),
    "cell": Setting("Cell", "LSTM and GRU have gates, an RNN has none: [The cell](?tab=inside).", tuple(CELLS)),
    "attention": Setting(
        "Attention", "How a state is scored. Without it: [The bottleneck](?tab=bottleneck).", (*SCORES, NO_ATTENTION)
    ),
    "embedding_size": Setting(
        "Embedding", "Units of a piece. More: slower, and more to learn.", _with_tasks("embedding_size", _WIDTHS)
    ),
    "encoder_size": Setting("Encoder, per direction", "Units of each encoder state.", _with_tasks("encoder_size", _WIDTHS)),
    "decoder_size": Setting(
        "Decoder",
        "Units of the decoder state. With “dot”: both encoder directions together.",
        _with_tasks("decoder_size", _WIDTHS),
    ),
    "encoder_layers": Setting("Encoder layers", "Layers that read the source.", _LAYERS),
    "decoder_layers": Setting("Decoder layers", "Layers that write the target.", _LAYERS),
    "heads": Setting("Heads", "Parallel attentions of a layer. See [Side by side](?tab=attention).", (1, 2, 4, 8)),
    "feed_forward_size": Setting("Feed-forward", "Hidden units of the layer after each attention.", (64, 128, 256, 512, 1024)),
    "dropout": Setting("Dropout", "Share of units dropped in training. More for few pairs.", low=0, high=0.5, step=0.05),
    "bidirectional": Setting("Bidirectional", "Read the source in both directions.", (True, False)),
    "reverse_source": Setting(
        "Reverse source", "Read it from the end (Sutskever et al. 2014): the [stage](?tab=translate) shows it.", (True, False)
    ),
    "start": Setting(
        "Decoder's start state",
        "“learned” makes the first step look its word up: see [Does it explain?](?tab=attribution).",
        tuple(STARTS),
    ),
    "input_feeding": Setting("Input feeding", "Each step reads the last attention (Luong et al. 2015).", (True, False)),
}
TRAINING: dict[str, Setting] = {
    "optimizer": Setting("Optimizer", "How gradients change the weights.", tuple(OPTIMIZERS)),
    "learning_rate": Setting(
        "Learning rate, peak",
        "Largest step. Too large: the loss jumps.",
        _with_tasks("learning_rate", (0.0005, 0.001, 0.002, 0.004, 0.008, 0.1, 0.3, 0.7, 1.0)),
    ),
    "batch_tokens": Setting(
        "Pieces in a batch", "More: fewer, steadier updates.", _with_tasks("batch_tokens", (250, 500, 1000, 2000, 4000, 8000))
    ),
    "augment": Setting("Changes to the pairs", "New forms, names and numbers in each epoch.", _AUGMENT),
    "label_smoothing": Setting(
        "Label smoothing", "Keeps probabilities below 1: see [Over many sentences](?tab=sentences).", low=0, high=0.3, step=0.05
    ),
    "teacher_forcing_ratio": Setting(
        "Teacher-forcing ratio", "Share of steps fed the reference. See [The cure](?tab=cure).", low=0, high=1, step=0.05
    ),
    "teacher_forcing_schedule": Setting(
        "Teacher-forcing schedule", "How this share falls. See [The cure](?tab=cure).", tuple(SCHEDULES)
    ),
    "word_dropout": Setting(
        "Word dropout", "Hides this share of the words that the decoder is fed.", low=0, high=0.5, step=0.05
    ),
    "validate_every": Setting(
        "Updates between validations",
        "Each validation adds a point and a picture.",
        _with_tasks("validate_every", (20, 40, 100, 200, 500, 1000)),
    ),
    "best_by": Setting("Best validation by", "Its weights are kept. BLEU, chrF: free-running; “last”: the newest.", BEST_BY),
    "patience": Setting("Patience", "Stop early after so many validations without a better one; 0: never.", (0, 3, 5, 10, 20)),
    "stop_when_solved": Setting(
        "Stop when solved", "Stop early when all measured sentences are right (free-running).", (False, True)
    ),
    "seed": Setting("Seed", "Another seed, another run.", low=0, high=2**31 - 1),
}
SETTINGS = {**MODEL, **TRAINING}
_SHAPING = ("attention", "bidirectional", "optimizer")  # defaults of other settings depend on them
# For uploaded or downloaded pairs: a model that learns within minutes on two cores, with frequent validation.
_EMBEDDING, _WIDTH = 128, 256
_OUTSIDE = {"dropout": 0.2, "batch_tokens": 1000, "validate_every": 100}
_SMALL_STEP = 0.0005  # learning rate of a model that has learned already
_WARM_UP = 50  # updates; the normal default would be longer than a short run


def defaults(data: Files | str, chosen: Mapping[str, Any], start: str | None = None) -> dict[str, Any]:
    """Return all settings of the form: the `chosen` ones and the defaults of the others.

    A model that goes on from the checkpoint `start` has its shape, and learns in smaller steps; only the dropout of its shape
    can be chosen.
    """
    if start:
        dropout = checkpoint.outline(start).model.config.dropout
        outside = {} if isinstance(data, str) else {name: value for name, value in _OUTSIDE.items() if name in TRAINING}
        training = Plan(data, training={"learning_rate": _SMALL_STEP, **outside}, start_from=start).train_config().to_dict()
        return {"dropout": dropout, **{name: training[name] for name in TRAINING}}
    if isinstance(data, str):
        return _plan_values(data, chosen)
    model = _part(MODEL, chosen)
    return _plan_values(data, {**sized(model, _EMBEDDING, _WIDTH), **_OUTSIDE, **chosen})


def _plan_values(data: Files | str, chosen: Mapping[str, Any], start: str | None = None) -> dict[str, Any]:
    """Return all settings of a plan with only the `chosen` ones."""
    plan = Plan(data, model=_part(MODEL, chosen), training=_part(TRAINING, chosen), start_from=start)
    shape = plan.model_config(ModelConfig.source_vocabulary, ModelConfig.target_vocabulary).to_dict()
    training = plan.train_config().to_dict()
    return {name: (shape if name in MODEL else training)[name] for name in SETTINGS}


def _part(settings: Mapping[str, Setting], chosen: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in chosen.items() if name in settings}


def open_settings(architecture: str, start: str | None = None) -> set[str]:
    """Return the settings that can be changed for an architecture; the others are fixed or unused.

    A model that goes on from the checkpoint `start` has its shape.
    """
    if start:
        return {*TRAINING, "dropout"}
    entry = ARCHITECTURES[architecture]
    open_to_choice = COMMON | entry.own - entry.fixed.keys()
    return {name for name in SETTINGS if name in TRAINING or name in open_to_choice}


def shown_settings(architecture: str, data: Files | str, start: str | None = None) -> set[str]:
    """Return the settings that the form shows. A task makes its own pairs, which cannot be changed, and only a task can be
    solved."""
    return open_settings(architecture, start) - ({"augment"} if isinstance(data, str) else {"stop_when_solved"})


def plan_of(
    data: Files | str,
    values: Mapping[str, Any],
    updates: int | None = None,
    vocabulary_size: int | None = None,
    start: str | None = None,
) -> Plan:
    """Return the plan of the form's values; it goes on from the checkpoint `start`, if there is one.

    Raises ValueError with a message for the user if they are impossible.
    """
    try:
        return _plan_of(data, values, updates, vocabulary_size, start)
    except SettingError as error:
        raise labelled(error) from None


def labelled(error: SettingError) -> ValueError:
    """Return the error with the names of the settings as the form shows them."""
    return ValueError(error.named(lambda name: f"“{SETTINGS[name].label}”" if name in SETTINGS else name))


def _plan_of(
    data: Files | str, values: Mapping[str, Any], updates: int | None, vocabulary_size: int | None, start: str | None
) -> Plan:
    architecture = values["architecture"]
    if architecture not in TRANSLATING:
        raise ValueError(f"There is no architecture “{str(architecture)[:40]}”. There are: {', '.join(TRANSLATING)}.")
    base = {} if start or architecture == usual_architecture(data) else {"architecture": architecture}
    open_ones = open_settings(architecture, start)
    for names in (_SHAPING, SETTINGS):  # the first ones decide the defaults of the others
        before = _plan_values(data, base, start)
        chosen = {name: _typed(name, values[name], before[name]) for name in names if name in open_ones}
        base |= {name: value for name, value in chosen.items() if value != before[name]}
    outside = {} if isinstance(data, str) else {"warmup_updates": _WARM_UP}
    training = {**outside, **_part(TRAINING, base), **({"updates": updates} if updates else {})}
    pieces = None if start else vocabulary_size
    plan = Plan(data, _part(MODEL, base), training, vocabulary_size=pieces, start_from=start)
    outline = plan.outline()
    plan.augmenter()
    if (size := count_parameters(outline)) > PARAMETERS:
        raise ValueError(f"this model has {size:,} parameters; please keep to {PARAMETERS:,}: use fewer or smaller layers")
    return plan


def family(data: Files | str) -> str:
    """Return a name for all data with the same defaults: that of a task with settings of its own, "tasks" or "files"."""
    if not isinstance(data, str):
        return "files"
    task = TASKS.get(data)
    return data if task and (task.model or task.settings) else "tasks"


def usual_architecture(data: Files | str) -> str:
    """Return the architecture of a plan that chooses none."""
    task = TASKS.get(data) if isinstance(data, str) else None
    return str(task.model.get("architecture", ModelConfig.architecture)) if task else ModelConfig.architecture


def _typed(name: str, value: Any, like: Any) -> Any:
    """Convert a control's value to the type of `like`, because the page has only one type of number. Raises ValueError."""
    try:
        if isinstance(like, bool) and not isinstance(value, bool):
            raise ValueError
        typed = type(like)(value)
        if isinstance(like, int) and typed != float(value):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{SETTINGS[name].label} cannot be {str(value)[:40]!r}: please choose one of the values") from None
    return typed


def device() -> str:
    """Describe the device on which runs train."""
    if lends_gpu(os.environ):
        return f"a GPU, lent for at most {zero_gpu.MOST} seconds at a time, or the CPU"
    if torch.cuda.is_available():
        free, _ = torch.cuda.mem_get_info()
        return f"{torch.cuda.get_device_name()} ({free / 2**30:.0f} GiB free)"
    if torch.backends.mps.is_available():
        return "Apple GPU (MPS)"
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"CPU, {cores} core{'' if cores == 1 else 's'}"


def about(plan: Plan) -> str:
    """Describe the model of a plan in one line."""
    model = plan.outline()
    pieces = model.config.source_vocabulary
    return f"{model.architecture.describe(model.config)}, {count_parameters(model):,} parameters, at most {pieces:,} pieces"


def duration(plan: Plan) -> str:
    """Estimate the duration of the plan's updates by a short measurement on random sentences. Validation is not included."""
    config = plan.train_config()
    sentence = [*range(EOS + 1, EOS + _TRIAL_LENGTH), EOS]
    batch = [(sentence, sentence)] * max(1, min(config.batch_tokens, _TRIAL_TOKENS) // _TRIAL_LENGTH)
    each = pace(Seq2Seq(plan.outline().config), [batch], config, _TRIAL_SECONDS, warm_up=1)
    seconds = each * config.updates * config.batch_tokens / (len(batch) * _TRIAL_LENGTH)
    return f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:,.0f} minutes"


def offered(name: str, value: Any) -> Sequence[Any]:
    """Return the choices of a menu, including `value`."""
    choices = SETTINGS[name].choices
    if value in choices:
        return choices
    return sorted((*choices, value)) if not isinstance(value, str) else (*choices, value)
