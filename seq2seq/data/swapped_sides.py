"""Find pairs whose two sides are in the wrong columns, by comparing letter trigrams with all other pairs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from seq2seq.data.corpora import Pair

MIN_JUDGED = 200  # pairs; fewer are not enough to tell two languages apart
SWAPPED_NATS = 8.0  # each side of a suspected pair must be more likely in the other column by at least this much
SWAPPED_NATS_PER_TRIGRAM = 0.5
# Share of the pairs that must clearly have one language on each side. With two languages most pairs do (0.6 to 1); with one
# language in both columns, which then differ in topic only, up to 0.16 do, and 0.23 if the pairs were turned around first.
MIN_CLEAR, MIN_CLEAR_TURNED = 0.25, 0.5
_BUCKETS_LOG2 = 20  # trigrams are hashed into 2^20 buckets
_SIZE = (1 << _BUCKETS_LOG2) + 1  # the last bucket holds no trigram
_ROWS_AT_ONCE = 20_000
_SMOOTHING = 0.5
_EAST_ASIAN = 0x2E80
_STEPS, _ROUNDS = 8, 5  # of the power iteration, and of turning pairs around


def swapped(pairs: Sequence[Pair]) -> list[int]:
    """Return the indices of pairs whose sides are exchanged, compared with most pairs: those of the smaller direction.

    The languages of the two sides are found first, so any share of the pairs may be exchanged. Then a naive Bayes model of
    letter trigrams judges each pair by all others: both sides must clearly be more likely in the other language. Fewer than
    MIN_JUDGED pairs, and pairs of one language, give an empty list.
    """
    if len(pairs) < MIN_JUDGED:
        return []
    # Directions are found in a sample, spread evenly over the file.
    step = -(-len(pairs) // _ROWS_AT_ONCE)
    sample = _Sides.of(pairs[::step])
    for start, least in ((_principal_directions(sample), MIN_CLEAR_TURNED), (np.ones(sample.pairs), MIN_CLEAR)):
        forward, backward = _judge(pairs, _settle(sample, start))
        if forward.mean() + backward.mean() >= least:
            exchanged = backward if backward.sum() <= forward.sum() else forward
            return [int(index) for index in np.flatnonzero(exchanged)]
    return []


class _Column(NamedTuple):
    """The trigrams of one side of some pairs, one after the other."""

    keys: np.ndarray  # bucket of each trigram
    begins: np.ndarray  # [pairs] where each text begins
    lengths: np.ndarray  # [pairs] number of trigrams

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Return the sum over the trigrams of each pair of a value per bucket: [pairs]."""
        return np.asarray(np.add.reduceat(values[self.keys], self.begins))

    def counted(self, weights: np.ndarray) -> np.ndarray:
        """Count the trigrams, each as often as its pair's weight says: [buckets]."""
        spread = np.repeat(weights, np.diff(np.append(self.begins, len(self.keys))))
        return np.bincount(self.keys, weights=spread, minlength=_SIZE)


class _Sides(NamedTuple):
    source: _Column
    target: _Column

    @classmethod
    def of(cls, pairs: Sequence[Pair]) -> _Sides:
        return cls(*(_Column(*_trigrams([pair[side] for pair in pairs])) for side in (0, 1)))

    @property
    def pairs(self) -> int:
        return len(self.source.begins)


def _principal_directions(sides: _Sides) -> np.ndarray:
    """Return 1 or -1 for each pair, so that equal signs have the same direction: [pairs].

    In two languages, the difference between the trigrams of the two sides is about the same vector for each pair, with one
    sign or the other. So it is the principal component, which a power iteration finds.
    """
    total = sides.source.counted(np.ones(sides.pairs)) + sides.target.counted(np.ones(sides.pairs))
    weight = 1 / np.sqrt(total + 1)
    weight[-1] = 0.0
    signs = np.random.default_rng(0).standard_normal(sides.pairs)
    for _ in range(_STEPS):
        axis = sides.source.counted(signs / sides.source.lengths) - sides.target.counted(signs / sides.target.lengths)
        axis *= weight**2
        signs = sides.source.sums(axis) / sides.source.lengths - sides.target.sums(axis) / sides.target.lengths
        signs /= np.linalg.norm(signs) or 1.0
    return np.where(signs < 0, -1.0, 1.0)


