"""Recipes of training compared, as Plotly figures, tables and sentences: what scheduled sampling makes of exposure bias."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

import plotly.graph_objects as go

from ..schedules import SCHEDULES, teacher_forcing_ratio
from . import curves
from .curves import OWN, THIRD, TOLD, laid_out, shown

STYLES = (TOLD, OWN, THIRD)  # of the recipes, in their order
LAST_RATIO = 0.5  # of the schedules that are drawn where no recipe says another
POINTS = 51  # of a schedule

# name: title, and what is to be seen in it
NOTES = {
    "schedule": (
        "What the decoder is fed while it learns",
        "Probability of feeding the reference's piece, in the course of the run. What is not the reference's is drawn from the "
        "model itself. Each schedule starts with the truth and lets go in its own way.",
    ),
    "difference": (
        "What scheduled sampling changes",
        "Accuracy of the next piece, less that of pure teacher forcing, by position. A band that holds zero shows nothing.",
    ),
    "free": (
        "Left alone: is the next piece right?",
        "Share of the reference's pieces that are right where each decoder is fed its own output, by position.",
    ),
    "forced": (
        "Told the truth: is the next piece right?",
        "The same, where each decoder is fed the reference: what pure teacher forcing trains for.",
    ),
    "mistake": (
        "After the first mistake",
        "Left alone, from the first mistake on: what is still right.",
    ),
    "wrong-word": (
        "What a wrong word costs",
        "One word that the decoder wrote gives way to a wrong one: log-probability that its own pieces behind it lose, "
        "teacher-forced. Lower is better.",
    ),
}
# Bengio et al. 2015: task, measure, and what each recipe reached there; None where we do not quote a figure.
PUBLISHED: tuple[tuple[str, str, dict[str, str]], ...] = (
    (
        "Captions of images (MSCOCO)",
        "BLEU-4, higher is better",
        {"teacher forcing": "28.8", "scheduled sampling": "30.6", "always sampling": "11.2"},
    ),
    (
        "Speech (TIMIT), frame by frame",
        "frame errors, told the truth / left alone, %, lower is better",
        {"teacher forcing": "15.0 / 46.0"},
    ),
)
COLUMNS = (  # of our table: name, figure of a report, scale
    ("right, teacher-forced, %", "accuracy_forced", 100),
    ("right, free-running, %", "accuracy_free", 100),
    ("difference, points", "accuracy_gap", 100),
    ("log-loss, teacher-forced, nats a piece", "loss_forced", 1),
    ("log-loss, free-running", "loss_free", 1),
)


def payload(found: Mapping[str, Any] | None, **extra: Any) -> str:
    """Everything the page needs to show a comparison, or none, as one JSON text."""
    drawn: dict[str, Any] = {"figures": [_figure("schedule", _schedules(found))], "published": published()}
    if found is not None:
        drawn["figures"] += [_figure(name, figure) for name, figure in _curves(found).items()]
        drawn |= {"verdict": verdict(found), "table": table(found), "why": why(found)}
    return json.dumps({**drawn, **extra}, ensure_ascii=False, allow_nan=False)


def _figure(name: str, figure: go.Figure) -> dict[str, Any]:
    title, note = NOTES[name]
    return {"name": name, "title": title, "note": note, "figure": json.loads(figure.to_json())}


def _schedules(found: Mapping[str, Any] | None) -> go.Figure:
    """All schedules, down to the ratio of the recipe that has one; its own stands out."""
    chosen: Mapping[str, Any] = {}
    for settings in (found or {}).get("settings", {}).values():
        if settings.get("teacher_forcing_schedule", "constant") != "constant":
            chosen = settings
    last = chosen.get("teacher_forcing_ratio", LAST_RATIO)
    shares = [i / (POINTS - 1) for i in range(POINTS)]
    figure = go.Figure()
    for name, dash in zip(SCHEDULES, ("dashdot", "dot", "longdash", "solid"), strict=True):
        own = name == chosen.get("teacher_forcing_schedule")
        figure.add_scatter(
            x=[100 * share for share in shares],
            y=[teacher_forcing_ratio(name, last, share) for share in shares],
            mode="lines",
            name=name.replace("-", " ") + (", used here" if own else ""),
            line={"width": 4 if own else 2, "dash": dash},
            meta={"of": name, "colour": "target" if own else "soft", "part": "line"},
            hovertemplate="%{y:.2f} at %{x:.0f}% of the run<extra></extra>",
        )
    return laid_out(figure, "share of the run, %", "fed the reference", (0, 1.02))


def _curves(found: Mapping[str, Any]) -> dict[str, go.Figure]:
    recipes = found["recipes"]
    left, place = "position in the reference", "accuracy"
    by_position = [recipe["report"]["by_position"] for recipe in recipes]
    return {
        "difference": _differences(found),
        "free": _by_recipe(recipes, by_position, "position", "accuracy_free", left, place, (0, 1)),
        "forced": _by_recipe(recipes, by_position, "position", "accuracy_forced", left, place, (0, 1)),
        "mistake": _by_recipe(
            recipes,
            [recipe["report"]["after_first_mistake"] for recipe in recipes],
            "distance",
            "accuracy_free",
            "pieces behind the first mistake",
            place,
            (0, 1),
        ),
        "wrong-word": _by_recipe(
            recipes,
            [recipe["report"]["by_injected_word"]["free"] for recipe in recipes],
            "word",
            "lost",
            "place of the wrong word",
            "lost, nats",
        ),
    }


def _by_recipe(
    recipes: Sequence[Mapping[str, Any]],
    tables: Sequence[curves.Table],
    x: str,
    y: str,
    across: str,
    up: str,
    bounds: tuple[float, float] | None = None,
) -> go.Figure:
    figure = go.Figure()
    for recipe, rows, style in zip(recipes, tables, STYLES, strict=False):
        curves.add(figure, shown(rows), x, y, recipe["name"], style, recipe["name"])
    return laid_out(figure, across, up, bounds)


def _differences(found: Mapping[str, Any]) -> go.Figure:
    """The second recipe less the first one, in both modes."""
    figure = go.Figure()
    rows = shown(found["differences"][0]["by_position"])
    for mode, name, style in (("forced", "told the truth", TOLD), ("free", "left alone", OWN)):
        curves.add(figure, rows, "position", f"accuracy_{mode}", name, style, mode)
    laid_out(figure, "position in the reference", "difference in accuracy")
    return figure.update_yaxes(zeroline=True, zerolinewidth=2, rangemode="normal")


def table(found: Mapping[str, Any]) -> dict[str, Any]:
    """A row a recipe: means, with their bands, and BLEU, with that of each run; then a row a difference."""
    recipes = found["recipes"]
    searches = [quality["strategy"]["name"] for quality in recipes[0]["runs"][0]["quality"]]
    rows = []
    for recipe in recipes:
        summary, runs = recipe["report"]["summary"], recipe["runs"]
        cells = [_banded(summary, key, scale) for _, key, scale in COLUMNS]
        for search in range(len(searches)):
            scores = [run["quality"][search]["bleu"] for run in runs]
            cells.append({"value": f"{mean(scores):.1f}", "band": "runs " + ", ".join(f"{score:.1f}" for score in scores)})
        rows.append({"name": recipe["name"], "hint": _size(recipe), "cells": cells})
    for difference in found["differences"]:
        cells = [_banded(difference["summary"], key, scale, signed=True) for _, key, scale in COLUMNS]
        cells += [{"value": "", "band": ""} for _ in searches]
        rows.append({"name": f"{difference['name']}, less {difference['from']}", "hint": "", "cells": cells})
    columns = [name for name, _, _ in COLUMNS] + [f"BLEU, {search}" for search in searches]
    return {"columns": ["recipe", *columns], "rows": rows}


def _size(recipe: Mapping[str, Any]) -> str:
    runs = recipe["runs"]
    seeds = ", ".join(str(run["seed"]) for run in runs)
    return f"{runs[0]['parameters']:,} parameters, {recipe['updates']} updates, seed{'s' * (len(runs) > 1)} {seeds}"


def _banded(summary: Mapping[str, float], key: str, scale: float, signed: bool = False) -> dict[str, str]:
    digits = 1 if scale == 100 else 2
    value, low, high = (_number(summary[name] * scale, digits, signed) for name in (key, f"{key}_low", f"{key}_high"))
    return {"value": value, "band": f"{low} to {high}"}


def _number(value: float, digits: int, signed: bool) -> str:
    return f"{value:{'+' if signed else ''}.{digits}f}".replace("-", "−")


def verdict(found: Mapping[str, Any]) -> list[str]:
    """What came out, in sentences: what each other recipe gains or loses in each mode, or that nothing can be seen; and what a
    wrong word among its own costs each."""
    said = []
    for difference in found["differences"]:
        modes = [_told(difference["summary"], f"accuracy_{mode}", words) for mode, words in _MODES.items()]
        said.append(f"{difference['name'].capitalize()}, less {difference['from']}: {modes[0]}; {modes[1]}.")
    costs = [f"{_cost(recipe):.1f} nats ({recipe['name']})" for recipe in found["recipes"]]
    return [*said, f"A wrong word among its own costs what the decoder writes behind it, on average: {', '.join(costs)}."]


def _cost(recipe: Mapping[str, Any]) -> float:
    """Log-probability lost behind a wrong word in the free lane, over all places."""
    lines = [line for line in recipe["report"]["by_injected_word"]["free"] if line["sentences"]]
    return float(sum(line["sentences"] * line["lost"] for line in lines) / sum(line["sentences"] for line in lines))


_MODES = {"free": "left alone", "forced": "told the truth"}


def _told(summary: Mapping[str, float], key: str, mode: str) -> str:
    low, high = (100 * summary[f"{key}_{end}"] for end in ("low", "high"))
    band = f"({_number(low, 1, True)} to {_number(high, 1, True)})"
    if low <= 0 <= high:
        return f"{mode}, no difference that these data can show {band}"
    points = abs(100 * summary[key])
    return f"{mode}, {points:.1f} {'more' if low > 0 else 'fewer'} of 100 pieces are right {band}"


def why(found: Mapping[str, Any]) -> str:
    """Why little may be seen here: how much there is behind a mistake."""
    reaching = found["recipes"][0]["report"]["by_position"]
    median = max(line["position"] for line in reaching if line["sentences"] >= reaching[0]["sentences"] / 2)
    return (
        f"Half of these references have at most {median} pieces, so a mistake has little behind it to spoil; and at every step "
        "the source says again what is still to be written. A caption has only its picture to go by, and speech goes on for "
        "hundreds of frames."
    )


def published() -> dict[str, Any]:
    """The figures of Bengio et al. 2015, a row a task."""
    recipes = list(PUBLISHED[0][2])
    rows = [[task, measure, *(figures.get(recipe, "–") for recipe in recipes)] for task, measure, figures in PUBLISHED]
    return {"columns": ["task", "measure", *recipes], "rows": rows}
