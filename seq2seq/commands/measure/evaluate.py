"""python -m seq2seq evaluate: measure free-running quality on a file of pairs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import pairwise

from seq2seq.analysis.by_kind import KindQuality, by_kind
from seq2seq.analysis.inside.language_model import likelihood
from seq2seq.commands.kit.options import (
    PAIRS,
    add_columns,
    add_model,
    add_nbest,
    add_strategy,
    file_names,
    model_of,
    nbest_rows,
    pairs_of,
    refuse_with_task,
    strategy,
    warn,
    write_text,
)
from seq2seq.commands.training import dictionary_task
from seq2seq.config import choose
from seq2seq.data.corpora import Corpus, Pair
from seq2seq.data.synthetic import TASKS, Example
from seq2seq.decoding.evaluation import best_of_sources, judge
from seq2seq.decoding.hypotheses import Hypothesis
from seq2seq.decoding.metrics import LENGTHS, REPEATED_WORDS, Quality, percent
from seq2seq.decoding.model_info import ModelInfo
from seq2seq.decoding.strategies import describe
from seq2seq.decoding.translator import Translator
from seq2seq.models.saved import checkpoint
from seq2seq.runs import card

HELP = "BLEU and chrF of free-running translations, or the perplexity of a language model"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument("--data", nargs="+", metavar="FILE", help=f"pairs: {PAIRS}; further files are further references")
    given.add_argument("--task", help=f"the test examples of a task instead: {', '.join(TASKS)}")
    further = "; ".join(f"{task.name} has {', '.join(task.further)}" for task in TASKS.values() if task.further)
    parser.add_argument("--split", metavar="NAME", help=f"other examples of the task than its test examples: {further}")
    add_columns(parser)
    parser.add_argument("--raw", action="store_true", help="do not normalise the references and translations")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--card", action="store_true", help="also write the figures into the model card")
    parser.add_argument("--output", metavar="FILE", help="write the translations, one line per pair of the file")
    parser.add_argument(
        "--by-length",
        type=int,
        nargs="+",
        metavar="WORDS",
        help="the ranges of source words of the table begin at these lengths (default: "
        f"{' '.join(str(low) for low, _ in LENGTHS)})",
    )
    add_nbest(parser)
    add_strategy(parser)


def run(options: argparse.Namespace) -> int:
    if not ModelInfo.read(model_of(options)).reads_source:
        return _perplexity(options)
    chosen = strategy(options)
    if options.nbest is not None and options.output is None:
        raise ValueError("--nbest needs --output FILE, which gets the hypotheses")
    lengths = _ranges(options.by_length)
    examples: list[Example] = []  # of a task
    if options.task:
        if options.raw:
            raise ValueError("--raw is about the references of a file: leave out --raw, or give --data instead of --task")
        refuse_with_task(options, "source", "target")
        if options.task in dictionary_task.CORPORA:
            written = f"which train --task {options.task} --out OUT has written"
            raise ValueError(f"--task {options.task} has no test examples: give --data OUT-data/valid.tsv, {written}")
        examples = choose("task", options.task, TASKS).examples(options.split or "test")
        pairs = [(example.source, example.target) for example in examples]
        data = f"{options.task}, {options.split}" if options.split else options.task
    else:
        if options.split:
            raise ValueError("--split is about the examples of a task: leave out --split, or give --task instead of --data")
        pairs, data = _with_references(options), file_names(options.data)
    translator = Translator.load(model_of(options))
    if options.card:
        card.check(checkpoint.find(options.model))  # fail before the long evaluation
    found = best_of_sources(translator, [source for source, _ in pairs], chosen, options.nbest or 1)
    if options.output:
        rows = len(pairs) // max(1, len(options.data or ()) - 1)  # of the first references
        write_text(options.output, _hypotheses([found[source] for source, _ in pairs[:rows]], options.nbest))
    quality, kinds = judge(translator, pairs, found, options.raw, lengths), by_kind(examples, found)
    if options.raw:
        quality = replace(
            quality, bleu_signature=f"{quality.bleu_signature}|text:raw", chrf_signature=f"{quality.chrf_signature}|text:raw"
        )
    if options.json:
        result = {"mode": "free-running", "model": options.model, "strategy": describe(chosen), **asdict(quality)}
        result |= {"by_kind": [asdict(kind) for kind in kinds]} if kinds else {}
        print(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        print("\n".join(_lines(quality, kinds)))
    if options.card:
        line = card.command("evaluate", [a for a in options.given if a != "--card"])
        card.add_evaluation(checkpoint.find(options.model), line, data, chosen, quality, kinds)
    return 0


def _perplexity(options: argparse.Namespace) -> int:
    """Evaluate a language model: the perplexity of the different sentences of a file."""
    translating = ("task", "split", "nbest", "output", "by_length", "beam", "length_penalty")
    for name in (*translating, "temperature", "top_k", "top_p", "seed"):
        if getattr(options, name) is not None:
            raise ValueError(f"a language model translates nothing: leave out --{name.replace('_', '-')}")
    if options.sample or options.raw or options.no_repeat or options.window:
        raise ValueError("a language model translates nothing: leave out --sample, --raw, --no-repeat and --window")
    if options.card:
        card.check(checkpoint.find(options.model))
    corpus = Corpus(options.data[0] if len(options.data) == 1 else options.data, target=options.target, alone=True)
    warn(corpus.remarks)
    found = likelihood(Translator.load(model_of(options)), (sentence for _, sentence in corpus))
    if options.json:
        print(json.dumps({"model": options.model, **found.to_dict()}, ensure_ascii=False, indent=2))
    else:
        print(
            f"teacher-forced, {found.sentences:,} different sentences, {found.words:,} words, {found.pieces:,} pieces\n"
            f"perplexity {found.per_piece:.2f} per piece, {found.per_word:.2f} per word; "
            f"{found.bits_per_sentence:.1f} bits per sentence"
        )
    if options.card:
        line = card.command("evaluate", [a for a in options.given if a != "--card"])
        card.add_likelihood(checkpoint.find(options.model), line, file_names(options.data), found.to_dict())
    return 0


def _with_references(options: argparse.Namespace) -> list[Pair]:
    """Return the pairs of the first file with each of the others, or those of a single file.

    Raises ValueError if the files of the references do not have the same pairs.
    """
    source, *others = options.data
    read = [pairs_of(each, options, options.raw) for each in ([[source, other] for other in others] or [source])]
    if len({tuple(text for text, _ in pairs) for pairs in read}) > 1:
        raise ValueError("every reference file needs a line for each line of the source, and none may be empty")
    return [pair for pairs in read for pair in pairs]


def _ranges(begins: Sequence[int] | None) -> Sequence[tuple[int, int]]:
    """Return ranges of lengths that begin at these words. Raises ValueError unless they rise from at least 1."""
    if begins is None:
        return LENGTHS
    if begins[0] < 1 or any(a >= b for a, b in pairwise(begins)):
        raise ValueError("--by-length needs rising numbers of words from 1 on, such as 1 10 20")
    return [*((low, high - 1) for low, high in pairwise(begins)), (begins[-1], LENGTHS[-1][1])]


def _hypotheses(found: Sequence[Sequence[Hypothesis]], nbest: int | None) -> str:
    """Return one line per pair, or with `nbest` one per hypothesis."""
    rows: list[str] = []
    for number, best in enumerate(found, start=1):
        rows += nbest_rows(number, best) if nbest else [best[0].text if best else ""]
    return "".join(row + "\n" for row in rows)


def _lines(quality: Quality, kinds: Sequence[KindQuality]) -> list[str]:
    return [
        f"free-running, {quality.sentences} different sentences, {quality.references} references, {quality.rows} rows",
        f"BLEU {quality.bleu:.1f} with each sentence once, {quality.bleu_by_row:.1f} with each row  ({quality.bleu_signature})",
        f"chrF {quality.chrf:.1f} with each sentence once, {quality.chrf_by_row:.1f} with each row  ({quality.chrf_signature})",
        f"{quality.exact:.1f}% of the sentences are a reference, character by character",
        f"{percent(quality.word_errors)}% of the words are wrong: insertions, deletions, substitutions per word of a reference",
        f"{quality.repeated:.1f}% of the translations repeat {REPEATED_WORDS} words in a row, although their source does not",
        "source words  sentences  BLEU  chrF  exact %",
        *(
            f"{card.span(part.low, part.high):>12}  {part.sentences:9d}  {part.bleu:4.1f}  {part.chrf:4.1f}  {part.exact:7.1f}"
            for part in quality.by_length
        ),
        *(["kind of example  examples  exact %"] if kinds else []),
        *(f"{kind.kind:>15}  {kind.examples:8d}  {kind.exact:7.1f}" for kind in kinds),
    ]
