"""Means over sentences and runs, with confidence bands for other sentences and seeds of the same kind.

Percentile bootstrap (Efron 1979). Symbols: R runs that differ only in their seed, N sentences, T columns, Q resamples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 1000  # Q
BAND = (2.5, 97.5)  # percentiles: 95 of 100 resamples lie between them


@dataclass(frozen=True)
class Means:
    """[T] means and their [Q, T] resamples; a resample is nan if no drawn sentence has this column."""

    values: np.ndarray
    drawn: np.ndarray

    def minus(self, other: Means) -> Means:
        """Subtract means of the same sentences. The band comes from the differences of the resamples, not from two bands."""
        return Means(self.values - other.values, self.drawn - other.drawn)

    def columns(self, name: str) -> dict[str, list[float]]:
        """Return the means under `name`, and their bands under `name`_low and `name`_high."""
        low, high = np.full((2, len(self.values)), np.nan)
        if (present := ~np.isnan(self.drawn).all(0)).any():
            low[present], high[present] = np.nanpercentile(self.drawn[:, present], BAND, axis=0)
        return {name: self.values.tolist(), f"{name}_low": low.tolist(), f"{name}_high": high.tolist()}

    def figure(self, name: str) -> dict[str, float | None]:
        """Return the single mean and its band; None for values without data."""
        return {key: None if np.isnan(value) else value for key, (value,) in self.columns(name).items()}


class Bootstrap:
    """Resample sentences and runs with replacement.

    The drawn sentences depend only on `seed` and their number, so that all comparisons use the same sentences. The drawn runs
    also depend on `stream`, so that the draws of two recipes are independent.
    """

    def __init__(self, sentences: int, runs: int = 1, seed: int = 1, stream: int = 0):
        self._sentences = _counts(np.random.default_rng(seed), sentences)  # [Q, N]
        self._runs = _counts(np.random.default_rng([seed, stream]), runs)  # [Q, R]

    def by_column(self, grids: Sequence[np.ndarray]) -> Means:
        """Return the mean of each column of R grids [N, T], over all cells that are numbers."""
        return self._means([np.nan_to_num(grid) for grid in grids], [1.0 - np.isnan(grid) for grid in grids])

    def overall(self, grids: Sequence[np.ndarray]) -> Means:
        """Return the mean of R grids [N, T], over all cells that are numbers."""
        sums = [np.nansum(grid, 1, keepdims=True) for grid in grids]  # [N, 1] each
        return self._means(sums, [(~np.isnan(grid)).sum(1, keepdims=True) for grid in grids])

    def _means(self, sums: Sequence[np.ndarray], counts: Sequence[np.ndarray]) -> Means:
        def resample(cells: Sequence[np.ndarray]) -> np.ndarray:
            return np.einsum("qr,rqt->qt", self._runs, np.stack([self._sentences @ grid for grid in cells]))

        with np.errstate(invalid="ignore"):
            return Means(np.sum(sums, (0, 1)) / np.sum(counts, (0, 1)), resample(sums) / resample(counts))


def _counts(rng: np.random.Generator, items: int) -> np.ndarray:
    """Return [Q, items]: how often each item was drawn."""
    drawn = rng.integers(0, max(1, items), (RESAMPLES, items))
    weights = np.zeros((RESAMPLES, items))
    np.add.at(weights, (np.arange(RESAMPLES)[:, None], drawn), 1)
    return weights
