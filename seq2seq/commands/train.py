"""python -m seq2seq train: a model from a file of sentence pairs."""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
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
from ..config import ModelConfig, TrainConfig
from ..corpora import for_training, read_tsv
from ..model import Seq2Seq
from ..text import Tokenizer
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
    group.add_argument(_flag(setting.name), default=setting.default, help=text, **kind)


def _config(config: type[Any], options: argparse.Namespace, **more: Any) -> Any:
    names = [f.name for f in dataclasses.fields(config) if f.name not in _BY_DATA]
    return config(**{name: getattr(options, name) for name in names}, **more)


def run(options: argparse.Namespace) -> int:
    training = _config(TrainConfig, options)
    origin = Origin(**{f.name: getattr(options, f.name) for f in dataclasses.fields(Origin)})
    size = options.vocabulary_size
    choose_device(training.device)
    if not 0 <= options.threads <= 1024:
        raise ValueError(f"threads must be between 0 and 1024, not {options.threads}")
    with torch.device("meta"):  # a setting that no registry knows is refused before any work is done
        Seq2Seq(_config(ModelConfig, options, source_vocabulary=size, target_vocabulary=size))
    state_file = options.out / "training.safetensors"
    _check_folder(options.out, state_file, options.resume)
    if options.threads:
        torch.set_num_threads(options.threads)
    keep_freed_memory()
    pairs = for_training(read_tsv(options.data, options.source, options.target))
    held_out = for_training(read_tsv(options.valid, options.source, options.target))
    tokenizer = _tokenizer(options, pairs, training.seed)
    model_config = _config(
        ModelConfig,
        options,
        source_vocabulary=len(tokenizer.source),
        target_vocabulary=len(tokenizer.target),
        shared_vocabulary=tokenizer.shared,
    )
    torch.manual_seed(training.seed)
    model = Seq2Seq(model_config)
    data = TrainingData(pairs, tokenizer, training)
    if data.left_out:
        print(f"{data.left_out} pairs are too long and left out", file=sys.stderr)
    name = options.out.resolve().name

    def keep(averaged: Seq2Seq) -> None:
        checkpoint.save(Checkpoint(name, averaged, tokenizer, training, origin), options.out)

    validation = fixed_batches(held_out, tokenizer, training.batch_tokens)
    finished = show(train(model, data, validation, training, keep=keep, state_file=str(state_file)))
    line = card.command("train", [a for a in options.given if a != "--resume"])
    card.add_training(options.out, line, finished.update, training.epochs, finished.best_loss)
    state_file.unlink()
    return 0


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


def _tokenizer(options: argparse.Namespace, pairs: list[tuple[str, str]], seed: int) -> Tokenizer:
    """A resumed run has its tokenizer on disk; training it again would give the same, later."""
    if options.resume:
        return Tokenizer.load(options.out, options.shared_vocabulary)
    tokenizer = Tokenizer.train(pairs, options.vocabulary_size, options.shared_vocabulary, seed)
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
                        f"{event.parameters:,} parameters, {event.pairs:,} pairs, {event.epochs} epochs "
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
