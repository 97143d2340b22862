"""python -m seq2seq translate: translate one sentence, or a file line by line."""

from __future__ import annotations

import argparse
import sys

from tqdm import tqdm

from seq2seq.commands.options import add_model, add_strategy, read_lines, strategy, write_text
from seq2seq.decoding.translator import Translator

HELP = "translate a sentence, a file, or standard input"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    parser.add_argument("sentence", nargs="?", help="the sentence to translate")
    parser.add_argument("--input", metavar="FILE", help="translate every line of FILE instead; - is standard input")
    parser.add_argument("--output", metavar="FILE", default="-", help="file for the translations (default: standard output)")
    parser.add_argument("--trace", metavar="FILE", help="write all steps of the sentence as JSON; - is standard output")
    add_strategy(parser)


def run(options: argparse.Namespace) -> int:
    if (options.sentence is None) == (options.input is None):
        raise ValueError("give either one sentence or --input FILE")
    if options.input is not None and options.trace:
        raise ValueError("--trace records one sentence: leave out --trace, or give a sentence instead of --input")
    chosen = strategy(options)
    if options.input is not None:
        return _lines(options, chosen)
    trace = Translator.load(options.model).translate(options.sentence, chosen)
    if options.trace:
        write_text(options.trace, trace.to_json(indent=2) + "\n")
    if options.trace != "-" or options.output != "-":  # do not mix trace and text on standard output
        write_text(options.output, trace.text + "\n")
    return 0


def _lines(options: argparse.Namespace, chosen: object) -> int:
    lines = read_lines(options.input)
    translator = Translator.load(options.model)
    done = tqdm(translator.translate_lines(lines, chosen), total=len(lines), unit="line", disable=not sys.stderr.isatty())
    translations = dict(done)
    write_text(options.output, "".join(translations[i] + "\n" for i in range(len(lines))))
    return 0
