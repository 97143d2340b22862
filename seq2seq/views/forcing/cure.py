"""Recipes of training compared, as Plotly figures, tables and sentences: what scheduled sampling makes of exposure bias."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import cycle
from statistics import mean
from typing import Any

import plotly.graph_objects as go

from seq2seq.schedules import SCHEDULES, teacher_forcing_ratio
from seq2seq.views.curves import OWN, THIRD, TOLD, Curve, figure, laid_out
from seq2seq.views.tables import table

STYLES = (TOLD, OWN, THIRD)  # of the recipes, in their order
LAST_RATIO = 0.5  # of the schedules that are drawn where no recipe says another
POINTS = 51  # of a schedule
DASHES = ("dashdot", "dot", "longdash", "solid", "dash", "longdashdot")  # repeated where there are more schedules

# name: title, and what is to be seen in it
NOTES = {
    "schedule": (
        "What the decoder is fed while it learns",
        "Probability of feeding the reference's piece, in the course of the run. What is not the reference's is drawn from the "
        "model itself. Each schedule starts with the truth and lets go in its own way.",
    ),
    "difference": (
        "What {name} changes",
        "Accuracy of the next piece, less that of {base}, by position. A band that holds zero shows nothing.",
    ),
    "free": (
        "Left alone: is the next piece right?",
        "Share of the reference's pieces that are right where each decoder is fed its own output, by position.",
    ),
    "forced": (
        "Told the truth: is the next piece right?",
        "The same, where each decoder is fed the reference.",
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
    ("log-loss, free-running, nats a piece", "loss_free", 1),
    ("a wrong word among its own costs, nats", "lost_free", 1),
)
MEASURES = ("accuracy_forced", "accuracy_free")  # of the table by position


def payload(found: Mapping[str, Any] | None, **extra: Any) -> str:
    """Everything the page needs to show a comparison, or none, as one JSON text."""
    drawn: dict[str, Any] = {
        "figures": [_figure("schedule", _schedules(found))],
        "verdict": [],
        "why": "",
        "recipes": {"columns": [], "rows": []},
        "published": published(),
        "table": None,
    }
    if found is not None:
        drawn["figures"] += _figures(found)
        drawn |= {"verdict": verdict(found), "why": why(found), "recipes": recipes(found), "table": by_position(found)}
    return json.dumps({**drawn, **extra}, ensure_ascii=False, allow_nan=False)


def _figure(key: str, drawn: go.Figure, **names: str) -> dict[str, Any]:
    title, note = (words.format(**names) for words in NOTES[key])
    return {"name": key, "title": title, "note": note, "figure": json.loads(drawn.to_json())}


def _schedules(found: Mapping[str, Any] | None) -> go.Figure:
    """All schedules, down to the ratio of the recipe that has one; its own stands out."""
    chosen: Mapping[str, Any] = {}
    for settings in (found or {}).get("settings", {}).values():
        if settings.get("teacher_forcing_schedule", "constant") != "constant":
            chosen = settings
    last = chosen.get("teacher_forcing_ratio", LAST_RATIO)
    shares = [i / (POINTS - 1) for i in range(POINTS)]
    drawn = go.Figure()
    for name, dash in zip(SCHEDULES, cycle(DASHES), strict=False):
        own = name == chosen.get("teacher_forcing_schedule")
        drawn.add_scatter(
            x=[100 * share for share in shares],
            y=[teacher_forcing_ratio(name, last, share) for share in shares],
            mode="lines",
            name=name.replace("-", " ") + (", used here" if own else ""),
            line={"width": 4 if own else 2, "dash": dash},
            meta={"of": name, "colour": "target" if own else "soft", "part": "line"},
            hovertemplate="%{y:.2f} at %{x:.0f}% of the run<extra></extra>",
        )
    return laid_out(drawn, "share of the run, %", "fed the reference", (0, 1.02))


def _figures(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What each recipe changes, then all recipes in one figure a question."""
    left, behind = ("position", "position in the reference"), ("distance", "pieces behind the first mistake")
    share = ("accuracy", (0, 1))
    drawn = {
        "free": _all(found, "by_position", "accuracy_free", *left, *share),
        "forced": _all(found, "by_position", "accuracy_forced", *left, *share),
        "mistake": _all(found, "after_first_mistake", "accuracy_free", *behind, *share),
        "wrong-word": _all(found, "by_injected_word", "lost", "word", "place of the wrong word", "lost, nats"),
    }
    changes = [
        _figure("difference", _change(change), name=change["name"], base=change["from"]) for change in found["differences"]
    ]
    return changes + [_figure(name, figure) for name, figure in drawn.items()]


def _all(
    found: Mapping[str, Any],
    part: str,
    column: str,
    counter: str,
    across: str,
    up: str,
    bounds: tuple[float, float] | None = None,
) -> go.Figure:
    """A curve a recipe, from one part of its report; of a part by lane, the free one."""
    curves = []
    for recipe, style in zip(found["recipes"], STYLES, strict=False):
        lines = recipe["report"][part]
        curves.append(
            Curve(lines["free"] if isinstance(lines, Mapping) else lines, column, recipe["name"], style, recipe["name"])
        )
    return figure(curves, counter, across, up, bounds)


