"""python -m seq2seq train: train a model on sentence pairs."""

from __future__ import annotations

import argparse
import dataclasses
import os
import shlex
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import torch

from seq2seq.analysis.probes import Probes, sample
from seq2seq.commands import saved_options
from seq2seq.commands.options import PAIRS, add_columns, read_lines, refuse_with_task, warn
from seq2seq.commands.train_output import show
from seq2seq.config import ModelConfig, TrainConfig
from seq2seq.data.batches import Batch, TrainingData, fixed_batches
from seq2seq.data.corpora import Corpus
from seq2seq.data.synthetic import TASKS
from seq2seq.decoding.translator import Translator
from seq2seq.files import replace_file
from seq2seq.models import checkpoint
from seq2seq.models.checkpoint import Checkpoint, Origin
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.runs import card
from seq2seq.runs.control import Control
from seq2seq.runs.lock import alone_in
from seq2seq.runs.signals import Signals
from seq2seq.sources.text import KINDS, Tokenizer
from seq2seq.training.device import choose_device, keep_freed_memory, lost
from seq2seq.training.distributed import World, join
from seq2seq.training.event_log import logged
from seq2seq.training.events import Event, Finished, StepDone, Tested
from seq2seq.training.loop import train, updates_within
from seq2seq.training.plan import VOCABULARY_SIZE, Files, Pairs, Plan
from seq2seq.training.resume import settings_of

HELP = "train a model on a file of sentence pairs, or on a task that generates its pairs"
MOST_MINUTES = 100_000
MOST_MEASURED = 10_000
_VOCABULARY = ("vocabulary_size", "vocabulary_of", "vocabulary_split_digits")
_BY_DATA = {"source_vocabulary", "target_vocabulary", "shared_vocabulary"}  # the tokenizer decides these


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--task", help=f"train on generated pairs: {', '.join(TASKS)}")
    parser.add_argument("--data", nargs="+", metavar="FILE", help=f"training pairs instead of a task: {PAIRS}")
    parser.add_argument(
        "--valid", nargs="+", metavar="FILE", help="validation pairs, which choose the best checkpoint; a task has its own"
    )
    parser.add_argument(
        "--valid-share", type=float, metavar="SHARE", help="hold out this share of --data instead, such as 0.02"
    )
    parser.add_argument("--as-is", action="store_true", help="the files are tab-separated UTF-8 without header: guess nothing")
    parser.add_argument("--out", required=True, type=Path, help="folder for the checkpoint")
    parser.add_argument("--resume", action="store_true", help="continue the interrupted run in --out exactly where it stopped")
    parser.add_argument("--controlled", action="store_true", help="read pause, resume and stop from standard input")
    parser.add_argument("--probe", action="append", default=[], metavar="SENTENCE", help="translate this at each validation")
    parser.add_argument("--probes", metavar="FILE", help="also translate the lines of FILE at each validation")
    parser.add_argument("--measure", type=int, default=0, metavar="N", help="translate N held-out sentences at each validation")
    parser.add_argument("--minutes", type=float, help="train for about this time: the number of updates is measured first")
    add_columns(parser)
    parser.add_argument("--repeated", action="store_true", help="use a pair as often as it stands in the training file")
    parser.add_argument("--threads", type=int, default=0, help="processor threads; 0 lets PyTorch choose")
    parser.add_argument(
        "--from", dest="start_from", metavar="NAME_OR_DIR", help="go on from the weights and vocabulary of a checkpoint"
    )
    parser.add_argument("--vocabulary-size", type=int, help=f"pieces per vocabulary (default {VOCABULARY_SIZE}, or the task's)")
    kinds = ", ".join(f"{name}: {kind}" for name, kind in KINDS.items())
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


def _plan(options: argparse.Namespace) -> Plan:
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
    if options.start_from and (given := [name for name in _VOCABULARY if getattr(options, name)]):
        raise ValueError(f"--from takes the vocabulary of its checkpoint: leave out {_flag(given[0])}")
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
        start_from=options.start_from,
        vocabulary_of=options.vocabulary_of,
        shared_vocabulary=options.shared_vocabulary,
        vocabulary_split_digits=options.vocabulary_split_digits,
    )


def _files(options: argparse.Namespace) -> Files:
    data, valid = (names[0] if names and len(names) == 1 else names and tuple(names) for names in (options.data, options.valid))
    return Files(data, valid, options.source, options.target, options.repeated, options.as_is, options.valid_share or 0.0)


def run(options: argparse.Namespace) -> int:
    if options.resume and not options.controlled:
        options = saved_options.completed(options)
    plan = _plan(options)
    training = plan.train_config()
    device = choose_device(training.device)
    if not 0 <= options.measure <= MOST_MEASURED:
        raise ValueError(f"measure must be between 0 and {MOST_MEASURED:,}, not {options.measure}")
    if options.controlled and int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise ValueError("--controlled needs a run of one process: start it without torchrun")
    if not 0 <= options.threads <= 1024:
        raise ValueError(f"threads must be between 0 and 1024, not {options.threads}")
    plan.augmenter()
    plan.outline()  # raise errors of unknown settings before any work is done
    if options.threads:
        torch.set_num_threads(options.threads)
    with join(device) as world, ExitStack() as held:
        world.from_first(lambda: held.enter_context(_folder(options.out)))
        return _train(options, plan, training, world)


def _folder(out: Path) -> AbstractContextManager[None]:
    if out.exists() and not out.is_dir():
        raise ValueError(f"{out} is a file, but --out needs a folder: choose another name")
    return alone_in(out)


