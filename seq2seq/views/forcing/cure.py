"""A comparison of training recipes (does scheduled sampling reduce exposure bias?) as Plotly figures, tables and sentences."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import cycle
from statistics import mean
from typing import Any

import plotly.graph_objects as go

from seq2seq.schedules import SCHEDULES, teacher_forcing_ratio
from seq2seq.views.curves import OWN, REFERENCE, THIRD, Curve, figure, with_layout
from seq2seq.views.tables import table

STYLES = (REFERENCE, OWN, THIRD)  # for the recipes, in order
LAST_RATIO = 0.5  # last ratio of the drawn schedules, if no recipe has another one
POINTS = 51  # per schedule
DASHES = ("dashdot", "dot", "longdash", "solid", "dash", "longdashdot")  # repeated if there are more schedules

# name: title and explanation
NOTES = {
    "schedule": (
        "What the decoder is fed during training",
        "Probability of feeding the reference piece, over the training run. Otherwise the decoder is fed a piece sampled from "
        "the model. Every schedule starts with pure teacher forcing and then falls in its own way.",
    ),
    "difference": (
        "What {name} changes",
        "Accuracy of the next piece minus that of {base}, by position. A band around zero means no visible difference.",
    ),
    "free": (
        "Free-running: is the next piece right?",
        "Share of the reference pieces that the decoder gets right when it is fed its own output, by position.",
    ),
    "forced": (
        "Teacher-forced: is the next piece right?",
        "The same when the decoder is fed the reference.",
    ),
    "mistake": (
        "After the first mistake",
        "Free-running accuracy at each distance after the first mistake.",
    ),
    "wrong-word": (
        "What a wrong word costs",
        "One word of the decoder's own output is replaced by a wrong one: how much log-probability its own later pieces lose, "
        "teacher-forced. Lower is better.",
    ),
}
# Bengio et al. 2015: task, measure, and the result of each recipe, if we quote one.
PUBLISHED: tuple[tuple[str, str, dict[str, str]], ...] = (
    (
        "Image captions (MSCOCO)",
        "BLEU-4, higher is better",
        {"teacher forcing": "28.8", "scheduled sampling": "30.6", "always sampling": "11.2"},
    ),
    (
        "Speech (TIMIT), frame by frame",
        "frame errors, teacher-forced / free-running, %, lower is better",
        {"teacher forcing": "15.0 / 46.0"},
    ),
)
COLUMNS = (  # of our table: name, key in the report, scale
    ("right, teacher-forced, %", "accuracy_forced", 100),
    ("right, free-running, %", "accuracy_free", 100),
    ("difference, points", "accuracy_gap", 100),
    ("log-loss, teacher-forced, nats per piece", "loss_forced", 1),
    ("log-loss, free-running, nats per piece", "loss_free", 1),
    ("cost of a wrong word in its own output, nats", "lost_free", 1),
)
MEASURES = ("accuracy_forced", "accuracy_free")  # in the table by position


def payload(comparison: Mapping[str, Any] | None, **extra: Any) -> str:
    """Return the data of a comparison as JSON text; `comparison` is None if there is none yet."""
    drawn: dict[str, Any] = {
        "figures": [_figure("schedule", _schedules(comparison))],
        "verdict": [],
        "why": "",
        "recipes": {"columns": [], "rows": []},
        "published": published(),
        "table": None,
    }
    if comparison is not None:
        drawn["figures"] += _figures(comparison)
        drawn |= {
            "verdict": verdict(comparison),
            "why": why(comparison),
            "recipes": recipes(comparison),
            "table": by_position(comparison),
        }
    return json.dumps({**drawn, **extra}, ensure_ascii=False, allow_nan=False)


def _figure(key: str, drawn: go.Figure, **names: str) -> dict[str, Any]:
    title, note = (words.format(**names) for words in NOTES[key])
    return {"name": key, "title": title, "note": note, "figure": json.loads(drawn.to_json())}


def _schedules(comparison: Mapping[str, Any] | None) -> go.Figure:
    """Draw all schedules down to the last ratio of the recipe that uses one, and emphasise its schedule."""
    chosen: Mapping[str, Any] = {}
    for settings in (comparison or {}).get("settings", {}).values():
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
    return with_layout(drawn, "share of the training run, %", "probability of the reference", (0, 1.02))


def _figures(comparison: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the figures of the differences, then one figure per question with all recipes."""
    at, after = ("position", "position in the reference"), ("distance", "pieces after the first mistake")
    share = ("accuracy", (0, 1))
    drawn = {
        "free": _all(comparison, "by_position", "accuracy_free", *at, *share),
        "forced": _all(comparison, "by_position", "accuracy_forced", *at, *share),
        "mistake": _all(comparison, "after_first_mistake", "accuracy_free", *after, *share),
        "wrong-word": _all(comparison, "by_injected_word", "lost", "word", "position of the wrong word", "lost, nats"),
    }
    changes = [
        _figure("difference", _change(change), name=change["name"], base=change["from"]) for change in comparison["differences"]
    ]
    return changes + [_figure(name, figure) for name, figure in drawn.items()]


