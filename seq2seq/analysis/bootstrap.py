"""Means over sentences and runs, each with a band: how far it would move with other sentences and seeds of the same kind.

Percentile bootstrap (Efron 1979). Symbols: R runs that differ in their seed alone, N sentences, T columns, Q resamples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 1000  # Q
BAND = (2.5, 97.5)  # percentiles: 95 of 100 resamples lie between them


@dataclass(frozen=True)
class Means:
    """[T] means and their [Q, T] resamples, in which a column is nan where no sentence drawn has it."""

    values: np.ndarray
    drawn: np.ndarray

    def minus(self, other: Means) -> Means:
        """The difference of two means of the same sentences. Their bands say nothing of it: their resamples do."""
        return Means(self.values - other.values, self.drawn - other.drawn)

    def columns(self, name: str) -> dict[str, list[float]]:
        """The means under `name`, and their bands beside it."""
        low, high = np.full((2, len(self.values)), np.nan)
        if (known := ~np.isnan(self.drawn).all(0)).any():
            low[known], high[known] = np.nanpercentile(self.drawn[:, known], BAND, axis=0)
        return {name: self.values.tolist(), f"{name}_low": low.tolist(), f"{name}_high": high.tolist()}

    def figure(self, name: str) -> dict[str, float | None]:
        """The one mean there is, and its band; None where it has nothing to be computed from."""
        return {key: None if np.isnan(value) else value for key, (value,) in self.columns(name).items()}


class Bootstrap:
    """Sentences, and runs, drawn again and again with replacement.

    The sentences drawn depend on `seed` and their number alone, so that whatever is compared is compared on the same ones. The
    runs drawn depend on `stream`, too: those of one recipe have nothing in common with those of another.
    """

    def __init__(self, sentences: int, runs: int = 1, seed: int = 1, stream: int = 0):
        self._sentences = _counts(np.random.default_rng(seed), sentences)  # [Q, N]
        self._runs = _counts(np.random.default_rng([seed, stream]), runs)  # [Q, R]

    def by_column(self, grids: Sequence[np.ndarray]) -> Means:
        """The mean of each column of R grids [N, T], over all cells that are numbers."""
        return self._means([np.nan_to_num(grid) for grid in grids], [1.0 - np.isnan(grid) for grid in grids])

    def overall(self, grids: Sequence[np.ndarray]) -> Means:
        """The mean of R grids [N, T], over all cells that are numbers."""
        sums = [np.nansum(grid, 1, keepdims=True) for grid in grids]  # [N, 1] each
        return self._means(sums, [(~np.isnan(grid)).sum(1, keepdims=True) for grid in grids])

    def _means(self, sums: Sequence[np.ndarray], counts: Sequence[np.ndarray]) -> Means:
        def drawn(cells: Sequence[np.ndarray]) -> np.ndarray:
            return np.einsum("qr,rqt->qt", self._runs, np.stack([self._sentences @ grid for grid in cells]))

        with np.errstate(invalid="ignore"):
            return Means(np.sum(sums, (0, 1)) / np.sum(counts, (0, 1)), drawn(sums) / drawn(counts))


def _counts(rng: np.random.Generator, things: int) -> np.ndarray:
    """[Q, things]: how often each was drawn."""
    drawn = rng.integers(0, max(1, things), (RESAMPLES, things))
    weights = np.zeros((RESAMPLES, things))
    np.add.at(weights, (np.arange(RESAMPLES)[:, None], drawn), 1)
    return weights
