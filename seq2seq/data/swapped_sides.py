"""Find pairs whose two sides are in the wrong columns, by comparing letter trigrams with all other pairs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seq2seq.data.corpora import Pair

MIN_JUDGED = 200  # pairs; fewer are not enough to tell two languages apart
SWAPPED_NATS = 8.0  # each side of a suspected pair must be more likely in the other column by at least this much
SWAPPED_NATS_PER_TRIGRAM = 0.5
MIN_TOLD = 0.25  # share of pairs; with one language in both columns up to 0.16 are clear, with two languages nearly all
_BUCKETS_LOG2 = 20  # trigrams are hashed into 2^20 buckets
_ROWS_AT_ONCE = 20_000
_SMOOTHING = 0.5
_EAST_ASIAN = 0x2E80


def swapped(pairs: Sequence[Pair]) -> list[int]:
    """Return the indices of pairs with swapped sides, by a naive Bayes model of the letter trigrams of the two columns.

    Both sides of such a pair must clearly be more likely in the other column. At least MIN_TOLD of the pairs must clearly be
    more likely in their own column: in a file of one language the columns differ only in topic. Fewer than MIN_JUDGED pairs
    give an empty list.
    """
    if len(pairs) < MIN_JUDGED:
        return []
    chunks = [pairs[i : i + _ROWS_AT_ONCE] for i in range(0, len(pairs), _ROWS_AT_ONCE)]
    size = (1 << _BUCKETS_LOG2) + 1
    counts = np.zeros((2, size))
    for chunk in chunks:
        for side in (0, 1):
            counts[side] += np.bincount(_trigrams([pair[side] for pair in chunk])[0], minlength=size)
    # A row must not count as evidence for itself, so subtract one occurrence. Subtract it in both columns: otherwise a name
    # on both sides of one row would seem to belong to the other column in each.
    others = np.maximum(counts - 1, 0)[:, :-1] + _SMOOTHING
    logs = np.log(others) - np.log(others.sum(axis=1, keepdims=True))
    ratio = np.append(logs[0] - logs[1], 0.0)  # log odds for the source column; the last bucket holds no trigram
    ratio[np.append(counts[:, :-1].sum(axis=0) == 0, True)] = 0.0
    misplaced, clear_pairs = [], 0
    for start, chunk in zip(range(0, len(pairs), _ROWS_AT_ONCE), chunks, strict=True):
        wrong, right = np.ones((2, len(chunk)), dtype=bool)
        for side, sign in ((0, 1), (1, -1)):
            keys, begins, lengths = _trigrams([pair[side] for pair in chunk])
            nats = sign * np.add.reduceat(ratio[keys], begins)  # log odds for the pair's own column
            clear = np.maximum(SWAPPED_NATS, SWAPPED_NATS_PER_TRIGRAM * lengths)
            wrong &= nats < -clear
            right &= nats > clear
        misplaced += (start + np.flatnonzero(wrong)).tolist()
        clear_pairs += int(np.count_nonzero(right))
    return misplaced if clear_pairs >= MIN_TOLD * len(pairs) else []


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
