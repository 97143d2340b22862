"""python -m seq2seq train: a model from a file of sentence pairs."""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from collections import deque
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from .. import card, checkpoint
from ..allocator import keep_freed_memory
from ..batches import TrainingData, fixed_batches
from ..checkpoint import Checkpoint, Origin
from ..config import ModelConfig, TrainConfig, choose
from ..corpora import Corpus
from ..distributed import World, join
from ..model import ARCHITECTURES, Seq2Seq
from ..text import KINDS, Tokenizer
from ..training import Event, Finished, Started, StepDone, Validated, choose_device, train
from .options import add_columns

HELP = "train a model on a TSV of sentence pairs"
_BY_DATA = {"source_vocabulary", "target_vocabulary", "shared_vocabulary"}  # settled by the tokenizer, below


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", required=True, help="training pairs, a tab-separated UTF-8 file without header")
    parser.add_argument("--valid", required=True, help="held-out pairs, which choose the best checkpoint")
    parser.add_argument("--out", required=True, type=Path, help="folder for the checkpoint")
    parser.add_argument("--resume", action="store_true", help="continue the run in --out exactly where it was cut off")
    add_columns(parser)
    parser.add_argument("--threads", type=int, default=0, help="processor threads; 0 leaves the choice to PyTorch")
    parser.add_argument("--vocabulary-size", type=int, default=6000, help="pieces of a vocabulary (default 6000)")
    kinds = ", ".join(f"{name}: {kind}" for name, kind in KINDS.items())
    parser.add_argument("--vocabulary-kind", default="bpe", help=f"{kinds} (default bpe)")
    parser.add_argument(
        "--vocabulary-of", metavar="CHECKPOINT", help="take the vocabulary of this checkpoint, so that models can be compared"
    )
    parser.add_argument("--shared-vocabulary", action=argparse.BooleanOptionalAction, default=True, help="one vocabulary")
    for title, config in (("model", ModelConfig), ("training", TrainConfig)):
        group = parser.add_argument_group(title)
        for setting in dataclasses.fields(config):
            if setting.name not in _BY_DATA:
                _add_setting(group, setting)
    group = parser.add_argument_group("model card")
    for setting in dataclasses.fields(Origin):
        group.add_argument(_flag(setting.name), default=setting.default, metavar="TEXT")


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _add_setting(group: Any, setting: dataclasses.Field[Any]) -> None:
    text = f"{setting.metadata['help']} (default {setting.default})".replace("%", "%%")
    kind: dict[str, Any] = {"type": type(setting.default), "metavar": type(setting.default).__name__.upper()}
    if isinstance(setting.default, bool):
        kind = {"action": argparse.BooleanOptionalAction}
    group.add_argument(_flag(setting.name), default=None, help=text, **kind)


def _given(config: type[Any], options: argparse.Namespace) -> dict[str, Any]:
    """The settings of `config` that the command line names; the others keep their defaults."""
    names = [f.name for f in dataclasses.fields(config) if f.name not in _BY_DATA]
    return {name: value for name in names if (value := getattr(options, name)) is not None}


def _model_config(options: argparse.Namespace, source: int, target: int) -> ModelConfig:
    given = _given(ModelConfig, options)
    architecture = choose("architecture", given.get("architecture", ModelConfig.architecture), ARCHITECTURES)
    sizes = {"source_vocabulary": source, "target_vocabulary": target, "shared_vocabulary": options.shared_vocabulary}
    return ModelConfig(**architecture.settings(given), **sizes)


def run(options: argparse.Namespace) -> int:
    training = TrainConfig(**_given(TrainConfig, options))
    origin = Origin(**{f.name: getattr(options, f.name) for f in dataclasses.fields(Origin)})
    size = options.vocabulary_size
    device = choose_device(training.device)
    if not 0 <= options.threads <= 1024:
        raise ValueError(f"threads must be between 0 and 1024, not {options.threads}")
    with torch.device("meta"):  # a setting that no registry knows is refused before any work is done
        Seq2Seq(_model_config(options, size, size))
    if options.threads:
        torch.set_num_threads(options.threads)
    with join(device) as world:
        _train(options, training, origin, world)
    return 0


