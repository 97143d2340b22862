"""python -m seq2seq align: measure attention as a word aligner, on a file that people have aligned."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from seq2seq.analysis import alignment, attribution
from seq2seq.analysis.alignment import METHODS
from seq2seq.analysis.bootstrap import Bootstrap
from seq2seq.analysis.links import weight_on_links
from seq2seq.commands.kit.options import add_model, translator_of
from seq2seq.data.synthetic import TASKS, Task
from seq2seq.models.saved import checkpoint
from seq2seq.runs import card, reports

HELP = "alignment error rate of a model's attention, teacher-forced, compared with a diagonal and a uniform alignment"
NAMES = {
    "error_rate": "alignment error rate",
    "precision": "precision",
    "linked_precision": "precision, linked words",
    "recall": "recall",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    data = parser.add_mutually_exclusive_group(required=True)
    data.add_argument(
        "--data",
        metavar="FILE",
        help="UTF-8 text; each line has source, target and links, separated by tabs; words are separated by spaces; "
        "links are 0-2 (sure: source word 0, target word 2) and 0p2 or 0?2 (possible)",
    )
    data.add_argument("--task", choices=TASKS, help="the examples of a task, whose true alignment is known")
    parser.add_argument("--split", help="with --task: a split of the task (default: test)")
    parser.add_argument(
        "--deletion",
        type=int,
        metavar="N",
        help="with --task: count over N examples how often attention looks at what a word needs, free-running",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--card", action="store_true", help="with --data: save the report in the checkpoint's folder, for the app"
    )


def run(options: argparse.Namespace) -> int:
    if options.task:
        if options.card:
            raise ValueError("--card saves a report about words of a text: leave it out, or give --data")
        return (_task if options.deletion is None else _deletion)(options, TASKS[options.task])
    for name in ("split", "deletion"):
        if getattr(options, name) is not None:
            raise ValueError(f"--{name} needs the examples of a task: leave it out, or give --task")
    sentences = alignment.read_aligned(options.data)
    translator = translator_of(options)
    rows = list(alignment.measure(translator, sentences))
    if not rows:
        raise ValueError(f"{options.data}: every sentence is too long for {options.model}")
    kept = [sentences[row.index] for row in rows]
    about = {
        "mode": "teacher-forced",
        "model": options.model,
        "data": Path(options.data).name,
        "sentences": len(rows),
        "left_out": len(sentences) - len(rows),
        "target_words": sum(len(gold.target) for gold in kept),
        "sure": sum(len(gold.sure) for gold in kept),
        "possible": sum(len(gold.possible - gold.sure) for gold in kept),
    }
    rates = alignment.report(rows)
    if options.card:
        line = card.command("align", [a for a in options.given if a not in ("--card", "--json")])
        named = {name: value for name, value in about.items() if name != "model"}
        reports.add_alignment(checkpoint.find(options.model), line, {**named, **rates})
    if options.json:
        print(json.dumps({**about, **rates}, ensure_ascii=False, indent=2, allow_nan=False))
    else:
        print("\n".join(_lines(about, rates)))
    return 0


def _task(options: argparse.Namespace, task: Task) -> int:
    """Print how much of the attention falls on the true alignment of a task's examples."""
    split = options.split or "test"
    examples = [example for example in task.examples(split) if example.links]
    translator = translator_of(options)
    shares = weight_on_links(translator, examples)
    cells = np.full((2, len(shares), max(map(len, shares))), np.nan)
    for row, of_example in enumerate(shares):
        cells[:, row, : len(of_example)] = np.array(of_example).T
    bootstrap = Bootstrap(len(examples))
    figures = {
        "pieces": sum(map(len, shares)),
        **bootstrap.overall([cells[0]]).figure("weight"),
        "equal_weights": float(np.nanmean(cells[1])),
    }
    about = {"mode": "teacher-forced", "model": options.model, "task": task.name, "split": split, "examples": len(examples)}
    if options.json:
        print(json.dumps({**about, **figures}, ensure_ascii=False, indent=2, allow_nan=False))
    else:
        print(
            f"teacher-forced, {len(examples):,} examples ({task.name}, {split}), {figures['pieces']:,} pieces with an alignment"
        )
        equal = f"equal weights would have {figures['equal_weights']:.3f}"
        print(f"weight on the true alignment: {_figure(figures, 'weight')}; {equal}")
        print("in brackets the middle 95% of 1,000 resamples of the examples")
    return 0


def _deletion(options: argparse.Namespace, task: Task) -> int:
    """Print how often the heaviest place of attention is one without which the word would lose much."""
    split, count = options.split or "test", options.deletion
    examples = task.examples(split)
    if not 0 < count <= len(examples):
        raise ValueError(f"--deletion must be between 1 and {len(examples):,}, the examples of {split!r}, not {count}")
    translator = translator_of(options)
    steps = [attribution.agreements(translator, example.source) for example in examples[:count]]
    most = max(map(len, steps))
    cells = np.full((2, count, most), np.nan)
    for row, of_example in enumerate(steps):
        for t, found in enumerate(of_example):
            if found is not None:
                cells[:, row, t] = found.agrees, found.chance
    needing = int(np.isfinite(cells[0]).sum())
    if not needing:
        raise ValueError("no word of these examples needs a single place: there is nothing to compare")
    figures = {**Bootstrap(count).overall([cells[0]]).figure("agrees"), "at_random": float(np.nanmean(cells[1]))}
    about = {"mode": "free-running, greedy", "model": options.model, "task": task.name, "split": split, "examples": count}
    about |= {"pieces": sum(map(len, steps)), "that_need_a_place": needing}
    if options.json:
        print(json.dumps({**about, **figures}, ensure_ascii=False, indent=2, allow_nan=False))
    else:
        needs = f"{needing:,} of {about['pieces']:,} pieces need a place"
        print(f"free-running, greedy, {count:,} examples ({task.name}, {split}); {needs}")
        print(f"attention looks most at such a place: in {_figure(figures, 'agrees')} of them")
        print(f"a place drawn at random would be such a place: in {figures['at_random']:.3f} of them")
        print("in brackets the middle 95% of 1,000 resamples of the examples")
    return 0


def _lines(about: dict[str, Any], rates: dict[str, dict[str, float | None]]) -> list[str]:
    left_out = f"; {about['left_out']} sentences left out: too long for the model" if about["left_out"] else ""
    gain, rest = rates["gain"], rates["end_mark"]
    return [
        f"teacher-forced, {about['sentences']:,} sentences, {about['target_words']:,} target words, "
        f"{about['sure']:,} sure links and {about['possible']:,} that are only possible{left_out}",
        "",
        " " * 10 + "".join(f"{name:>26}" for name in NAMES.values()),
        *(f"{method:10}" + "".join(f"{_figure(rates[method], name):>26}" for name in NAMES) for method in METHODS),
        "",
        f"error rate of the diagonal minus the attention's: {_figure(gain, 'error_rate')}",
        f"weight on the end mark of the source: {_figure(rest, 'first_step')} at the first steps, "
        f"{_figure(rest, 'writing')} at all steps that write something",
        "in brackets the middle 95% of 1,000 resamples of the sentences",
    ]


def _figure(figures: dict[str, float | None], name: str) -> str:
    values = [figures[key] for key in (name, f"{name}_low", f"{name}_high")]
    if any(value is None for value in values):
        return "none"
    value, low, high = values
    return f"{value:.3f} ({low:.3f} to {high:.3f})"