def _change(change: Mapping[str, Any]) -> go.Figure:
    """One recipe less the first one, in both modes."""
    modes = {"forced": ("told the truth", TOLD), "free": ("left alone", OWN)}
    curves = [Curve(change["by_position"], f"accuracy_{mode}", name, style, mode) for mode, (name, style) in modes.items()]
    drawn = figure(curves, "position", "position in the reference", "difference in accuracy")
    return drawn.update_yaxes(zeroline=True, zerolinewidth=2, rangemode="normal")


def by_position(found: Mapping[str, Any]) -> dict[str, Any]:
    """A line a position: accuracy of every recipe in both modes, and the differences; whole, with bands, as CSV."""
    parts = {recipe["name"]: recipe["report"]["by_position"] for recipe in found["recipes"]}
    parts |= {_less(change): change["by_position"] for change in found["differences"]}
    lines: list[dict[str, Any]] = []
    for at in zip(*parts.values(), strict=True):
        line = {name: at[0][name] for name in ("position", "sentences")}
        for part, figures in zip(parts, at, strict=True):
            line |= {f"{part}, {name}{end}": figures[name + end] for name in MEASURES for end in ("", "_low", "_high")}
        lines.append(line)
    return table(lines, ["position", "sentences", *(f"{part}, {name}" for part in parts for name in MEASURES)])


def recipes(found: Mapping[str, Any]) -> dict[str, Any]:
    """A row a recipe: means, with their bands, and BLEU, with that of each run; then a row a difference."""
    searches = [quality["strategy"]["name"] for quality in found["recipes"][0]["runs"][0]["quality"]]
    rows: list[list[Any]] = []
    for recipe in found["recipes"]:
        rows.append([{"name": recipe["name"], "hint": _size(recipe)}, *_means(recipe["report"]["summary"])])
        for search in range(len(searches)):
            scores = [run["quality"][search]["bleu"] for run in recipe["runs"]]
            rows[-1].append({"value": f"{mean(scores):.1f}", "band": "runs " + ", ".join(f"{score:.1f}" for score in scores)})
    for change in found["differences"]:
        rows.append([{"name": _less(change), "hint": ""}, *_means(change["summary"], signed=True), *("" for _ in searches)])
    return {"columns": ["recipe", *(name for name, *_ in COLUMNS), *(f"BLEU, {search}" for search in searches)], "rows": rows}


def _less(change: Mapping[str, Any]) -> str:
    return f"{change['name']}, less {change['from']}"


def _size(recipe: Mapping[str, Any]) -> str:
    runs = recipe["runs"]
    seeds = ", ".join(str(run["seed"]) for run in runs)
    return f"{runs[0]['parameters']:,} parameters, {recipe['updates']} updates, seed{'s' * (len(runs) > 1)} {seeds}"


def _means(summary: Mapping[str, float | None], signed: bool = False) -> list[dict[str, str] | None]:
    """The cells of COLUMNS."""
    cells: list[dict[str, str] | None] = []
    for _, key, scale in COLUMNS:
        digits = 1 if scale == 100 else 2
        numbers = [summary[name] for name in (key, f"{key}_low", f"{key}_high")]
        value, low, high = ("" if n is None else _number(n * scale, digits, signed) for n in numbers)
        cells.append({"value": value, "band": f"{low} to {high}"} if value else None)
    return cells


def _number(value: float, digits: int, signed: bool = True) -> str:
    return f"{value:{'+' if signed else ''}.{digits}f}".replace("-", "−")


def verdict(found: Mapping[str, Any]) -> list[str]:
    """What came out, in sentences: what each other recipe gains or loses in each mode and in what a wrong word among its own
    costs it, or that nothing can be seen."""
    said = []
    for change in found["differences"]:
        summary, who = change["summary"], _less(change)
        modes = [_told(summary, f"accuracy_{mode}", words) for mode, words in _MODES.items()]
        said.append(f"{who[:1].upper()}{who[1:]}: {modes[0]}; {modes[1]}.")
        if summary["lost_free"] is not None:
            said.append(_cost(summary, found["recipes"]))
    return said


_MODES = {"free": "left alone", "forced": "told the truth"}


def _told(summary: Mapping[str, float], key: str, mode: str) -> str:
    low, high = (100 * summary[f"{key}_{end}"] for end in ("low", "high"))
    band = f"({_number(low, 1)} to {_number(high, 1)})"
    if low <= 0 <= high:
        return f"{mode}, no difference that these data can show {band}"
    points = abs(100 * summary[key])
    return f"{mode}, {points:.1f} {'more' if low > 0 else 'fewer'} of 100 pieces are right {band}"


def _cost(summary: Mapping[str, float], recipes: Sequence[Mapping[str, Any]]) -> str:
    each = ", ".join(f"{recipe['report']['summary']['lost_free']:.1f} nats ({recipe['name']})" for recipe in recipes)
    low, high = summary["lost_free_low"], summary["lost_free_high"]
    seen = (
        "no difference that these data can show" if low <= 0 <= high else f"a difference of {_number(summary['lost_free'], 1)}"
    )
    band = f"({_number(low, 1)} to {_number(high, 1)})"
    return f"A wrong word among its own costs what the decoder writes behind it, on average, {each}: {seen} {band}."


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
