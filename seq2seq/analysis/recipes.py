"""Compare training recipes over several seeds each, for example teacher forcing and scheduled sampling on the same data.

A recipe is all settings except the seed; its runs differ only in their seed. `settings` returns the settings in which recipes
differ. Every figure is the mean over runs and sentences; its band comes from resampling both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seq2seq.analysis.bootstrap import Bootstrap
from seq2seq.analysis.forcing.exposure import Row, measure
from seq2seq.analysis.forcing.exposure_report import Report, Run, means, position_grids, records, table_of
from seq2seq.data.corpora import Pair
from seq2seq.decoding.evaluation import evaluate
from seq2seq.decoding.strategies import Beam, Greedy, describe
from seq2seq.decoding.translator import Translator
from seq2seq.models.saved.checkpoint import Checkpoint
from seq2seq.models.seq2seq import count_parameters

SEARCHES = (Greedy(), Beam(5))  # for the BLEU of the test set
SEED = "seed"


@dataclass(frozen=True)
class Member:
    """One run of a recipe, with its results."""

    name: str
    seed: int
    parameters: int
    updates: int
    rows: tuple[Row, ...]
    quality: tuple[dict[str, Any], ...]  # one per search, on the test set, free-running


def member(loaded: Checkpoint, updates: int, pairs: Sequence[Pair], test: Sequence[Pair], seed: int = 1) -> Member:
    """Measure a model on `pairs` with `exposure.measure`, and translate `test`. `seed` draws the wrong words."""
    translator = Translator(loaded)
    quality = []
    for search in SEARCHES:
        scores = evaluate(translator, test, search)
        figures = {"bleu": scores.bleu, "chrf": scores.chrf, "signature": scores.bleu_signature}
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
    """Return, by recipe, the settings of model and training in which the recipes differ.

    Raises ValueError unless the runs of a recipe differ only in their seed and all models have the same vocabulary.
    """
    first = next(iter(recipes.values()))[0]
    for run in (run for runs in recipes.values() for run in runs):
        if run.tokenizer.files() != first.tokenizer.files():
            raise ValueError(
                f"{run.name} and {first.name} have different vocabularies: only models with the same one can be compared "
                "(train --vocabulary-of)"
            )
    for recipe, (leading, *others) in recipes.items():
        for run in others:
            if different := _different(_flat(leading), _flat(run)):
                raise ValueError(
                    f"{run.name} and {leading.name}, both of {recipe!r}, differ in {different[0]}: "
                    "runs of a recipe may differ only in their seed"
                )
    chosen = {recipe: _flat(runs[0]) for recipe, runs in recipes.items()}
    names = _different(*chosen.values())
    return {recipe: {name: values[name] for name in names} for recipe, values in chosen.items()}


def _different(first: Mapping[str, Any], *others: Mapping[str, Any]) -> list[str]:
    """Return the settings, without the seed, that are not the same in all."""
    return [name for name, value in first.items() if name != SEED and any(other[name] != value for other in others)]


def _flat(checkpoint: Checkpoint) -> dict[str, Any]:
    return {**checkpoint.model.config.to_dict(), **checkpoint.training.to_dict()}


def compare(recipes: Mapping[str, Sequence[Member]], seed: int = 1) -> dict[str, Any]:
    """Return a report per recipe, and its difference from the first one, with bands; plain values."""
    runs = {recipe: [member.rows for member in members] for recipe, members in recipes.items()}
    streams = {recipe: number for number, recipe in enumerate(recipes)}
    first = next(iter(recipes))
    return {
        "recipes": [
            {
                "name": recipe,
                "updates": _updates(members),
                "runs": [_run(member) for member in members],
                "report": Report.of(*runs[recipe], seed=seed, stream=streams[recipe]).to_dict(),
            }
            for recipe, members in recipes.items()
        ],
        "differences": [
            {"name": recipe, "from": first, **_difference(runs[recipe], runs[first], seed, streams[recipe])}
            for recipe in recipes
            if recipe != first
        ],
    }


def _updates(runs: Sequence[Member]) -> str:
    """Return the number of updates as text. It can vary a little, because an epoch's batches depend on the seed."""
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
    """Return figures and positions of `runs` minus those of `base`, on the same draws of sentences."""
    draw, draw_base = (Bootstrap(len(r[0]), len(r), seed, s) for r, s in ((runs, stream), (base, 0)))
    figures, figures_base = means(runs, draw), means(base, draw_base)
    summary: dict[str, float | None] = {}
    for name, mean in figures.items():
        summary |= mean.minus(figures_base[name]).figure(name)
    grids, grids_base = position_grids(runs), position_grids(base)
    columns = {name: draw.by_column(grid).minus(draw_base.by_column(grids_base[name])) for name, grid in grids.items()}
    return {"summary": summary, "by_position": records(table_of("position", grids, columns))}
