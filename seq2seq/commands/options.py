"""Command line arguments that several commands share."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from seq2seq.decoding.strategies import Beam, Greedy, Sample
from seq2seq.sources.normalise import printable


def add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", required=True, metavar="NAME_OR_DIR", help="a bundled model's name or a checkpoint folder")


def add_columns(parser: argparse.ArgumentParser) -> None:
    # No defaults here, so that `refuse_with_task` can tell a given column from an omitted one.
    parser.add_argument("--source", type=int, metavar="COLUMN", help="column of the source, counted from 0 (default 0)")
    parser.add_argument("--target", type=int, metavar="COLUMN", help="column of the target (default 1)")


def columns(options: argparse.Namespace) -> tuple[int, int]:
    """Return the columns of source and target."""
    return (0 if options.source is None else options.source, 1 if options.target is None else options.target)


def refuse_with_task(options: argparse.Namespace, *names: str) -> None:
    """Raises ValueError for options that a task does not have, because it makes its own pairs."""
    for name in names:
        if getattr(options, name) is not None:
            raise ValueError(f"--task makes its own pairs: leave out --{name}, or leave out --task")


def add_strategy(parser: argparse.ArgumentParser) -> None:
    """Add options for the search: greedy, unless --beam or --sample is given."""
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--beam", type=int, metavar="SIZE", help="beam search with this many hypotheses")
    choice.add_argument("--sample", action="store_true", help="draw every piece at random")
    # No defaults here, so that `strategy` can tell a given setting from an omitted one.
    parser.add_argument("--length-penalty", type=float, help="for --beam; 0 means none (default 1.0)")
    parser.add_argument("--temperature", type=float, help="for --sample (default 1.0)")
    parser.add_argument("--top-k", type=int, help="for --sample: draw from the k best pieces (default: all)")
    parser.add_argument("--top-p", type=float, help="for --sample: draw from the best pieces up to this share (default 1.0)")
    parser.add_argument("--seed", type=int, help="for --sample (default 0)")


def strategy(options: argparse.Namespace) -> Any:
    """Return the chosen strategy. Raises ValueError for a setting out of range, or one that the strategy does not use."""
    beam_settings = {"length_penalty": options.length_penalty}
    sample_settings = {name: getattr(options, name) for name in ("temperature", "top_k", "top_p", "seed")}
    if options.beam is None and (given := _given(beam_settings)):
        raise ValueError(f"--{next(iter(given)).replace('_', '-')} needs --beam")
    if not options.sample and (given := _given(sample_settings)):
        raise ValueError(f"--{next(iter(given)).replace('_', '-')} needs --sample")
    if options.sample:
        return Sample(**_given(sample_settings))
    return Greedy() if options.beam is None else Beam(options.beam, **_given(beam_settings))


def _given(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if value is not None}


def write_text(path: str, text: str) -> None:
    """Write text without control characters, which a terminal would obey, to a file, or to standard output for "-"."""
    text = printable(text)
    if path == "-":
        sys.stdout.write(text)
        return
    try:
        Path(path).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ValueError(f"{path} cannot be written: {error.strerror}") from None