def _all(
    comparison: Mapping[str, Any],
    part: str,
    column: str,
    counter: str,
    across: str,
    up: str,
    bounds: tuple[float, float] | None = None,
) -> go.Figure:
    """Draw one curve per recipe from one part of its report; if the part has lanes, from the free one."""
    curves = []
    for recipe, style in zip(comparison["recipes"], STYLES, strict=False):
        lines = recipe["report"][part]
        curves.append(
            Curve(lines["free"] if isinstance(lines, Mapping) else lines, column, recipe["name"], style, recipe["name"])
        )
    return figure(curves, counter, across, up, bounds)


def _change(change: Mapping[str, Any]) -> go.Figure:
    """Draw one recipe minus the first one, in both modes."""
    modes = {"forced": ("teacher-forced", REFERENCE), "free": ("free-running", OWN)}
    curves = [Curve(change["by_position"], f"accuracy_{mode}", name, style, mode) for mode, (name, style) in modes.items()]
    drawn = figure(curves, "position", "position in the reference", "difference in accuracy")
    return drawn.update_yaxes(zeroline=True, zerolinewidth=2, rangemode="normal")


def by_position(comparison: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table by position: accuracy of every recipe in both modes and the differences. The CSV also has the bands."""
    parts = {recipe["name"]: recipe["report"]["by_position"] for recipe in comparison["recipes"]}
    parts |= {_difference_name(change): change["by_position"] for change in comparison["differences"]}
    lines: list[dict[str, Any]] = []
    for at in zip(*parts.values(), strict=True):
        line = {name: at[0][name] for name in ("position", "sentences")}
        for part, figures in zip(parts, at, strict=True):
            line |= {f"{part}, {name}{end}": figures[name + end] for name in MEASURES for end in ("", "_low", "_high")}
        lines.append(line)
    return table(lines, ["position", "sentences", *(f"{part}, {name}" for part in parts for name in MEASURES)])


def recipes(comparison: Mapping[str, Any]) -> dict[str, Any]:
    """Return one row per recipe (means with bands, BLEU with that of each run), then one row per difference."""
    searches = [quality["strategy"]["name"] for quality in comparison["recipes"][0]["runs"][0]["quality"]]
    rows: list[list[Any]] = []
    for recipe in comparison["recipes"]:
        rows.append([{"name": recipe["name"], "hint": _size(recipe)}, *_means(recipe["report"]["summary"])])
        for search in range(len(searches)):
            scores = [run["quality"][search]["bleu"] for run in recipe["runs"]]
            rows[-1].append({"value": f"{mean(scores):.1f}", "band": "runs " + ", ".join(f"{score:.1f}" for score in scores)})
    for change in comparison["differences"]:
        rows.append(
            [{"name": _difference_name(change), "hint": ""}, *_means(change["summary"], signed=True), *("" for _ in searches)]
        )
    return {"columns": ["recipe", *(name for name, *_ in COLUMNS), *(f"BLEU, {search}" for search in searches)], "rows": rows}


def _difference_name(change: Mapping[str, Any]) -> str:
    return f"{change['name']} minus {change['from']}"


def _size(recipe: Mapping[str, Any]) -> str:
    runs = recipe["runs"]
    seeds = ", ".join(str(run["seed"]) for run in runs)
    return f"{runs[0]['parameters']:,} parameters, {recipe['updates']} updates, seed{'s' * (len(runs) > 1)} {seeds}"


def _means(summary: Mapping[str, float | None], signed: bool = False) -> list[dict[str, str] | None]:
    """Return the cells of COLUMNS."""
    cells: list[dict[str, str] | None] = []
    for _, key, scale in COLUMNS:
        digits = 1 if scale == 100 else 2
        numbers = [summary[name] for name in (key, f"{key}_low", f"{key}_high")]
        value, low, high = ("" if n is None else _number(n * scale, digits, signed) for n in numbers)
        cells.append({"value": value, "band": f"{low} to {high}"} if value else None)
    return cells


def _number(value: float, digits: int, signed: bool = True) -> str:
    return f"{value:{'+' if signed else ''}.{digits}f}".replace("-", "−")


def verdict(comparison: Mapping[str, Any]) -> list[str]:
    """Say what each other recipe gains or loses in each mode and in the cost of a wrong word, if anything."""
    sentences = []
    for change in comparison["differences"]:
        summary, who = change["summary"], _difference_name(change)
        modes = [_accuracy_change(summary, f"accuracy_{mode}", words) for mode, words in _MODES.items()]
        sentences.append(f"{who[:1].upper()}{who[1:]}: {modes[0]}; {modes[1]}.")
        if summary["lost_free"] is not None:
            sentences.append(_cost(summary, comparison["recipes"]))
    return sentences


_MODES = {"free": "free-running", "forced": "teacher-forced"}


def _accuracy_change(summary: Mapping[str, float], key: str, mode: str) -> str:
    low, high = (100 * summary[f"{key}_{end}"] for end in ("low", "high"))
    band = f"({_number(low, 1)} to {_number(high, 1)})"
    if low <= 0 <= high:
        return f"{mode}, these data show no difference {band}"
    points = abs(100 * summary[key])
    return f"{mode}, {points:.1f} {'more' if low > 0 else 'fewer'} of 100 pieces are right {band}"


def _cost(summary: Mapping[str, float], recipes: Sequence[Mapping[str, Any]]) -> str:
    each = ", ".join(f"{recipe['report']['summary']['lost_free']:.1f} nats ({recipe['name']})" for recipe in recipes)
    low, high = summary["lost_free_low"], summary["lost_free_high"]
    effect = "these data show no difference" if low <= 0 <= high else f"a difference of {_number(summary['lost_free'], 1)}"
    band = f"({_number(low, 1)} to {_number(high, 1)})"
    return f"A wrong word in its own output costs the decoder's later pieces, on average, {each}: {effect} {band}."


def why(comparison: Mapping[str, Any]) -> str:
    """Explain why the difference may be small here: few pieces follow a mistake."""
    reaching = comparison["recipes"][0]["report"]["by_position"]
    median = max(line["position"] for line in reaching if line["sentences"] >= reaching[0]["sentences"] / 2)
    return (
        f"Half of these references have at most {median} pieces, so a mistake can damage only a few later pieces. Also, the "
        "source tells the decoder at every step what is still to be written. A caption has only its image, and speech has "
        "hundreds of frames."
    )


def published() -> dict[str, Any]:
    """Return the results of Bengio et al. 2015, one row per task."""
    recipes = list(PUBLISHED[0][2])
    rows = [[task, measure, *(figures.get(recipe, "–") for recipe in recipes)] for task, measure, figures in PUBLISHED]
    return {"columns": ["task", "measure", *recipes], "rows": rows}