def _settle(sides: _Sides, signs: np.ndarray) -> np.ndarray:
    """Turn pairs around until each fits the model of all; return its log odds of each bucket for the first language."""
    for _ in range(_ROUNDS):
        ratio = _log_odds([(sides, signs)])
        turned = _directions(sides, ratio)
        if np.array_equal(turned, signs):
            break
        signs = turned
    return ratio


def _directions(sides: _Sides, ratio: np.ndarray) -> np.ndarray:
    return np.where(sides.source.sums(ratio) < sides.target.sums(ratio), -1.0, 1.0)


def _log_odds(parts: Iterable[tuple[_Sides, np.ndarray]]) -> np.ndarray:
    """Return for each bucket the log odds that its trigrams are of the first language, for pairs in these directions."""
    counts = np.zeros((2, _SIZE))
    for sides, signs in parts:
        for language, sign in ((0, 1.0), (1, -1.0)):
            counts[language] += sides.source.counted(signs == sign) + sides.target.counted(signs == -sign)
    # A row must not count as evidence for itself, so subtract one occurrence. Subtract it in both languages: otherwise a name
    # on both sides of one row would seem to belong to the other language in each.
    others = np.maximum(counts - 1, 0)[:, :-1] + _SMOOTHING
    logs = np.log(others) - np.log(others.sum(axis=1, keepdims=True))
    ratio = np.append(logs[0] - logs[1], 0.0)
    ratio[np.append(counts[:, :-1].sum(axis=0) == 0, True)] = 0.0
    return ratio


def _judge(pairs: Sequence[Pair], ratio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which pairs clearly have the first language as their source, and which as their target: two [pairs] of bool."""
    whole = _log_odds((sides, _directions(sides, ratio)) for sides in _chunks(pairs))
    forward, backward = [], []
    for sides in _chunks(pairs):
        # Log odds of each side for the language that it has in a pair of the first direction.
        odds = [sides.source.sums(whole), -sides.target.sums(whole)]
        clear = [np.maximum(SWAPPED_NATS, SWAPPED_NATS_PER_TRIGRAM * side.lengths) for side in sides]
        forward.append((odds[0] > clear[0]) & (odds[1] > clear[1]))
        backward.append((odds[0] < -clear[0]) & (odds[1] < -clear[1]))
    return np.concatenate(forward), np.concatenate(backward)


def _chunks(pairs: Sequence[Pair]) -> Iterator[_Sides]:
    for start in range(0, len(pairs), _ROWS_AT_ONCE):
        yield _Sides.of(pairs[start : start + _ROWS_AT_ONCE])


def _trigrams(texts: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the buckets of all texts' trigrams in one row, the start of each text, and its number of trigrams. Trigrams that
    would cross into the next text go to the last bucket."""
    padded = [f" {text.lower()} " for text in texts]
    codes = np.frombuffer(("".join(padded) + "  ").encode("utf-32-le"), dtype="<u4").astype(np.uint32)
    # East Asian scripts have so many characters that trigrams rarely repeat: 4096 neighbouring characters count as one.
    codes = np.where(codes >= _EAST_ASIAN, codes >> np.uint32(12), codes)
    mixed = codes[:-2] * np.uint32(0x9E3779B1) ^ codes[1:-1] * np.uint32(0x85EBCA6B) ^ codes[2:] * np.uint32(0xC2B2AE35)
    mixed ^= mixed >> np.uint32(15)
    keys = (mixed * np.uint32(0x2C1B3C6D) >> np.uint32(32 - _BUCKETS_LOG2)).astype(np.int64)
    lengths = np.array([len(text) for text in padded])
    ends = np.cumsum(lengths)
    keys[ends - 1] = keys[ends - 2] = 1 << _BUCKETS_LOG2
    return keys, ends - lengths, lengths - 2
