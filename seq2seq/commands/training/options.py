"""The options of `train`, and the plan that they make."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from seq2seq.commands.kit.options import PAIRS, add_columns, local, refuse_with_task
from seq2seq.commands.training.follow import KINDS
from seq2seq.config import SCORES, ModelConfig, TrainConfig
from seq2seq.data.synthetic import TASKS
from seq2seq.models.saved.checkpoint import Origin
from seq2seq.sources import text
from seq2seq.training.files import Files
from seq2seq.training.plan import VOCABULARY_SIZE, Plan

MOST_MINUTES, MOST_MEASURED = 100_000, 10_000
# Held-out sentences that a run translates if their translations decide when it stops, or which validation is the best.
MEASURED, MEASURED_BEST = 64, 500
_BY_DATA = {"source_vocabulary", "target_vocabulary", "shared_vocabulary"}  # the tokenizer decides these


def add_arguments(parser: argparse.ArgumentParser) -> None:
    fetched = "; or on a dictionary, which is fetched: letters (words to phonemes), katakana (names to katakana)"
    parser.add_argument("--task", help=f"train on generated pairs: {', '.join(TASKS)}{fetched}")
    parser.add_argument(
        "--data",
        nargs="+",
        metavar="FILE",
        help=f"training pairs instead of a task: {PAIRS}; for a language model also text, one sentence a line",
    )
    parser.add_argument(
        "--valid", nargs="+", metavar="FILE", help="validation pairs, which choose the best checkpoint; a task has its own"
    )
    parser.add_argument(
        "--valid-share", type=float, metavar="SHARE", help="hold out this share of --data instead, such as 0.02"
    )
    parser.add_argument("--as-is", action="store_true", help="the files are tab-separated UTF-8 without header: guess nothing")
    parser.add_argument("--out", required=True, type=Path, help="folder for the checkpoint")
    parser.add_argument(
        "--resume",
        action="store_true",
        help="continue the interrupted run in --out exactly where it stopped, or a finished one with more --epochs",
    )
    parser.add_argument("--config", metavar="FILE", help="options from a YAML file, as each run writes it; others override it")
    parser.add_argument("--controlled", action="store_true", help="read pause, resume and stop from standard input")
    parser.add_argument("--probe", action="append", default=[], metavar="SENTENCE", help="translate this at each validation")
    parser.add_argument("--probes", metavar="FILE", help="also translate the lines of FILE at each validation")
    parser.add_argument(
        "--measure",
        type=int,
        default=0,
        metavar="N",
        help=f"translate N held-out sentences at each validation (default 0; {MEASURED} with --stop-when-solved, "
        f"{MEASURED_BEST} with --best-by bleu or chrf)",
    )
    parser.add_argument("--log", metavar="WHERE", help=f"also send the figures to {' or '.join(KINDS)}, if it is installed")
    parser.add_argument("--minutes", type=float, help="train for about this time: the number of updates is measured first")
    add_columns(parser)
    parser.add_argument("--repeated", action="store_true", help="use a pair as often as it stands in the training file")
    parser.add_argument("--threads", type=int, default=0, help="processor threads; 0 lets PyTorch choose")
    parser.add_argument(
        "--from",
        dest="start_from",
        metavar="MODEL",
        help="go on from the weights of a model: its name, its folder, or hf:USER/NAME. Its vocabulary stays, unless "
        "--vocabulary-size or --vocabulary-of chooses another one; then pieces that both know keep their rows",
    )
    parser.add_argument("--vocabulary-size", type=int, help=f"pieces per vocabulary (default {VOCABULARY_SIZE}, or the task's)")
    kinds = ", ".join(f"{name}: {kind}" for name, kind in text.KINDS.items())
    parser.add_argument("--vocabulary-kind", default="bpe", help=f"{kinds} (default bpe)")
    parser.add_argument(
        "--vocabulary-of", metavar="CHECKPOINT", help="use the vocabulary of this checkpoint, so that models can be compared"
    )
    parser.add_argument("--vocabulary-split-digits", action="store_true", help="each digit is a separate piece")
    parser.add_argument("--shared-vocabulary", action=argparse.BooleanOptionalAction, default=True, help="one vocabulary")
    for title, config in (("model", ModelConfig), ("training", TrainConfig)):
        group = parser.add_argument_group(title)
        for setting in dataclasses.fields(config):
            if setting.name not in _BY_DATA:
                _add_setting(group, setting)
    group = parser.add_argument_group("model card")
    for setting in dataclasses.fields(Origin):
        group.add_argument(_flag(setting.name), metavar="TEXT", help=f"(default {setting.default!r}, or the task's)")


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _add_setting(group: Any, setting: dataclasses.Field[Any]) -> None:
    text = f"{setting.metadata['help']} (default {setting.default})".replace("%", "%%")
    kind: dict[str, Any] = {"type": type(setting.default), "metavar": type(setting.default).__name__.upper()}
    if isinstance(setting.default, bool):
        kind = {"action": argparse.BooleanOptionalAction}
    group.add_argument(_flag(setting.name), default=None, help=text, **kind)


def _given(config: type[Any], options: argparse.Namespace) -> dict[str, Any]:
    """Return the settings of `config` on the command line; the others keep their defaults."""
    names = [f.name for f in dataclasses.fields(config) if f.name not in _BY_DATA]
    return {name: value for name in names if (value := getattr(options, name)) is not None}


def plan_of(options: argparse.Namespace) -> Plan:
    """Make the plan. Raises ValueError for options that contradict each other."""
    if options.task:
        refuse_with_task(options, "data", "valid", "valid_share", "source", "target")
    elif options.data is None:
        raise ValueError("--data is missing: name a file of pairs, or choose a task with --task")
    elif options.valid is None and options.valid_share is None:
        raise ValueError("--valid is missing: name a file of pairs, or hold out a share of --data with --valid-share 0.02")
    elif options.valid is not None and options.valid_share is not None:
        raise ValueError("--valid and --valid-share both choose the validation pairs: leave one out")
    elif options.valid_share is not None and not 0 < options.valid_share < 1:
        raise ValueError(f"valid-share must be between 0 and 1, not {options.valid_share:g}")
    if options.start_from:
        _check_vocabulary_after(options)
    lengths = [name for name in ("minutes", "updates", "epochs") if getattr(options, name) is not None]
    if len(lengths) > 1:
        raise ValueError(f"--{lengths[0]} and --{lengths[1]} both set the length of the run: leave one out")
    if options.minutes is not None and not 0 < options.minutes <= MOST_MINUTES:
        raise ValueError(f"minutes must be between 0 and {MOST_MINUTES:,}, not {options.minutes}")
    return Plan(
        data=options.task or _files(options),
        model=_given(ModelConfig, options),
        training=_given(TrainConfig, options),
        origin=_given(Origin, options),
        vocabulary_size=options.vocabulary_size,
        vocabulary_kind=options.vocabulary_kind,
        start_from=options.start_from and local(options.start_from),
        vocabulary_of=options.vocabulary_of and local(options.vocabulary_of),
        shared_vocabulary=options.shared_vocabulary,
        vocabulary_split_digits=options.vocabulary_split_digits,
    )


def _check_vocabulary_after(options: argparse.Namespace) -> None:
    """Raises ValueError for options of the vocabulary that have no effect on a model that starts from a checkpoint."""
    if not options.shared_vocabulary:
        raise ValueError("--from decides whether source and target share a vocabulary: leave out --no-shared-vocabulary")
    split, another_kind = options.vocabulary_split_digits, options.vocabulary_kind != "bpe"
    if not options.vocabulary_size and (split or another_kind):
        unused = "--vocabulary-split-digits" if split else "--vocabulary-kind"
        raise ValueError(
            f"--from takes the vocabulary of its checkpoint: leave out {unused}, "
            "or make a new vocabulary with --vocabulary-size"
        )


def measured(options: argparse.Namespace, training: TrainConfig) -> int:
    """Return how many held-out sentences are translated at each validation. Raises ValueError for an impossible number."""
    if not 0 <= options.measure <= MOST_MEASURED:
        raise ValueError(f"measure must be between 0 and {MOST_MEASURED:,}, not {options.measure}")
    if options.measure:
        return int(options.measure)
    return MEASURED_BEST if training.best_by in SCORES else MEASURED if training.stop_when_solved else 0


def _files(options: argparse.Namespace) -> Files:
    data, valid = (names[0] if names and len(names) == 1 else names and tuple(names) for names in (options.data, options.valid))
    return Files(data, valid, options.source, options.target, options.repeated, options.as_is, options.valid_share or 0.0)
