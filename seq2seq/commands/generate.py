"""python -m seq2seq generate: let a language model write sentences."""

from __future__ import annotations

import argparse
import json
from typing import Any

from seq2seq.analysis.inside.language_model import MOST_WRITTEN, check, sentences
from seq2seq.commands.kit.options import add_model, add_sampling, model_of, write_text
from seq2seq.decoding.strategies import Greedy, Sample, describe
from seq2seq.decoding.translator import Translator

HELP = "write sentences with a language model, the decoder alone"
_SETTINGS = ("temperature", "top_k", "top_p", "seed")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    parser.add_argument("--start", default="", metavar="TEXT", help="how each sentence begins (default: with nothing)")
    parser.add_argument("--greedy", action="store_true", help="write the likeliest piece at each step, instead of drawing one")
    parser.add_argument("--count", type=int, default=1, metavar="N", help=f"sentences, at most {MOST_WRITTEN} (default 1)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_sampling(parser, "for drawing")


def run(options: argparse.Namespace) -> int:
    chosen = _strategy(options)
    translator = Translator.load(model_of(options))
    check(translator)
    written = list(sentences(translator, options.count, options.start, chosen))
    if options.json:
        found = [{"text": trace.text, "log_prob": trace.log_prob, "finished": trace.finished} for trace in written]
        about = {"mode": "free-running", "model": options.model, "start": options.start, "strategy": describe(chosen)}
        print(json.dumps({**about, "unit": "natural logarithm", "sentences": found}, ensure_ascii=False, indent=2))
    else:
        write_text("-", "".join(" ".join(trace.text.split()) + "\n" for trace in written))
    return 0


def _strategy(options: argparse.Namespace) -> Any:
    """Return the chosen strategy. Raises ValueError for a setting out of range, and for one that --greedy does not use."""
    given = {name: value for name in _SETTINGS if (value := getattr(options, name)) is not None}
    shared = {} if options.no_repeat is None else {"no_repeat": options.no_repeat}
    if options.greedy and given:
        raise ValueError(f"--greedy draws nothing: leave out --{next(iter(given)).replace('_', '-')}")
    return Greedy(**shared) if options.greedy else Sample(**given, **shared)
