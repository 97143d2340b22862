"""python -m seq2seq score: use the decoder as a language model to score a given translation, or sentences alone."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from seq2seq.analysis.forcing.scoring import perplexity, scored, word_scores
from seq2seq.analysis.inside.language_model import NO_SOURCE, minimal_pairs
from seq2seq.commands.kit.options import add_model, model_of, read_lines
from seq2seq.decoding.translator import Translator
from seq2seq.trace import DecodingTrace

HELP = "log-probability of a given translation or sentence, teacher-forced, per piece and in total"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    parser.add_argument("sentences", nargs="*", metavar="SENTENCE", help="for a language model: the sentences to score")
    parser.add_argument(
        "--pairs", metavar="FILE", help="for a language model: lines with a name, a right and a wrong sentence; count the right"
    )
    parser.add_argument("--source", metavar="TEXT", help="for a translation model: the source")
    parser.add_argument("--target", metavar="TEXT", help="for a translation model: the translation to score")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    translator = Translator.load(model_of(options))
    if options.pairs is not None:
        return _minimal_pairs(options, translator)
    pairs = _pairs(options, translator)
    traces = [translator.score(source, target) for source, target in pairs]
    if options.json:
        found = [{**scored(trace), "target": target} for trace, (_, target) in zip(traces, pairs, strict=True)]
        alone = not translator.info.reads_source
        result: Any = {"sentences": [{**each, **_per_word(trace)} for each, trace in zip(found, traces, strict=True)]}
        print(json.dumps(result if alone else found[0], ensure_ascii=False, indent=2))
        return 0
    for trace in traces:
        _print(trace, translator.info.reads_source)
    return 0


def _minimal_pairs(options: argparse.Namespace, translator: Translator) -> int:
    """Count in how many pairs the right sentence is likelier."""
    if options.sentences or options.source is not None or options.target is not None:
        raise ValueError("--pairs has its own sentences: leave out the others, or leave out --pairs")
    pairs = minimal_pairs(translator, [row for row in read_lines(options.pairs) if row])
    if options.json:
        found = [{**asdict(pair), "is_right": pair.is_right} for pair in pairs]
        facts = {"mode": "teacher-forced", "unit": "natural logarithm", "model": translator.name}
        print(json.dumps({**facts, "right": sum(p.is_right for p in pairs), "pairs": found}, ensure_ascii=False, indent=2))
        return 0
    print("log-probability (natural, teacher-forced) of the right and the wrong sentence")
    for pair in pairs:
        mark = "right" if pair.is_right else "WRONG"
        print(f"{pair.log_prob_right:8.2f} {pair.log_prob_wrong:8.2f}  {mark}  {pair.about}: {pair.right} / {pair.wrong}")
    for kind in dict.fromkeys(pair.about for pair in pairs):
        own = [pair for pair in pairs if pair.about == kind]
        print(f"{kind}: {sum(pair.is_right for pair in own)} of {len(own)}")
    print(f"the right sentence is likelier in {sum(pair.is_right for pair in pairs)} of {len(pairs)} pairs")
    return 0


def _pairs(options: argparse.Namespace, translator: Translator) -> list[tuple[str, str]]:
    """Return sources and targets. Raises ValueError for a model with a source and options without one, and the reverse."""
    has_pair = options.source is not None or options.target is not None
    if translator.info.reads_source:
        if options.sentences or options.source is None or options.target is None:
            raise ValueError(f"{translator.name} translates: give its source by --source and its translation by --target")
        return [(options.source, options.target)]
    if has_pair or not options.sentences:
        raise ValueError(f"{translator.name} is a language model and has no source: give only sentences, without --source")
    return [(NO_SOURCE, sentence) for sentence in options.sentences]


def _per_word(trace: DecodingTrace) -> dict[str, float]:
    return {"perplexity_per_word": perplexity(trace.log_prob, len(word_scores(trace.steps)) - 1)}


def _print(trace: DecodingTrace, reads_source: bool) -> None:
    print("log-probability (natural, teacher-forced)  rank  piece")
    for step in trace.steps:
        print(f"{step.log_prob:41.4f}  {step.rank:4d}  {step.piece}")
    per_word = "" if reads_source else f", {_per_word(trace)['perplexity_per_word']:.2f} per word"
    per_piece = perplexity(trace.log_prob, len(trace.steps))
    print(f"{trace.log_prob:41.4f}        total of {len(trace.steps)} pieces; perplexity {per_piece:.2f} per piece{per_word}")
