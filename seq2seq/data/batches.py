"""Padded batches of sentence pairs of similar length.

Symbols: B sentences, S longest source, T longest target (end mark included).
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from torch import Tensor, nn

from seq2seq.config import EOS, PAD, TrainConfig
from seq2seq.data.augmentation import UNCHANGED, Augmenter
from seq2seq.data.corpora import Pair
from seq2seq.data.encoded import EncodedPairs, Ids, Input, MediaPairs
from seq2seq.sources.reader import Reader
from seq2seq.sources.text import Tokenizer
from seq2seq.sources.text_reader import MAX_PIECES


@dataclass(frozen=True)
class Batch:
    """`source` [B, S] or [B, S, ..], its lengths [B], and `target` [B, T]. Ids end in the end mark, then padding."""

    source: Tensor
    lengths: Tensor
    target: Tensor

    @property
    def tokens(self) -> int:
        """Count the target pieces without padding."""
        return int((self.target != PAD).sum())

    def halves(self) -> tuple[Batch, Batch]:
        """Split the batch into its first rows and its last rows. A batch of one row cannot be split."""
        middle = len(self.source) // 2
        first, second = (
            Batch(self.source[rows], self.lengths[rows], self.target[rows]) for rows in (slice(middle), slice(middle, None))
        )
        return first, second

    def to(self, device: torch.device) -> Batch:
        return Batch(self.source.to(device), self.lengths.to(device), self.target.to(device))


def pad(sequences: Sequence[Input]) -> tuple[Tensor, Tensor]:
    """Return ids [B, longest], filled with padding, or arrays [B, longest, ..], filled with zeros; and lengths [B]."""
    lengths = torch.tensor([len(s) for s in sequences])
    if isinstance(sequences[0], np.ndarray):
        return nn.utils.rnn.pad_sequence([torch.from_numpy(s) for s in sequences], batch_first=True), lengths
    padded = torch.full((len(sequences), int(lengths.max())), PAD)
    padded[torch.arange(padded.shape[1]) < lengths[:, None]] = torch.tensor(list(chain.from_iterable(sequences)))
    return padded, lengths


def collate(pairs: Sequence[tuple[Input, Ids]]) -> Batch:
    """Make a batch from inputs and the ids of their targets. All ids must end in the end mark."""
    source, lengths = pad([s for s, _ in pairs])
    target, _ = pad([t for _, t in pairs])
    return Batch(source, lengths, target)


class Epoch:
    """The batches of an epoch, as lists of pairs of ids. A batch is built when it is read."""

    def __init__(self, pairs: EncodedPairs | MediaPairs, cuts: EncodedPairs, members: list[np.ndarray]):
        self._pairs, self._cuts = pairs, cuts
        self._members = members  # row numbers of each batch; numbers from len(pairs) on refer to `cuts`

    def __len__(self) -> int:
        return len(self._members)

    def __getitem__(self, number: int) -> list[tuple[Input, Ids]]:
        count = len(self._pairs)
        return [self._pairs[i] if i < count else self._cuts[i - count] for i in self._members[number].tolist()]


class TrainingData:
    """Encoded training pairs, put into new batches each epoch. An epoch depends only on its number and the seed."""

    def __init__(
        self,
        pairs: Iterable[Pair],
        tokenizer: Tokenizer,
        config: TrainConfig,
        augmenter: Augmenter = UNCHANGED,
        reader: Reader | None = None,
    ):
        """`reader` reads sources that are not text."""
        self._tokenizer, self._config, self._augmenter = tokenizer, config, augmenter
        self._pairs, self.left_out = _encode(pairs, tokenizer, reader, config.max_length)
        if not len(self):
            raise ValueError(f"every training pair is longer than {config.max_length} pieces")

    def __len__(self) -> int:
        return len(self._pairs)

    @property
    def digest(self) -> str:
        """Return a hash of these pairs as cut by this tokenizer."""
        return self._pairs.digest

    def epoch(self, number: int) -> Epoch:
        """Return shuffled batches of about `batch_tokens` target positions each.

        Batches depend on the lengths of all pairs, so all pairs that are changed or resampled this epoch are cut into pieces
        here.
        """
        shuffle = random.Random(f"{self._config.seed}/{number}")
        noise = np.random.default_rng(shuffle.getrandbits(64))
        cuts, rows = EncodedPairs(), np.arange(len(self))
        changed = self._changed(noise.random(len(self)) < self._config.subword_sampling, number)
        for index, pair, resample in changed:
            cut = self._cut(pair, shuffle if resample else None)
            if max(map(len, cut)) <= self._config.max_length:
                rows[index] = len(self) + len(cuts)
                cuts.append(*cut)
        lengths = np.concatenate([self._pairs.lengths, cuts.lengths])[rows]
        # Sort by length to keep padding low; add a little noise to mix the batches from epoch to epoch.
        order = np.lexsort((lengths[:, 0] + 2 * noise.random(len(self)), lengths[:, 1]))
        batches = _fill(rows[order], lengths[order].max(1), self._config.batch_tokens)
        shuffle.shuffle(batches)
        return Epoch(self._pairs, cuts, batches)

    def _changed(self, resampled: np.ndarray, number: int) -> Iterator[tuple[int, Pair, bool]]:
        """Yield the rows whose text or pieces change in epoch `number`: index, texts, and whether to sample the pieces."""
        if isinstance(self._pairs, MediaPairs):
            return
        if not self._augmenter:
            yield from ((index, self._texts(index), True) for index in np.flatnonzero(resampled).tolist())
            return
        dice = random.Random(f"{self._config.seed}/{number}/augment")
        for index, resample in enumerate(resampled.tolist()):
            pair = self._texts(index)
            changed = self._augmenter(pair, lambda: self._texts(dice.randrange(len(self))), dice)
            if resample or changed != pair:
                yield index, changed, resample

    def _texts(self, index: int) -> Pair:
        source, target = self._pairs[index]
        assert isinstance(source, list)
        return self._tokenizer.source.decode(source), self._tokenizer.target.decode(target)

    def _cut(self, pair: Pair, shuffle: random.Random | None) -> tuple[Ids, Ids]:
        """Return the ids of both texts. With `shuffle`, sample the pieces, so that the model learns that words can be cut
        differently."""
        sides = zip((self._tokenizer.source, self._tokenizer.target), pair, strict=True)
        first, second = (
            (side.sample(text, self._config, shuffle) if shuffle else side.encode(text)) + [EOS] for side, text in sides
        )
        return first, second


def fixed_batches(pairs: Iterable[Pair], tokenizer: Tokenizer, batch_tokens: int, reader: Reader | None = None) -> list[Batch]:
    """Return validation batches: the same at each call, with every pair that is not too long once."""
    encoded, _ = _encode(pairs, tokenizer, reader, MAX_PIECES)
    if not len(encoded):
        raise ValueError(f"every validation pair is longer than {MAX_PIECES} pieces")
    order = np.lexsort((encoded.lengths[:, 0], encoded.lengths[:, 1]))
    batches = _fill(order, encoded.lengths[order].max(1), batch_tokens)
    return [collate([encoded[i] for i in batch.tolist()]) for batch in batches]


def _encode(
    pairs: Iterable[Pair], tokenizer: Tokenizer, reader: Reader | None, longest: int
) -> tuple[EncodedPairs | MediaPairs, int]:
    """Return the pairs of at most `longest` pieces per side, and the number of longer ones."""
    if reader is None:
        return EncodedPairs.encode(pairs, tokenizer, longest)
    return MediaPairs.encode(pairs, reader, tokenizer.target, longest)


def _fill(rows: np.ndarray, longest: np.ndarray, batch_tokens: int) -> list[np.ndarray]:
    """Group consecutive `rows` while sentences x longest side stays within `batch_tokens`. `longest` is per row."""
    starts: list[int] = []
    limit = 0
    for index, length in enumerate(longest.tolist()):
        limit = max(limit, length)
        if not starts or (index - starts[-1] + 1) * limit > batch_tokens:
            starts.append(index)
            limit = length
    return np.split(rows, starts[1:])
