"""Exposure bias over many sentences: how often, and how surely, the decoder finds the next piece of the reference when it is
fed the reference, and when it is fed what it wrote itself.

Position means a piece of the reference, counted from 1. Teacher-forced, the model is asked for it behind the reference's pieces
before it. Free-running, it is asked behind what the greedy translation has written by then: the place is found by edit distance
(`metrics.align`), so that a piece too many or too few is one mistake and not a shift of all that follow; the piece counts as
right where the same piece stands in the translation there. Both lanes are alike up to the first mistake.

Symbols: N sentences, T longest reference, Q resamples.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch

from .batches import Ids
from .config import EOS
from .corpora import Pair
from .forcing import FORCED, FREE, Injection, Job, drawn_word, inject, words
from .metrics import align
from .translator import BATCH_SENTENCES, Translator

RESAMPLES = 1000  # Q
BAND = (2.5, 97.5)  # percentiles: 95 of 100 resamples lie between them
LANES = (FORCED, FREE)


@dataclass(frozen=True)
class Row:
    """One pair, measured in both modes. The tuples have one entry a piece of the reference, end mark included."""

    index: int  # of the pair
    right: dict[str, tuple[bool, ...]]  # by lane
    loss: dict[str, tuple[float, ...]]  # by lane, nats: minus the log-probability of the reference's piece
    first_mistake: int | None  # 0-based; up to it both lanes are the same
    hypothesis: str  # free-running, greedy
    injections: dict[str, Disturbed]  # by lane; none where it has no word


@dataclass(frozen=True)
class Disturbed:
    """A wrong word, drawn at random, in place of a word drawn at random."""

    number: int  # of the word, counted from 1
    injection: Injection


def measure(translator: Translator, pairs: Sequence[Pair], seed: int = 1) -> Iterator[list[Row]]:
    """The pairs, measured batch by batch, sentences of like length together. A pair that the model cannot take is left out.

    `seed` draws the words of the injections.
    """
    encoded: list[tuple[int, Ids, Ids]] = []
    for index, (source, target) in enumerate(pairs):
        try:
            encoded.append((index, translator.source_ids(source), translator.target_ids(target)))
        except ValueError:
            continue
    encoded.sort(key=lambda row: (len(row[1]), len(row[2])))
    for start in range(0, len(encoded), BATCH_SENTENCES):
        yield _measure_batch(translator, encoded[start : start + BATCH_SENTENCES], seed)


def _measure_batch(translator: Translator, batch: Sequence[tuple[int, Ids, Ids]], seed: int) -> list[Row]:
    sources, golds = [source for _, source, _ in batch], [gold for _, _, gold in batch]
    written = translator.decode_batch(sources)
    # A translation that was cut off ends where its end mark would have stood.
    own = [ids if ids[-1] == EOS else [*ids, EOS] for ids in written]
    forced, free = translator.force(sources, golds), translator.force(sources, own)  # [B, T, V] each
    injections = _inject(translator, batch, {FORCED: golds, FREE: own}, seed)
    rows = []
    for b, (index, _, gold) in enumerate(batch):
        right = [choice == piece for choice, piece in zip(forced[b].argmax(-1).tolist(), gold, strict=False)]
        beside = [*align(gold[:-1], own[b][:-1]), (len(own[b]) - 1, own[b] == written[b])]
        places = torch.tensor([place for place, _ in beside])
        wanted = torch.tensor(gold)
        losses = {FORCED: -forced[b, torch.arange(len(gold)), wanted], FREE: -free[b, places, wanted]}
        rows.append(
            Row(
                index=index,
                right={FORCED: tuple(right), FREE: tuple(same for _, same in beside)},
                loss={lane: tuple(values.tolist()) for lane, values in losses.items()},
                first_mistake=right.index(False) if False in right else None,
                hypothesis=translator.target_vocabulary.decode(written[b]),
                injections=injections[b],
            )
        )
    return rows


def _inject(
    translator: Translator, batch: Sequence[tuple[int, Ids, Ids]], tokens: dict[str, list[Ids]], seed: int
) -> list[dict[str, Disturbed]]:
    """One wrong word in each lane of each pair of a batch."""
    jobs: list[Job] = []
    places: list[tuple[int, int]] = []  # of each job: row of the batch, number of the word
    for b, (index, source, _) in enumerate(batch):
        for lane in LANES:
            ids = tokens[lane][b]
            if found := words(translator.target_vocabulary.pieces(ids)):
                key = f"{seed}/{index}/{lane}"
                number = random.Random(key).randrange(len(found))
                word = found[number]
                jobs.append(Job(source, lane, ids, word, drawn_word(translator.target_vocabulary, ids[word.start], key)))
                places.append((b, number + 1))
    disturbed: list[dict[str, Disturbed]] = [{} for _ in batch]
    for (b, number), injection in zip(places, inject(translator, jobs) if jobs else (), strict=True):
        disturbed[b][injection.lane] = Disturbed(number, injection)
    return disturbed


@dataclass(frozen=True)
class Report:
    """Everything that is said of many sentences. Means over sentences, with bands; every table is counted from 1."""

    summary: dict[str, float | int | None]
    by_position: pd.DataFrame
    after_first_mistake: pd.DataFrame
    by_injected_word: dict[str, pd.DataFrame]  # by lane

    @classmethod
    def of(cls, rows: Sequence[Row], seed: int = 1) -> Report:
        injected = {lane: by_injected_word(rows, lane, seed) for lane in LANES}
        return cls(summary(rows, seed), by_position(rows, seed), after_first_mistake(rows, seed), injected)

    def to_dict(self) -> dict[str, Any]:
        """Plain values; None where a figure has nothing to be computed from."""
        return {
            "summary": self.summary,
            "by_position": _records(self.by_position),
            "after_first_mistake": _records(self.after_first_mistake),
            "by_injected_word": {lane: _records(table) for lane, table in self.by_injected_word.items()},
        }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(name): None if isinstance(value, float) and np.isnan(value) else value for name, value in row.items()}
        for row in table.to_dict("records")
    ]


def by_position(rows: Sequence[Row], seed: int = 1) -> pd.DataFrame:
    """A line a position of the reference: how many sentences reach it, accuracy and loss in both modes, and how many free
    translations are the reference's first pieces so far.

    Each mean has a band: the middle 95% of means over resampled sentences (percentile bootstrap, Efron 1979).
    """
    longest = max((len(row.right[FORCED]) for row in rows), default=0)
    draw = _Bootstrap(len(rows), seed)
    table: dict[str, list[Any]] = {"position": list(range(1, longest + 1))}
    grids = {
        **{f"accuracy_{lane}": _grid([row.right[lane] for row in rows], longest) for lane in LANES},
        **{f"loss_{lane}": _grid([row.loss[lane] for row in rows], longest) for lane in LANES},
        "on_reference": _grid([_on_reference(row) for row in rows], longest),
    }
    table["sentences"] = [int(n) for n in (~np.isnan(grids["on_reference"])).sum(0)]
    for name, grid in grids.items():
        table |= draw.columns(name, grid)
    return pd.DataFrame(table)


def after_first_mistake(rows: Sequence[Row], seed: int = 1) -> pd.DataFrame:
    """A line a distance behind the first mistake: accuracy in both modes, on the same pieces of the same sentences.

    Teacher forcing has put the mistake right; running free, the decoder goes on from it. The difference is what its own mistake
    costs it, and what a reader would forgive: a free translation may be another good one.
    """
    wrong = [row for row in rows if row.first_mistake is not None]
    behind = {lane: [row.right[lane][row.first_mistake + 1 :] for row in wrong] for lane in LANES}  # type: ignore[operator]
    longest = max(map(len, behind[FORCED]), default=0)
    draw = _Bootstrap(len(wrong), seed)
    grids = {f"accuracy_{lane}": _grid(behind[lane], longest) for lane in LANES}
    table: dict[str, list[Any]] = {"distance": list(range(1, longest + 1))}
    table["sentences"] = [sum(len(values) >= d for values in behind[FORCED]) for d in table["distance"]]
    for name, grid in {**grids, "gap": grids[f"accuracy_{FORCED}"] - grids[f"accuracy_{FREE}"]}.items():
        table |= draw.columns(name, grid)
    return pd.DataFrame(table)


def by_injected_word(rows: Sequence[Row], lane: str, seed: int = 1) -> pd.DataFrame:
    """A line a place of the replaced word: log-probability lost behind it, in nats, and how the lane recovered."""
    kept = [found for row in rows if (found := row.injections.get(lane)) and found.injection.recovery.steps]
    longest = max((found.number for found in kept), default=0)
    draw = _Bootstrap(len(kept), seed)

    def grid(value: str) -> np.ndarray:
        cells = np.full((len(kept), longest), np.nan)
        for line, found in enumerate(kept):
            recovery = found.injection.recovery
            values = {
                "lost": found.injection.lost,
                "recovered": recovery.after is not None,
                "steps_to_recover": np.nan if recovery.after is None else recovery.after,
            }
            cells[line, found.number - 1] = values[value]
        return cells

    numbers = [found.number for found in kept]
    table: dict[str, list[Any]] = {"word": list(range(1, longest + 1))}
    table["sentences"] = [numbers.count(word) for word in table["word"]]
    for name in ("lost", "recovered", "steps_to_recover"):
        table |= draw.columns(name, grid(name))
    return pd.DataFrame(table)


def summary(rows: Sequence[Row], seed: int = 1) -> dict[str, float | int | None]:
    """The means over all pieces, with bands, and over sentences."""
    draw = _Bootstrap(len(rows), seed)
    found: dict[str, float | int | None] = {"sentences": len(rows), "pieces": sum(len(row.right[FORCED]) for row in rows)}
    longest = max((len(row.right[FORCED]) for row in rows), default=0)
    for name, values in (("accuracy", "right"), ("loss", "loss")):
        grids = {lane: _grid([getattr(row, values)[lane] for row in rows], longest) for lane in LANES}
        for lane in LANES:
            found |= draw.figure(f"{name}_{lane}", grids[lane])
        # What running free costs: pieces no longer right, or loss on top.
        sign = 1 if name == "accuracy" else -1
        found |= draw.figure(f"{name}_gap", sign * (grids[FORCED] - grids[FREE]))
    found["never_diverged"] = float(np.mean([row.first_mistake is None for row in rows])) if rows else None
    mistakes = [row.first_mistake + 1 for row in rows if row.first_mistake is not None]
    found["median_first_mistake"] = float(np.median(mistakes)) if mistakes else None
    return found


def _on_reference(row: Row) -> tuple[bool, ...]:
    end = len(row.right[FORCED]) if row.first_mistake is None else row.first_mistake
    return tuple(t < end for t in range(len(row.right[FORCED])))


def _grid(values: Sequence[Sequence[float]], longest: int) -> np.ndarray:
    """[N, T]; nothing where a sentence has no such position."""
    cells = np.full((len(values), longest), np.nan)
    for line, row in enumerate(values):
        cells[line, : len(row)] = row
    return cells


class _Bootstrap:
    """Means over sentences drawn again and again, with replacement: the same draws for everything that is compared."""

    def __init__(self, sentences: int, seed: int):
        drawn = np.random.default_rng(seed).integers(0, max(1, sentences), (RESAMPLES, sentences))
        self._weights = np.zeros((RESAMPLES, sentences))  # [Q, N] how often each sentence was drawn
        np.add.at(self._weights, (np.arange(RESAMPLES)[:, None], drawn), 1)

    def columns(self, name: str, grid: np.ndarray) -> dict[str, list[float]]:
        """The mean of each column of [N, T], and its band."""
        there = ~np.isnan(grid)
        filled = np.where(there, grid, 0.0)
        with np.errstate(invalid="ignore"):
            means = filled.sum(0) / there.sum(0)
            drawn = (self._weights @ filled) / (self._weights @ there)  # [Q, T]
        low, high = np.full((2, grid.shape[1]), np.nan)
        if (known := ~np.isnan(drawn).all(0)).any():
            low[known], high[known] = np.nanpercentile(drawn[:, known], BAND, axis=0)
        return {name: means.tolist(), f"{name}_low": low.tolist(), f"{name}_high": high.tolist()}

    def figure(self, name: str, grid: np.ndarray) -> dict[str, float]:
        """The mean over all of [N, T], and its band."""
        there = ~np.isnan(grid)
        sums, counts = np.where(there, grid, 0.0).sum(1), there.sum(1)
        drawn = (self._weights @ sums) / (self._weights @ counts)
        low, high = np.percentile(drawn, BAND)
        return {name: float(sums.sum() / counts.sum()), f"{name}_low": float(low), f"{name}_high": float(high)}
