"""python -m seq2seq score: use the decoder as a language model to score a given translation."""

from __future__ import annotations

import argparse
import json

from seq2seq.analysis.scoring import perplexity, scored
from seq2seq.commands.options import add_model, model_of
from seq2seq.decoding.translator import Translator

HELP = "log-probability of a given translation, teacher-forced, per piece and in total"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    parser.add_argument("--source", required=True, metavar="TEXT")
    parser.add_argument("--target", required=True, metavar="TEXT")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    trace = Translator.load(model_of(options)).score(options.source, options.target)
    per_piece = perplexity(trace.log_prob, len(trace.steps))
    if options.json:
        print(json.dumps({**scored(trace), "target": options.target}, ensure_ascii=False, indent=2))
        return 0
    print("log-probability (natural, teacher-forced)  rank  piece")
    for step in trace.steps:
        print(f"{step.log_prob:41.4f}  {step.rank:4d}  {step.piece}")
    print(f"{trace.log_prob:41.4f}        total of {len(trace.steps)} pieces; perplexity {per_piece:.2f} per piece")
    return 0
