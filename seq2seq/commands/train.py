"""python -m seq2seq train: train a model on sentence pairs."""

from __future__ import annotations

import argparse
import dataclasses
import os
import shlex
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from functools import partial
from pathlib import Path

import torch

from seq2seq.analysis.probes import Probes, sample
from seq2seq.commands.kit.options import read_lines, warn
from seq2seq.commands.training import config_file, dictionary_task, follow
from seq2seq.commands.training.options import add_arguments as add_arguments
from seq2seq.commands.training.options import measured, plan_of
from seq2seq.commands.training.output import show
from seq2seq.config import TrainConfig
from seq2seq.data.batches import TrainingData, fixed_batches
from seq2seq.data.corpora import Corpus
from seq2seq.decoding.evaluation import evaluate
from seq2seq.decoding.translator import Translator
from seq2seq.files import replace_file
from seq2seq.models.saved import checkpoint
from seq2seq.models.saved.checkpoint import Checkpoint
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.runs import card
from seq2seq.runs.control import Control
from seq2seq.runs.lock import alone_in
from seq2seq.runs.signals import Signals
from seq2seq.sources.text import Tokenizer
from seq2seq.training.device import choose_device, keep_freed_memory, lost
from seq2seq.training.distributed import World, join
from seq2seq.training.event_log import logged
from seq2seq.training.events import Event, Finished, StepDone, StoppedEarly, Tested
from seq2seq.training.loop import over, train, updates_within
from seq2seq.training.plan import Pairs, Plan
from seq2seq.training.resume import progress_of, settings_of
from seq2seq.training.validation import reason_to_stop

HELP = "train a model on a file of sentence pairs, or on a task that generates its pairs"


def run(options: argparse.Namespace) -> int:
    options = dictionary_task.resolved(options)
    if options.resume and options.config:
        raise ValueError("--resume goes on with the run's own options: leave out --config, or leave out --resume")
    if options.config:
        options = config_file.configured(options)
    elif options.resume and not options.controlled:
        options = config_file.resumed(options)
    plan = plan_of(options)
    training = plan.train_config()
    device = choose_device(training.device)
    if options.controlled and int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise ValueError("--controlled needs a run of one process: start it without torchrun")
    if not 0 <= options.threads <= 1024:
        raise ValueError(f"threads must be between 0 and 1024, not {options.threads}")
    if options.log:
        follow.check(options.log)
    plan.augmenter()
    plan.outline()  # raise errors of unknown settings before any work is done
    if not plan.reads_source and (options.probe or options.probes or measured(options, training)):
        raise ValueError(
            "a language model translates nothing: leave out --probe, --probes, --measure, --stop-when-solved and --best-by"
        )
    if options.threads:
        torch.set_num_threads(options.threads)
    with join(device) as world, ExitStack() as held:
        world.from_first(lambda: held.enter_context(_folder(options.out)))
        return _train(options, plan, training, measured(options, training), world)


def _folder(out: Path) -> AbstractContextManager[None]:
    if out.exists() and not out.is_dir():
        raise ValueError(f"{out} is a file, but --out needs a folder: choose another name")
    return alone_in(out)


