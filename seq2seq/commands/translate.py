"""python -m seq2seq translate: translate one sentence, or a file line by line."""

from __future__ import annotations

import argparse
import sys

from tqdm import tqdm

from seq2seq.commands.kit.line_stream import lines_of, write_line, writer
from seq2seq.commands.kit.options import (
    add_model,
    add_nbest,
    add_strategy,
    given_of,
    nbest_rows,
    strategy,
    translator_of,
    write_text,
)
from seq2seq.sources.normalise import printable
from seq2seq.sources.reader import TooLong

HELP = "translate a sentence, a file, or standard input"
ON_ERROR = ("stop", "skip", "truncate")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    parser.add_argument(
        "sentences", nargs="*", metavar="SENTENCE", help="what to translate; files, for a model that reads them"
    )
    parser.add_argument("--input", metavar="FILE", help="translate every line of FILE instead; - is standard input")
    parser.add_argument(
        "--on-error",
        choices=ON_ERROR,
        help="for a line of --input that cannot be translated: stop; skip it, with an empty line in the output (default); or "
        "truncate it if it is too long",
    )
    parser.add_argument("--output", metavar="FILE", default="-", help="file for the translations (default: standard output)")
    parser.add_argument("--trace", metavar="FILE", help="write all steps of the sentence as JSON; - is standard output")
    add_nbest(parser)
    add_strategy(parser)


def run(options: argparse.Namespace) -> int:
    if bool(options.sentences) == (options.input is not None):
        raise ValueError("give either a sentence or --input FILE")
    if (options.input is not None or len(options.sentences) > 1) and options.trace:
        raise ValueError("--trace records one sentence: leave out --trace, or give one sentence instead of --input")
    if options.on_error and options.input is None:
        raise ValueError("--on-error is about the lines of a file: leave it out, or give --input FILE")
    if options.nbest is not None and options.trace:
        raise ValueError("--trace has all hypotheses: leave out --nbest, or leave out --trace")
    chosen = strategy(options)
    if options.input is not None or len(options.sentences) > 1:
        return _lines(options, chosen)
    translator = translator_of(options)
    given = given_of(translator, options.sentences[0])
    if options.nbest is not None:
        (_, best), *_ = translator.best_of_lines([given], chosen, options.nbest, readable=True)
        write_text(options.output, "".join(row + "\n" for row in nbest_rows(1, best)))
        return 0
    trace = translator.translate(given, chosen)
    for note in trace.notes:
        _warn(note)
    if not trace.finished:
        _warn(f"the translation was cut off after {len(trace.steps)} pieces, its length limit")
    if options.trace:
        write_text(options.trace, trace.to_json(indent=2) + "\n")
    if options.trace != "-" or options.output != "-":  # do not mix trace and text on standard output
        write_text(options.output, trace.text + "\n")
    return 0


def _lines(options: argparse.Namespace, chosen: object) -> int:
    """Translate line by line. Returns 1 if a line was skipped or cut, else 0."""
    translator = translator_of(options)
    done, faulty = 0, 0

    def instead(number: int, error: ValueError) -> str:
        """Return the text to translate instead of a line with an error."""
        nonlocal faulty
        if options.on_error == "stop":
            raise ValueError(f"line {done + number}: {error}")
        faulty += 1
        cuts = options.on_error == "truncate" and isinstance(error, TooLong) and translator.info.kind.is_text
        shorter = translator.cut(lines[number - 1]) if cuts else ""
        _warn(f"line {done + number} was {'cut' if shorter else 'skipped'}: {error}")
        return shorter

    with writer(options.output) as file, tqdm(unit="line", disable=not sys.stderr.isatty()) as bar:
        for lines in lines_of(options.input) if options.input is not None else [options.sentences]:
            given = [given_of(translator, line) for line in lines]
            best = translator.best_of_lines(given, chosen, options.nbest or 1, readable=True, instead=instead)
            for index, found in sorted(best):
                rows = nbest_rows(done + index + 1, found) if options.nbest else [each.text for each in found] or [""]
                for row in rows:
                    write_line(file, row)
            file.flush()
            done += len(lines)
            bar.update(len(lines))
    if faulty:
        _warn(f"{faulty} of {done} lines could not be translated as they are")
    return 1 if faulty else 0


def _warn(text: str) -> None:
    tqdm.write(printable(f"python -m seq2seq translate: {text}"), file=sys.stderr)
