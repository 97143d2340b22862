"""python -m seq2seq compare: compare training recipes over several seeds each, teacher-forced and free-running."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from statistics import mean
from typing import Any

from tqdm import tqdm

from seq2seq.analysis.forcing.exposure_report import FIGURES
from seq2seq.analysis.recipes import Member, compare, member, settings
from seq2seq.commands.kit.options import add_columns, pairs_of
from seq2seq.models.saved import checkpoint
from seq2seq.runs import card, reports

HELP = "compare training recipes over several seeds each: which settings differ, and how much the results differ"
MOST_RECIPES = 3  # more could not be told apart in a figure


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--recipe",
        action="append",
        nargs="+",
        required=True,
        metavar=("NAME", "MODEL"),
        help="a name and the models of this recipe, which may differ only in their seed; the first recipe is the baseline",
    )
    parser.add_argument("--data", required=True, metavar="FILE", help="held-out pairs for accuracy and loss")
    parser.add_argument("--test", required=True, metavar="FILE", help="pairs for BLEU")
    add_columns(parser)
    parser.add_argument("--seed", type=int, default=1, help="seed of the wrong words and of the bands (default 1)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--card", action="store_true", help="save it with the last recipe's first model, for the app")


def run(options: argparse.Namespace) -> int:
    recipes = {name: models for name, *models in options.recipe}
    if not 2 <= len(recipes) == len(options.recipe) <= MOST_RECIPES or not all(recipes.values()):
        raise ValueError(f"give 2 to {MOST_RECIPES} recipes, each with its own name and one or more models")
    if not 0 <= options.seed < 2**31:
        raise ValueError(f"seed must be between 0 and {2**31 - 1}, not {options.seed}")
    pairs, test = (pairs_of(file, options) for file in (options.data, options.test))
    loaded = {recipe: [checkpoint.load(name) for name in names] for recipe, names in recipes.items()}
    differing = settings(loaded)
    updates = {name: card.updates(checkpoint.find(name)) for names in recipes.values() for name in names}
    with tqdm(total=sum(map(len, recipes.values())), unit=" models", disable=options.json) as bar:
        measured: dict[str, list[Member]] = {recipe: [] for recipe in recipes}
        for recipe, names in recipes.items():
            for name, model in zip(names, loaded[recipe], strict=True):
                measured[recipe].append(member(model, updates[name], pairs, test, options.seed))
                bar.update()
    about = {"data": Path(options.data).name, "test": Path(options.test).name, "seed": options.seed, "settings": differing}
    comparison = {**about, **compare(measured, options.seed)}
    if options.card:
        line = card.command("compare", [a for a in options.given if a not in ("--card", "--json")])
        reports.add_comparison(checkpoint.find(options.recipe[-1][1]), line, comparison)
    if options.json:
        print(json.dumps(comparison, ensure_ascii=False, indent=2, allow_nan=False))
    else:
        print("\n".join(_lines(comparison)))
    return 0


def _lines(comparison: dict[str, Any]) -> list[str]:
    lines = []
    for recipe in comparison["recipes"]:
        chosen = ", ".join(f"{name} {value}" for name, value in comparison["settings"][recipe["name"]].items())
        runs = recipe["runs"]
        lines += [f"{recipe['name']} ({len(runs)} runs of {recipe['updates']} updates): {chosen}"]
        lines += [f"  {name:16}{_banded(recipe['report']['summary'], name)}" for name in FIGURES]
        for search, quality in enumerate(runs[0]["quality"]):
            scores = [run["quality"][search]["bleu"] for run in runs]
            each = ", ".join(f"{score:.1f}" for score in scores)
            lines.append(f"  BLEU {quality['strategy']['name']:11}{mean(scores):.1f}, runs {each}")
        lines.append(f"  ({comparison['test']}, {runs[0]['quality'][0]['signature']})")
    for difference in comparison["differences"]:
        lines += [f"{difference['name']} minus {difference['from']}, 95% band"]
        lines += [f"  {name:16}{_banded(difference['summary'], name)}" for name in FIGURES]
    return lines


def _banded(summary: dict[str, float | None], name: str) -> str:
    if summary[name] is None:
        return "none"
    return f"{summary[name]:.4f} ({summary[name + '_low']:.4f} to {summary[name + '_high']:.4f})"
