"""How the memory of a piece fades in the encoder: curves on a logarithmic scale, their table, and a sentence for each model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seq2seq.views.curves import FOURTH, OWN, REFERENCE, THIRD, Curve, figure

if TYPE_CHECKING:  # for the annotation only: the views do not load the engine
    from seq2seq.analysis.inside.reach import Fading

STYLES = (THIRD, OWN, REFERENCE, FOURTH)
ACROSS = "steps since the piece was read"
UP = "norm, relative to the last piece"


def payload(found: Sequence[Fading], names: Sequence[str], sentences: int) -> dict[str, Any]:
    """Return the data of the view; `names` are the display names of the models."""
    curves = []
    for one, name, style in zip(found, names, STYLES, strict=False):
        table = [
            {"steps": d, "fading": m, "fading_low": low, "fading_high": high, "sentences": count}
            for d, m, low, high, count in zip(one.distance, one.median, one.low, one.high, one.counts, strict=True)
        ]
        curves.append(Curve(table, "fading", name, style, one.model))
    drawn: dict[str, Any] = json.loads(figure(curves, "steps", ACROSS, UP).to_json())
    drawn["layout"]["yaxis"] |= {"type": "log", "range": [-4, 0.3], "tickformat": "~g", "dtick": 1}
    return {
        "says": [said(one, name) for one, name in zip(found, names, strict=True)],
        "figures": [
            {
                "name": "fading",
                "title": "What is left of a piece",
                "note": "How much the encoder's last forward state depends on a piece, by the steps since it was read. Median "
                f"of {sentences} sentences; the band holds the middle half of them.",
                "figure": drawn,
                "file": {
                    "name": "fading",
                    "notes": [f"Models: {'; '.join(f'{name}: {one.model}' for one, name in zip(found, names, strict=True))}."],
                    "columns": ["model", "cell", ACROSS, UP, "lower quartile", "upper quartile", "sentences"],
                },
            }
        ],
        "table": {
            "columns": ["model", *(f"after {d}" for d in AFTER)],
            "rows": [_row(o, n) for o, n in zip(found, names, strict=True)],
        },
    }


AFTER = (1, 5, 10, 20, 40)  # steps


def _row(one: Fading, name: str) -> list[str]:
    at = dict(zip(one.distance, one.median, strict=True))
    return [name, *(_share(at[d]) if d in at else "–" for d in AFTER)]


def _share(value: float) -> str:
    return "under 0.01%" if value < 1e-4 else f"{value:.2%}" if value < 0.1 else f"{value:.0%}"


def said(one: Fading, name: str) -> str:
    """Say after how many steps less than a tenth is left."""
    faded = next((d for d, m in zip(one.distance, one.median, strict=True) if m < 0.1), None)
    last, left = one.distance[-1], one.median[-1]
    if faded is None:
        return f"{name}: {_share(left)} is left after {last} steps."
    return f"{name}: less than 10% is left after {faded} steps, and {_share(left)} after {last}."
