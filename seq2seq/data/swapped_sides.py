"""Pairs whose two sides stand in the wrong columns, found by comparing their letters with those of all others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seq2seq.data.corpora import Pair

MIN_JUDGED = 200  # pairs, below which nothing can be said of two languages
SWAPPED_NATS = 8.0  # by which each side of a suspected pair must be likelier in the other column
SWAPPED_NATS_PER_TRIGRAM = 0.5
MIN_TOLD = 0.25  # of the pairs; with one language in both columns it is up to 0.16, with two nearly all
_BUCKETS_LOG2 = 20  # that trigrams are hashed into
_ROWS_AT_ONCE = 20_000
_SMOOTHING = 0.5
_EAST_ASIAN = 0x2E80


def swapped(pairs: Sequence[Pair]) -> list[int]:
    """Which pairs have their sides exchanged, by a naive Bayes model of the two columns' letter trigrams.

    Both sides of a pair must clearly be likelier in the other column, while those of MIN_TOLD pairs are so in their own: in a
    file of one language the columns differ in what they talk about only. Fewer than MIN_JUDGED pairs give none.
    """
    if len(pairs) < MIN_JUDGED:
        return []
    chunks = [pairs[i : i + _ROWS_AT_ONCE] for i in range(0, len(pairs), _ROWS_AT_ONCE)]
    size = (1 << _BUCKETS_LOG2) + 1
    counts = np.zeros((2, size))
    for chunk in chunks:
        for side in (0, 1):
            counts[side] += np.bincount(_trigrams([pair[side] for pair in chunk])[0], minlength=size)
    # A row must not speak for itself: one occurrence less. In both columns, else a name that stands in both sides of one row
    # would seem to belong to the other column in each.
    others = np.maximum(counts - 1, 0)[:, :-1] + _SMOOTHING
    logs = np.log(others) - np.log(others.sum(axis=1, keepdims=True))
    ratio = np.append(logs[0] - logs[1], 0.0)  # in favour of the source column; the last bucket is of no trigram
    ratio[np.append(counts[:, :-1].sum(axis=0) == 0, True)] = 0.0
    misplaced, told = [], 0
    for start, chunk in zip(range(0, len(pairs), _ROWS_AT_ONCE), chunks, strict=True):
        wrong, right = np.ones((2, len(chunk)), dtype=bool)
        for side, sign in ((0, 1), (1, -1)):
            keys, begins, lengths = _trigrams([pair[side] for pair in chunk])
            nats = sign * np.add.reduceat(ratio[keys], begins)  # in favour of the column that it stands in
            clear = np.maximum(SWAPPED_NATS, SWAPPED_NATS_PER_TRIGRAM * lengths)
            wrong &= nats < -clear
            right &= nats > clear
        misplaced += (start + np.flatnonzero(wrong)).tolist()
        told += int(np.count_nonzero(right))
    return misplaced if told >= MIN_TOLD * len(pairs) else []


def _trigrams(texts: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Buckets of all texts' trigrams in one row, where each text's begin, and how many it has. The places that would reach into
    the next text are in the last bucket."""
    padded = [f" {text.lower()} " for text in texts]
    codes = np.frombuffer(("".join(padded) + "  ").encode("utf-32-le"), dtype="<u4").astype(np.uint32)
    # East Asian scripts have so many characters that their trigrams hardly recur: 4096 neighbours count as one.
    codes = np.where(codes >= _EAST_ASIAN, codes >> np.uint32(12), codes)
    mixed = codes[:-2] * np.uint32(0x9E3779B1) ^ codes[1:-1] * np.uint32(0x85EBCA6B) ^ codes[2:] * np.uint32(0xC2B2AE35)
    mixed ^= mixed >> np.uint32(15)
    keys = (mixed * np.uint32(0x2C1B3C6D) >> np.uint32(32 - _BUCKETS_LOG2)).astype(np.int64)
    lengths = np.array([len(text) for text in padded])
    ends = np.cumsum(lengths)
    keys[ends - 1] = keys[ends - 2] = 1 << _BUCKETS_LOG2
    return keys, ends - lengths, lengths - 2
