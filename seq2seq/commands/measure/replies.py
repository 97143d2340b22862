"""python -m seq2seq replies: how much the replies of a dialogue model differ, and what the question is worth to it."""

from __future__ import annotations

import argparse
import json
from typing import Any

from seq2seq.analysis.dialogue import report
from seq2seq.commands.kit.options import PAIRS, add_columns, add_model, file_names, pairs_of, translator_of
from seq2seq.models.saved import checkpoint
from seq2seq.runs import card, reports

HELP = "variety of a dialogue model's replies, and the bits that the question is worth"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    parser.add_argument("--data", nargs="+", required=True, metavar="FILE", help=f"turns with their replies: {PAIRS}")
    add_columns(parser)
    parser.add_argument("--count", type=int, default=300, metavar="N", help="answer so many different turns (default 300)")
    parser.add_argument("--reranked", type=int, default=60, metavar="N", help="rerank replies to so many turns (default 60)")
    parser.add_argument("--seed", type=int, default=1, help="of sampling (default 1)")
    parser.add_argument("--card", action="store_true", help="save the figures in the checkpoint's folder, for the app")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    if options.count < 1 or options.reranked < 0:
        raise ValueError("--count needs at least one turn, and --reranked none or more")
    pairs = pairs_of(options.data, options)
    found = report(translator_of(options), pairs, options.count, options.reranked, options.seed)
    if options.card:
        line = card.command("replies", [a for a in options.given if a not in ("--card", "--json")])
        reports.add_replies(checkpoint.find(options.model), line, file_names(options.data), found)
    if options.json:
        about = {"model": options.model, "data": file_names(options.data)}
        print(json.dumps({**about, **found}, ensure_ascii=False, indent=2))
    else:
        print("\n".join(_lines(found)))
    return 0


def _lines(found: dict[str, Any]) -> list[str]:
    question, varieties = found["question"], found["varieties"]
    return [
        "free-running",
        f"{'replies by':32}  turns  different  distinct-1  distinct-2  words  top five  most frequent",
        *(
            f"{v['how']:32}  {v['replies']:5}  {v['different']:9}  {v['distinct_1']:10.3f}  {v['distinct_2']:10.3f}"
            f"  {v['words']:5.1f}  {100 * v['top_share']:7.0f}%  {v['most_frequent'] or 'nothing'} ({v['most_frequent_count']})"
            for v in varieties
        ),
        f"teacher-forced, {question['replies']:,} replies of people, {question['pieces']:,} pieces, bits per piece: "
        f"{question['own']:.3f} under their own turn, {question['swapped']:.3f} under another one: "
        f"the turn is worth {question['worth']:.3f}",
    ]
