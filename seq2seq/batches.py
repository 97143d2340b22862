"""Sentence pairs to padded batches of like length.

Symbols: B sentences, S longest source, T longest target (end mark included).
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor

from .config import EOS, PAD, TrainConfig
from .corpora import Pair
from .text import Tokenizer

MAX_PIECES = 100  # longest source or target that a model is trained on; the app states it as its limit
Ids = list[int]


@dataclass(frozen=True)
class Batch:
    """`source` [B, S] with lengths [B] and `target` [B, T]; both end in the end mark and are padded behind it."""

    source: Tensor
    lengths: Tensor
    target: Tensor

    @property
    def tokens(self) -> int:
        """Target pieces, padding not counted."""
        return int((self.target != PAD).sum())

    def to(self, device: torch.device) -> Batch:
        return Batch(self.source.to(device), self.lengths.to(device), self.target.to(device))


def pad(sequences: Sequence[Ids]) -> tuple[Tensor, Tensor]:
    """Ids [B, longest] filled up with padding, and lengths [B]."""
    lengths = torch.tensor([len(s) for s in sequences])
    padded = torch.full((len(sequences), int(lengths.max())), PAD)
    padded[torch.arange(padded.shape[1]) < lengths[:, None]] = torch.tensor(list(chain.from_iterable(sequences)))
    return padded, lengths


def collate(pairs: Sequence[tuple[Ids, Ids]]) -> Batch:
    """A batch from pairs of ids that end in the end mark."""
    source, lengths = pad([s for s, _ in pairs])
    target, _ = pad([t for _, t in pairs])
    return Batch(source, lengths, target)


class TrainingData:
    """Encoded pairs, cut into batches anew each epoch. An epoch depends on its number and the seed alone."""

    def __init__(self, pairs: Sequence[Pair], tokenizer: Tokenizer, config: TrainConfig):
        self._tokenizer, self._config = tokenizer, config
        encoded = [(tokenizer.source.encode(s) + [EOS], tokenizer.target.encode(t) + [EOS]) for s, t in pairs]
        kept = [i for i, (s, t) in enumerate(encoded) if max(len(s), len(t)) <= MAX_PIECES]
        if not kept:
            raise ValueError(f"every training pair is longer than {MAX_PIECES} pieces")
        self._pairs = [pairs[i] for i in kept]
        self._encoded = [encoded[i] for i in kept]
        self.left_out = len(pairs) - len(kept)

    def __len__(self) -> int:
        return len(self._pairs)

    @property
    def digest(self) -> str:
        """Tells these pairs, cut by this tokenizer, from any others."""
        return hashlib.sha256(json.dumps(self._encoded).encode()).hexdigest()

    def epoch(self, number: int) -> list[list[tuple[Ids, Ids]]]:
        """Batches of about `batch_tokens` target positions each, their order and members shuffled."""
        shuffle = random.Random(f"{self._config.seed}/{number}")
        pairs = [self._cut(i, shuffle) for i in range(len(self._pairs))]
        # Sorting by length with a little noise keeps padding low and still mixes the batches from epoch to epoch.
        pairs.sort(key=lambda pair: (len(pair[1]), len(pair[0]) + shuffle.random() * 2))
        batches = _fill(pairs, self._config.batch_tokens)
        shuffle.shuffle(batches)
        return batches

    def _cut(self, index: int, shuffle: random.Random) -> tuple[Ids, Ids]:
        """Mostly the best segmentation, now and then another: the model learns that words can be cut differently."""
        if shuffle.random() >= self._config.subword_sampling:
            return self._encoded[index]
        source, target = self._pairs[index]
        alpha = self._config.subword_alpha
        cut = (
            self._tokenizer.source.sample(source, alpha, shuffle) + [EOS],
            self._tokenizer.target.sample(target, alpha, shuffle) + [EOS],
        )
        return cut if max(map(len, cut)) <= MAX_PIECES else self._encoded[index]


def fixed_batches(pairs: Sequence[Pair], tokenizer: Tokenizer, batch_tokens: int) -> list[Batch]:
    """Batches for validation: the same at each call, every pair that fits in once."""
    encoded = [(tokenizer.source.encode(s) + [EOS], tokenizer.target.encode(t) + [EOS]) for s, t in pairs]
    encoded = [(s, t) for s, t in encoded if max(len(s), len(t)) <= MAX_PIECES]
    if not encoded:
        raise ValueError(f"every validation pair is longer than {MAX_PIECES} pieces")
    encoded.sort(key=lambda pair: (len(pair[1]), len(pair[0])))
    return [collate(batch) for batch in _fill(encoded, batch_tokens)]


def _fill(pairs: Sequence[tuple[Ids, Ids]], batch_tokens: int) -> list[list[tuple[Ids, Ids]]]:
    """Consecutive pairs together while sentences x longest side stays within `batch_tokens`."""
    batches: list[list[tuple[Ids, Ids]]] = []
    longest = 0
    for pair in pairs:
        longest = max(longest, len(pair[0]), len(pair[1]))
        if not batches or (len(batches[-1]) + 1) * longest > batch_tokens:
            batches.append([])
            longest = max(len(pair[0]), len(pair[1]))
        batches[-1].append(pair)
    return batches