def _train(options: argparse.Namespace, training: TrainConfig, origin: Origin, world: World) -> None:
    state_file = options.out / "training.safetensors"
    world.from_first(lambda: _check_folder(options.out, state_file, options.resume))
    pairs, held_out = world.together(
        lambda: [Corpus(path, options.source, options.target) for path in (options.data, options.valid)]
    )
    tokenizer = world.from_first(lambda: _tokenizer(options, pairs, training.seed))
    torch.manual_seed(training.seed)
    model = Seq2Seq(_model_config(options, len(tokenizer.source), len(tokenizer.target)))
    data = world.together(lambda: TrainingData(pairs, tokenizer, training))
    validation = world.together(lambda: fixed_batches(held_out, tokenizer, training.batch_tokens))
    name = options.out.resolve().name

    def keep(averaged: Seq2Seq) -> None:
        checkpoint.save(Checkpoint(name, averaged, tokenizer, training, origin), options.out)

    keep_freed_memory()
    events = train(model, data, validation, training, keep=keep, state_file=str(state_file), world=world)
    if not world.first:
        deque(events, maxlen=0)
        return
    if data.left_out:
        print(f"{data.left_out} pairs are too long and left out", file=sys.stderr)
    finished = show(events)
    line = card.command("train", [a for a in options.given if a != "--resume"], world.size)
    held_out_name = Path(options.valid).name
    card.add_training(options.out, line, finished.update, finished.epochs, finished.best_loss, held_out_name)
    state_file.unlink()


def _check_folder(out: Path, state_file: Path, resume: bool) -> None:
    if out.exists() and not out.is_dir():
        raise ValueError(f"{out} is a file; --out names a folder")
    if resume and not state_file.exists():
        finished = (out / "model.safetensors").exists()
        raise ValueError(
            f"nothing to resume in {out}: " + ("its run has finished" if finished else "there is no run that was cut off")
        )
    if not resume and state_file.exists():
        raise ValueError(f"{out} holds a run that was cut off: add --resume to continue it, or name another folder")
    if not resume and (out / "model.safetensors").exists():
        raise ValueError(f"{out} holds a model already: name another folder")
    out.mkdir(parents=True, exist_ok=True)


def _tokenizer(options: argparse.Namespace, pairs: Corpus, seed: int) -> Tokenizer:
    """A resumed run has its tokenizer on disk; training it again would give the same, later."""
    if options.resume:
        return Tokenizer.load(options.out, options.shared_vocabulary)
    if options.vocabulary_of:
        tokenizer = Tokenizer.load(checkpoint.find(options.vocabulary_of), options.shared_vocabulary)
    else:
        tokenizer = Tokenizer.train(pairs, options.vocabulary_size, options.shared_vocabulary, seed, options.vocabulary_kind)
    for file, content in tokenizer.files().items():
        checkpoint.replace_file(options.out / file, partial(Path.write_bytes, data=content))
    return tokenizer


def show(events: Iterable[Event]) -> Finished:
    """Events as a progress bar on standard error, and a line of standard output for what is worth keeping."""
    with tqdm(total=1.0, mininterval=0.5 if sys.stderr.isatty() else 20, bar_format="{l_bar}{bar:20}| {postfix}") as bar:
        start, tokens = 0.0, 0
        for event in events:
            match event:
                case Started():
                    start = time.monotonic()
                    resumed = f", from update {event.update}" if event.update else ""
                    _say(
                        f"{event.parameters:,} parameters, {event.pairs:,} pairs, {event.updates:,} updates "
                        f"on {event.device} in {event.precision}{resumed}"
                    )
                case StepDone():
                    tokens += event.tokens
                    left = event.seconds / event.share - event.seconds if event.share else 0.0
                    bar.n = event.share
                    bar.set_postfix_str(
                        f"loss {event.loss:.3f} (teacher-forced, nats per piece), "
                        f"{tokens / (time.monotonic() - start):,.0f} tokens/s, ETA {left / 60:.0f} min",
                        refresh=False,
                    )
                    bar.update(0)
                case Validated():
                    _say(
                        f"epoch {event.epoch + 1}, update {event.update}: validation loss {event.loss:.4f} nats, perplexity "
                        f"{event.perplexity:.2f} per piece, teacher-forced" + (" (best so far)" if event.best else "")
                    )
                case Finished():
                    bar.n = 1.0
                    bar.refresh()
                    _say(f"done: {event.update} updates in {event.seconds / 60:.1f} min, best loss {event.best_loss:.4f}")
    assert isinstance(event, Finished)  # train() ends with it
    return event


def _say(line: str) -> None:
    tqdm.write(line)  # around the bar, not into it
    sys.stdout.flush()
