"""Recipes of training compared over several seeds each: teacher forcing against scheduled sampling, say, on the same data.

A recipe is everything but the seed, and its runs differ in their seed alone; recipes may differ in what is to be compared, and
`settings` says in what they do. Every figure is the mean over runs and sentences; its band comes from drawing both again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seq2seq.analysis.bootstrap import Bootstrap
from seq2seq.analysis.exposure import Row, measure
from seq2seq.analysis.exposure_report import Report, Run, means, position_grids, records, table_of
from seq2seq.data.corpora import Pair
from seq2seq.decoding.strategies import Beam, Greedy, describe
from seq2seq.decoding.translator import Translator
from seq2seq.models.checkpoint import Checkpoint
from seq2seq.models.seq2seq import count_parameters

SEARCHES = (Greedy(), Beam(5))  # of the test set's BLEU
SEED = "seed"


@dataclass(frozen=True)
class Member:
    """One run of a recipe, measured."""

    name: str
    seed: int
    parameters: int
    updates: int
    rows: tuple[Row, ...]
    quality: tuple[dict[str, Any], ...]  # of each search on the test set, free-running


def member(loaded: Checkpoint, updates: int, pairs: Sequence[Pair], test: Sequence[Pair], seed: int = 1) -> Member:
    """A model measured on `pairs` as `exposure.measure` does, and translating `test`. `seed` draws the wrong words."""
    translator = Translator(loaded)
    quality = []
    for search in SEARCHES:
        found = translator.evaluate(test, search)
        figures = {"bleu": found.bleu, "chrf": found.chrf, "signature": found.bleu_signature}
        quality.append({"strategy": describe(search), **figures})
    return Member(
        name=loaded.name,
        seed=loaded.training.seed,
        parameters=count_parameters(loaded.model),
        updates=updates,
        rows=tuple(row for batch in measure(translator, pairs, seed) for row in batch),
        quality=tuple(quality),
    )


def settings(recipes: Mapping[str, Sequence[Checkpoint]]) -> dict[str, dict[str, Any]]:
    """In what the recipes differ: by recipe, the settings of model and training that are not the same in all.

    Raises ValueError unless runs of a recipe differ in their seed alone, and all models read and write the same pieces.
    """
    first = next(iter(recipes.values()))[0]
    for run in (run for runs in recipes.values() for run in runs):
        if run.tokenizer.files() != first.tokenizer.files():
            raise ValueError(
                f"{run.name} cuts text into other pieces than {first.name}: only models of one vocabulary can be compared "
                "(train --vocabulary-of)"
            )
    for recipe, (leading, *others) in recipes.items():
        for run in others:
            if different := _different(_flat(leading), _flat(run)):
                raise ValueError(
                    f"{run.name} and {leading.name}, both of {recipe!r}, differ in {different[0]}: "
                    "runs of a recipe may differ in their seed alone"
                )
    chosen = {recipe: _flat(runs[0]) for recipe, runs in recipes.items()}
    names = _different(*chosen.values())
    return {recipe: {name: values[name] for name in names} for recipe, values in chosen.items()}


def _different(first: Mapping[str, Any], *others: Mapping[str, Any]) -> list[str]:
    """The settings, but for the seed, that are not the same in all."""
    return [name for name, value in first.items() if name != SEED and any(other[name] != value for other in others)]


def _flat(checkpoint: Checkpoint) -> dict[str, Any]:
    return {**checkpoint.model.config.to_dict(), **checkpoint.training.to_dict()}


def compare(recipes: Mapping[str, Sequence[Member]], seed: int = 1) -> dict[str, Any]:
    """A report a recipe, and the difference of each from the first one, with bands; plain values."""
    runs = {recipe: [member.rows for member in found] for recipe, found in recipes.items()}
    streams = {recipe: number for number, recipe in enumerate(recipes)}
    first = next(iter(recipes))
    return {
        "recipes": [
            {
                "name": recipe,
                "updates": _updates(found),
                "runs": [_run(member) for member in found],
                "report": Report.of(*runs[recipe], seed=seed, stream=streams[recipe]).to_dict(),
            }
            for recipe, found in recipes.items()
        ],
        "differences": [
            {"name": recipe, "from": first, **_difference(runs[recipe], runs[first], seed, streams[recipe])}
            for recipe in recipes
            if recipe != first
        ],
    }


def _updates(runs: Sequence[Member]) -> str:
    """Of how many updates the runs are: an epoch's batches depend on the seed, a little."""
    fewest, most = min(run.updates for run in runs), max(run.updates for run in runs)
    return f"{fewest:,}" if fewest == most else f"{fewest:,} to {most:,}"


def _run(member: Member) -> dict[str, Any]:
    figures = means([member.rows], Bootstrap(len(member.rows)))
    return {
        "model": member.name,
        "seed": member.seed,
        "parameters": member.parameters,
        "updates": member.updates,
        "figures": {name: mean.figure(name)[name] for name, mean in figures.items()},
        "quality": list(member.quality),
    }


def _difference(runs: Sequence[Run], base: Sequence[Run], seed: int, stream: int) -> dict[str, Any]:
    """Figures and positions of `runs` minus those of `base`, on the same draws of sentences."""
    draw, draw_base = (Bootstrap(len(r[0]), len(r), seed, s) for r, s in ((runs, stream), (base, 0)))
    figures, figures_base = means(runs, draw), means(base, draw_base)
    summary: dict[str, float | None] = {}
    for name, mean in figures.items():
        summary |= mean.minus(figures_base[name]).figure(name)
    grids, grids_base = position_grids(runs), position_grids(base)
    columns = {name: draw.by_column(grid).minus(draw_base.by_column(grids_base[name])) for name, grid in grids.items()}
    return {"summary": summary, "by_position": records(table_of("position", grids, columns))}