def _train(options: argparse.Namespace, plan: Plan, training: TrainConfig, measure: int, world: World) -> int:
    """Train the model. Returns the exit status: 0, or 128 and the number of the signal that stopped the run."""
    state_file = options.out / "training.safetensors"
    world.from_first(lambda: _check_folder(options.out, state_file, options.resume))
    if options.resume:
        training = world.from_first(lambda: _continued(options, training, state_file))
    pairs, held_out = world.together(plan.pairs)
    if world.first:
        warn(dict.fromkeys(remark for part in (pairs, held_out) if isinstance(part, Corpus) for remark in part.remarks))
    tokenizer = world.from_first(lambda: _tokenizer(options, plan, pairs, training.seed))
    torch.manual_seed(training.seed)
    model = plan.new_model(tokenizer)
    reader, sides = plan.reader(tokenizer), (plan.prepared(pairs), plan.prepared(held_out))
    data = world.together(lambda: TrainingData(sides[0], tokenizer, training, plan.augmenter(), reader))
    validation = world.together(lambda: fixed_batches(sides[1], tokenizer, training.batch_tokens, reader))
    keep_freed_memory()
    name, origin = options.out.resolve().name, plan.full_origin()

    def keep(averaged: Seq2Seq) -> None:
        checkpoint.save(Checkpoint(name, averaged, tokenizer, training, origin), options.out)

    def use(averaged: Seq2Seq) -> Translator:
        return Translator(Checkpoint(name, averaged, tokenizer, training, origin))

    sentences = [*options.probe, *(read_lines(options.probes) if options.probes else [])]
    sentence_pairs = sample(list(held_out), measure)
    probes = Probes(use, sentences, sentence_pairs, plan.task.examples("valid") if plan.task and measure else ())
    world.from_first(lambda: probes.check(model))
    if options.minutes is not None and not options.resume:
        updates = updates_within(60 * options.minutes, model, data, validation, training, probes, world)
        training = dataclasses.replace(training, updates=updates)
    measured_updates = training.updates if options.minutes is not None else None
    world.from_first(lambda: config_file.save(options, training.seed, measured_updates))
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
    stops: list[StoppedEarly] = []
    elsewhere = follow.check(options.log) if options.log else None
    if elsewhere:
        print(f"follow the run with: {elsewhere.show.format(out=shlex.quote(str(options.out)))}", file=sys.stderr)
    if data.left_out:
        print(f"{data.left_out} pairs are too long and left out", file=sys.stderr)
    try:
        with signals if stoppable is signals else nullcontext():
            obeyed = stoppable.obeyed(events) if stoppable else events
            told = logged(_tested(obeyed, plan, options.out, stops), options.out)
            if elsewhere:
                told = follow.followed(told, elsewhere.sink(options.out, training.to_dict()))
            last = show(told)
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
    # The names of models as they were given: a model of the Hub is in a folder of this machine.
    done = dataclasses.replace(plan, start_from=options.start_from, vocabulary_of=options.vocabulary_of)
    if options.minutes is not None:  # minutes depend on the machine, updates do not
        done = dataclasses.replace(done, training={**plan.training, "updates": training.updates})
    line = card.command("train", ["--out", str(options.out), *done.arguments()], world.size)
    earlier = progress_of(state_file).earlier
    chosen = card.BestBy(training.best_by, len(sentence_pairs), probes.signatures.get(training.best_by, ""))
    card.add_training(options.out.resolve(), line, last, plan.held_out, chosen, [*earlier, *(stop.text for stop in stops)])
    if options.controlled:  # the page cannot make a run longer, and many runs share its disk
        state_file.unlink()
    return 0


def _tested(events: Iterator[Event], plan: Plan, out: Path, stops: list[StoppedEarly]) -> Iterator[Event]:
    """Before the last event of a task's run, test its best checkpoint on the test examples. Add an early stop to `stops`."""
    for event in events:
        if isinstance(event, StoppedEarly):
            stops.append(event)
        if isinstance(event, Finished) and plan.task:
            pairs = plan.task.pairs("test")
            # Only a whole path is sure to name this folder: a bundled model may have its name.
            yield Tested(event.update, len(pairs), evaluate(Translator.load(out.resolve()), pairs).exact)
        yield event


def _check_folder(out: Path, state_file: Path, resume: bool) -> None:
    has_model, finished = (out / checkpoint.WEIGHTS).exists(), (out / card.RESULTS).exists()
    if resume and not state_file.exists():
        if has_model:
            raise ValueError(
                f"nothing to resume in {out}: its run has finished and has no {state_file.name}; to train its model on, use "
                f"--from {out} and another --out"
            )
        raise ValueError(f"nothing to resume in {out}: it contains no interrupted run")
    if not resume and has_model and finished:
        raise ValueError(f"{out} contains a model already: choose another folder")
    if not resume and state_file.exists():
        raise ValueError(f"{out} contains an interrupted run: add --resume to continue it, or choose another folder")
    if not resume and has_model:
        raise ValueError(f"{out} contains a model already: choose another folder")


def _continued(options: argparse.Namespace, training: TrainConfig, state_file: Path) -> TrainConfig:
    """Return the settings with which the run in the folder goes on. Its numbers stay the same unless its length changes.

    Raises ValueError for a finished run that is not made longer.
    """
    before, progress = settings_of(state_file), progress_of(state_file)
    if options.minutes is not None:  # they were measured when the run began
        training = dataclasses.replace(training, updates=before.updates)
    finished = options.out / card.RESULTS
    if finished.exists():
        if over(progress, training):
            stopped = reason_to_stop(progress, training)
            how = (
                "go on with --patience 0 and --no-stop-when-solved" if stopped else "make it longer with --epochs or --updates"
            )
            raise ValueError(
                f"nothing to resume in {options.out}: its run has {training.length} and has finished, after update "
                f"{progress.update:,}{': ' if stopped else ''}{stopped}; {how}"
            )
        for name in (finished, options.out / "README.md"):  # they will be written for the new weights
            name.unlink(missing_ok=True)
    if training.length != before.length:
        warn([f"the run now has {training.length} instead of {before.length}; its learning rate follows the new length"])
    return training


def _tokenizer(options: argparse.Namespace, plan: Plan, pairs: Pairs, seed: int) -> Tokenizer:
    """Make the tokenizer, or load that of a resumed run, because training it again would give the same but take time."""
    if options.resume:
        return Tokenizer.load(options.out, plan.outline().config.shared_vocabulary)
    tokenizer = plan.tokenizer(pairs, seed)
    for file, content in tokenizer.files().items():
        replace_file(options.out / file, partial(Path.write_bytes, data=content))
    return tokenizer
