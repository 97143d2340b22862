"""python -m seq2seq evaluate: measure free-running quality on a file of pairs."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, replace

from seq2seq.commands.options import (
    PAIRS,
    add_columns,
    add_model,
    add_strategy,
    file_names,
    model_of,
    pairs_of,
    refuse_with_task,
    strategy,
)
from seq2seq.config import choose
from seq2seq.data.synthetic import TASKS
from seq2seq.decoding.metrics import REPEATED_WORDS, Quality
from seq2seq.decoding.strategies import describe
from seq2seq.decoding.translator import Translator
from seq2seq.models import checkpoint
from seq2seq.runs import card

HELP = "BLEU and chrF of free-running translations against all references of each sentence"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument("--data", nargs="+", metavar="FILE", help=f"pairs: {PAIRS}")
    given.add_argument("--task", help=f"the test examples of a task instead: {', '.join(TASKS)}")
    add_columns(parser)
    parser.add_argument("--raw", action="store_true", help="do not normalise the references and translations")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--card", action="store_true", help="also write the figures into the model card")
    add_strategy(parser)


def run(options: argparse.Namespace) -> int:
    chosen = strategy(options)
    if options.task:
        if options.raw:
            raise ValueError("--raw is about the references of a file: leave out --raw, or give --data instead of --task")
        refuse_with_task(options, "source", "target")
        pairs, data = choose("task", options.task, TASKS).pairs("test"), options.task
    else:
        pairs, data = pairs_of(options.data, options, options.raw), file_names(options.data)
    translator = Translator.load(model_of(options))
    if options.card:
        card.check(checkpoint.find(options.model))  # fail before the long evaluation
    quality = translator.evaluate(pairs, chosen, options.raw)
    if options.raw:
        quality = replace(
            quality, bleu_signature=f"{quality.bleu_signature}|text:raw", chrf_signature=f"{quality.chrf_signature}|text:raw"
        )
    if options.json:
        result = {"mode": "free-running", "model": options.model, "strategy": describe(chosen), **asdict(quality)}
        print(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        print("\n".join(_lines(quality)))
    if options.card:
        line = card.command("evaluate", [a for a in options.given if a != "--card"])
        card.add_evaluation(checkpoint.find(options.model), line, data, chosen, quality)
    return 0


def _lines(quality: Quality) -> list[str]:
    return [
        f"free-running, {quality.sentences} different sentences, {quality.references} references, {quality.rows} rows",
        f"BLEU {quality.bleu:.1f} with each sentence once, {quality.bleu_by_row:.1f} with each row  ({quality.bleu_signature})",
        f"chrF {quality.chrf:.1f} with each sentence once, {quality.chrf_by_row:.1f} with each row  ({quality.chrf_signature})",
        f"{quality.exact:.1f}% of the sentences are a reference, character by character",
        f"{quality.repeated:.1f}% of the translations repeat {REPEATED_WORDS} words in a row, although their source does not",
        "source words  sentences  BLEU",
        *(f"{card.span(part.low, part.high):>12}  {part.sentences:9d}  {part.bleu:4.1f}" for part in quality.by_length),
    ]