def _train(options: argparse.Namespace, plan: Plan, training: TrainConfig, world: World) -> int:
    """Train the model. Returns the exit status: 0, or 128 and the number of the signal that stopped the run."""
    state_file = options.out / "training.safetensors"
    world.from_first(lambda: _check_folder(options.out, state_file, options.resume))
    pairs, held_out = world.together(plan.pairs)
    if not (options.resume or options.controlled):
        world.from_first(lambda: saved_options.save(options))
    if world.first:
        warn(dict.fromkeys(remark for part in (pairs, held_out) if isinstance(part, Corpus) for remark in part.remarks))
    tokenizer = world.from_first(lambda: _tokenizer(options, plan, pairs, training.seed))
    torch.manual_seed(training.seed)
    model = plan.new_model(tokenizer)
    data = world.together(lambda: TrainingData(pairs, tokenizer, training, plan.augmenter()))
    validation = world.together(lambda: fixed_batches(held_out, tokenizer, training.batch_tokens))
    keep_freed_memory()
    name, origin = options.out.resolve().name, plan.full_origin()

    def keep(averaged: Seq2Seq) -> None:
        checkpoint.save(Checkpoint(name, averaged, tokenizer, training, origin), options.out)

    def use(averaged: Seq2Seq) -> Translator:
        return Translator(Checkpoint(name, averaged, tokenizer, training, origin))

    sentences = [*options.probe, *(read_lines(options.probes) if options.probes else [])]
    measured = sample(list(held_out), options.measure) if options.measure else []
    probes = Probes(use, sentences, measured, plan.task.examples("valid") if plan.task and measured else ())
    world.from_first(lambda: probes.check(model))
    if options.minutes is not None:
        updates = _updates(options, training, state_file, model, data, validation, probes, world)
        training = dataclasses.replace(training, updates=updates)
    control = Control(sys.stdin, sys.stdout) if options.controlled else None
    signals = Signals()
    # One process alone cannot stop while the others wait for it.
    stoppable = control or (signals if world.size == 1 else None)
    events = train(
        *(model, data, validation, training),
        keep=keep,
        probe=probes,
        state_file=str(state_file),
        save_now=stoppable.save_now if stoppable else lambda: False,
        world=world,
    )
    if not world.first:
        deque(events, maxlen=0)
        return 0
    if data.left_out:
        print(f"{data.left_out} pairs are too long and left out", file=sys.stderr)
    try:
        with signals if stoppable is signals else nullcontext():
            obeyed = stoppable.obeyed(events) if stoppable else events
            last = show(logged(_tested(obeyed, plan, options.out), options.out))
    except RuntimeError as error:
        if not lost(error):
            raise
        reason = str(error).partition("\n")[0][:120]
        raise ValueError(
            f"the device has failed ({reason}): resume the run to continue from its last saved state, on the CPU if necessary"
        ) from None
    if not isinstance(last, Finished):
        if signals.received and isinstance(last, StepDone):
            command = f"python -m seq2seq train --out {shlex.quote(str(options.out))} --resume"
            print(f"stopped at update {last.update}, which is saved; {command} goes on", file=sys.stderr)
            return 128 + signals.received
        return 0
    done = plan
    if options.minutes is not None:  # minutes depend on the machine, updates do not
        done = dataclasses.replace(plan, training={**plan.training, "updates": training.updates})
    line = card.command("train", ["--out", str(options.out), *done.arguments()], world.size)
    card.add_training(options.out, line, last.update, last.epochs, last.best_loss, plan.held_out)
    state_file.unlink()
    (options.out / saved_options.FILE).unlink(missing_ok=True)
    return 0


def _tested(events: Iterator[Event], plan: Plan, out: Path) -> Iterator[Event]:
    """Before the last event of a task's run, test its best checkpoint on the test examples."""
    for event in events:
        if isinstance(event, Finished) and plan.task:
            pairs = plan.task.pairs("test")
            yield Tested(event.update, len(pairs), Translator.load(out).evaluate(pairs).exact)
        yield event


def _updates(
    options: argparse.Namespace,
    training: TrainConfig,
    state_file: Path,
    model: Seq2Seq,
    data: TrainingData,
    validation: Sequence[Batch],
    probes: Probes,
    world: World,
) -> int:
    """Return how many updates fit into the minutes; a resumed run keeps its first number."""
    if options.resume:
        return world.from_first(lambda: settings_of(state_file).updates)
    return updates_within(60 * options.minutes, model, data, validation, training, probes, world)


def _check_folder(out: Path, state_file: Path, resume: bool) -> None:
    if resume and not state_file.exists():
        if (out / checkpoint.WEIGHTS).exists():
            raise ValueError(
                f"nothing to resume in {out}: its run has finished; to train its model on, use --from {out} and another --out"
            )
        raise ValueError(f"nothing to resume in {out}: it contains no interrupted run")
    if not resume and state_file.exists():
        raise ValueError(f"{out} contains an interrupted run: add --resume to continue it, or choose another folder")
    if not resume and (out / checkpoint.WEIGHTS).exists():
        raise ValueError(f"{out} contains a model already: choose another folder")


def _tokenizer(options: argparse.Namespace, plan: Plan, pairs: Pairs, seed: int) -> Tokenizer:
    """Make the tokenizer, or load that of a resumed run, because training it again would give the same but take time."""
    if options.resume:
        return Tokenizer.load(options.out, options.shared_vocabulary)
    tokenizer = plan.tokenizer(pairs, seed)
    for file, content in tokenizer.files().items():
        replace_file(options.out / file, partial(Path.write_bytes, data=content))
    return tokenizer
