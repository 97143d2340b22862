"""python -m seq2seq worth: how many bits of each piece a source is worth, over many pairs."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from seq2seq.analysis.probes import sample
from seq2seq.analysis.source_worth import SourceWorth, source_worth
from seq2seq.commands.kit.options import PAIRS, add_columns, add_model, file_names, pairs_of, translator_of
from seq2seq.decoding.translator import Translator

HELP = "bits per piece of held-out targets: under their own sources, under others, and under a language model"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    parser.add_argument("--alone", metavar="NAME_OR_DIR", help="also without a source: a language model with the same pieces")
    parser.add_argument("--data", nargs="+", required=True, metavar="FILE", help=f"held-out pairs: {PAIRS}")
    add_columns(parser)
    parser.add_argument("--count", type=int, metavar="N", help="so many pairs, evenly spread over the file (default: all)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    if options.count is not None and options.count < 2:
        raise ValueError("--count needs at least two pairs, so that a target has the source of another one")
    pairs = pairs_of(options.data, options)
    pairs = pairs if options.count is None else sample(pairs, options.count)
    writer = Translator.load(options.alone) if options.alone else None
    found = source_worth(translator_of(options), pairs, writer)
    if options.json:
        about = {"mode": "teacher-forced", "unit": "bits per piece", "model": options.model, "alone_model": options.alone}
        figures = {**asdict(found), "worth": found.worth, "worth_against_none": found.worth_against_none}
        print(json.dumps({**about, "data": file_names(options.data), **figures}, ensure_ascii=False, indent=2))
    else:
        print("\n".join(_lines(found, options.alone)))
    return 0


def _lines(found: SourceWorth, writer: str | None) -> list[str]:
    lines = [
        f"teacher-forced, {found.targets:,} targets, {found.pieces:,} pieces; bits per piece",
        f"{found.own:8.3f}  under its own source",
        f"{found.swapped:8.3f}  under the source of another pair: the own one is worth {found.worth:.3f} against it",
    ]
    if found.alone is not None:
        lines.append(
            f"{found.alone:8.3f}  without a source, {writer}: the own one is worth {found.worth_against_none:.3f} against none"
        )
    return lines
