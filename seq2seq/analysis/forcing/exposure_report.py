"""Tables of the results of `exposure`: means over sentences, by position, after the first mistake, after a wrong word.

Symbols: R runs that differ only in their seed (1 for a single model), N sentences, T longest reference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seq2seq.analysis.bootstrap import Bootstrap, Means
from seq2seq.analysis.forcing.exposure import LANES, Row
from seq2seq.analysis.forcing.two_lanes import FORCED, FREE

if TYPE_CHECKING:
    import pandas as pd

Run = Sequence[Row]
_MEASURES = (("accuracy", "right"), ("loss", "loss"))  # name and attribute of a row
COSTS = tuple(f"lost_{lane}" for lane in LANES)  # log-probability that the pieces after a wrong word lose, in nats
FIGURES = (*(f"{what}_{of}" for what, _ in _MEASURES for of in (*LANES, "gap")), *COSTS)


@dataclass(frozen=True)
class Report:
    """All results over many sentences: means with bands. The tables count from 1."""

    summary: dict[str, float | int | None]
    by_position: pd.DataFrame
    after_first_mistake: pd.DataFrame
    by_injected_word: dict[str, pd.DataFrame]  # by lane

    @classmethod
    def of(cls, *runs: Run, seed: int = 1, stream: int = 0) -> Report:
        """Make a report. The rows of all runs are of the same pairs in the same order. `stream` is the number of the recipe."""
        draw = Bootstrap(len(runs[0]), len(runs), seed, stream)
        injected = {lane: by_injected_word(runs, lane, draw) for lane in LANES}
        return cls(summary(runs, draw), by_position(runs, draw), after_first_mistake(runs, draw), injected)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values; None for a figure without data."""
        return {
            "summary": self.summary,
            "by_position": records(self.by_position),
            "after_first_mistake": records(self.after_first_mistake),
            "by_injected_word": {lane: records(table) for lane, table in self.by_injected_word.items()},
        }


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the lines of a table as plain values; None for nan."""
    return [
        {str(name): None if isinstance(value, float) and np.isnan(value) else value for name, value in row.items()}
        for row in table.to_dict("records")
    ]


def means(runs: Sequence[Run], draw: Bootstrap) -> dict[str, Means]:
    """Return the mean of each of FIGURES: over all pieces, and the cost of a wrong word over all sentences."""
    figures: dict[str, Means] = {}
    for name, values in _MEASURES:
        grids = {lane: _grids(runs, _values(values, lane)) for lane in LANES}
        # The gap is the cost of free running: accuracy lost, or loss added.
        sign = 1 if name == "accuracy" else -1
        grids["gap"] = [sign * (forced - free) for forced, free in zip(grids[FORCED], grids[FREE], strict=True)]
        figures |= {f"{name}_{of}": draw.overall(grid) for of, grid in grids.items()}
    return figures | {f"lost_{lane}": draw.overall(_injected(runs, lane, "lost")) for lane in LANES}


def summary(runs: Sequence[Run], draw: Bootstrap) -> dict[str, float | int | None]:
    """Return the means over all pieces, with bands, and figures over sentences."""
    rows = [row for run in runs for row in run]
    figures: dict[str, float | int | None] = {
        "sentences": len(runs[0]),
        "pieces": sum(len(row.right[FORCED]) for row in runs[0]),
    }
    for name, mean in means(runs, draw).items():
        figures |= mean.figure(name)
    figures["never_diverged"] = float(np.mean([row.first_mistake is None for row in rows]))
    mistakes = [row.first_mistake + 1 for row in rows if row.first_mistake is not None]
    figures["median_first_mistake"] = float(np.median(mistakes)) if mistakes else None
    return figures


def by_position(runs: Sequence[Run], draw: Bootstrap) -> pd.DataFrame:
    """Return one line per position of the reference: how many sentences have it, accuracy and loss in both modes, and how many
    free translations equal the reference up to here."""
    return _table("position", position_grids(runs), draw)


def position_grids(runs: Sequence[Run]) -> dict[str, list[np.ndarray]]:
    """Return R grids [N, T] by the name of their values."""
    return {
        **{f"{what}_{lane}": _grids(runs, _values(of, lane)) for what, of in _MEASURES for lane in LANES},
        "on_reference": _grids(runs, _on_reference),
    }


def after_first_mistake(runs: Sequence[Run], draw: Bootstrap) -> pd.DataFrame:
    """Return one line per distance after the first mistake: accuracy in both modes, on the same pieces of the same sentences.

    Teacher forcing corrects the mistake; in free running the decoder continues from it. The difference is the cost of its own
    mistake, including what a reader would forgive: a free translation may be another good one.
    """

    def pieces_after(lane: str) -> list[np.ndarray]:
        return _grids(runs, lambda row: () if row.first_mistake is None else row.right[lane][row.first_mistake + 1 :])

    grids = {lane: pieces_after(lane) for lane in LANES}
    gap = [forced - free for forced, free in zip(grids[FORCED], grids[FREE], strict=True)]
    return _table("distance", {**{f"accuracy_{lane}": grids[lane] for lane in LANES}, "gap": gap}, draw)


def by_injected_word(runs: Sequence[Run], lane: str, draw: Bootstrap) -> pd.DataFrame:
    """Return one line per position of the replaced word: log-probability lost after it, in nats, and recovery of the lane."""
    return _table("word", {name: _injected(runs, lane, name) for name in ("lost", "recovered", "steps_to_recover")}, draw)


def _injected(runs: Sequence[Run], lane: str, value: str) -> list[np.ndarray]:
    """Return R grids [N, T] of the effects of wrong words; the column is the position of the word."""

    def line(row: Row) -> list[float]:
        disturbed = row.injections.get(lane)
        if not disturbed or not disturbed.injection.recovery.steps:
            return []
        after = disturbed.injection.recovery.after
        cells = {
            "lost": disturbed.injection.lost,
            "recovered": after is not None,
            "steps_to_recover": np.nan if after is None else after,
        }
        return [np.nan] * (disturbed.number - 1) + [cells[value]]

    return _grids(runs, line)


def _values(what: str, lane: str) -> Callable[[Row], Sequence[float]]:
    return lambda row: getattr(row, what)[lane]


def _on_reference(row: Row) -> tuple[bool, ...]:
    end = len(row.right[FORCED]) if row.first_mistake is None else row.first_mistake
    return tuple(t < end for t in range(len(row.right[FORCED])))


def _grids(runs: Sequence[Run], values: Callable[[Row], Sequence[float]]) -> list[np.ndarray]:
    """Return R grids [N, T]; nan if a sentence does not have the position."""
    lines = [[values(row) for row in run] for run in runs]
    longest = max((len(line) for run in lines for line in run), default=0)
    grids = []
    for run in lines:
        grid = np.full((len(run), longest), np.nan)
        for cells, line in zip(grid, run, strict=True):
            cells[: len(line)] = line
        grids.append(grid)
    return grids


def _table(counter: str, grids: dict[str, list[np.ndarray]], draw: Bootstrap) -> pd.DataFrame:
    return table_of(counter, grids, {name: draw.by_column(grid) for name, grid in grids.items()})


def table_of(counter: str, grids: dict[str, list[np.ndarray]], columns: dict[str, Means]) -> pd.DataFrame:
    """Return one line per column of the grids: its number, how many sentences have it (mean over runs), means and bands."""
    import pandas as pd  # here, because its 0.3 s would delay every command, and few make a table

    first = next(iter(grids.values()))
    runs, longest = len(first), first[0].shape[1]
    counted = np.sum([(~np.isnan(grid)).sum(0) for grid in first], 0)
    table: dict[str, list[Any]] = {
        counter: list(range(1, longest + 1)),
        "sentences": [round(n / runs) for n in counted.tolist()],
    }
    for name, column in columns.items():
        table |= column.columns(name)
    return pd.DataFrame(table)
