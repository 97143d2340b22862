"""Store many pairs of ids in little memory."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable

import numpy as np

from seq2seq.config import EOS
from seq2seq.data.corpora import Pair
from seq2seq.sources.reader import Reader
from seq2seq.sources.text import Tokenizer, Vocabulary
from seq2seq.sources.text_reader import MAX_PIECES

Ids = list[int]
Input = Ids | np.ndarray  # what a model reads: the ids of a text, or an array whose first axis is padded in a batch


class EncodedPairs:
    """Pairs of ids that end in the end mark, in two arrays: 2 bytes per id and 16 bytes per pair.

    Texts are not stored, because `Vocabulary.decode` restores them exactly.
    """

    def __init__(self) -> None:
        # Source and target of pair 0, source and target of pair 1, ...; a vocabulary has fewer than 2^16 pieces.
        self._ids = array("H")
        self._ends = array("Q", [0])  # the end of each side in `_ids`

    @classmethod
    def encode(cls, pairs: Iterable[Pair], tokenizer: Tokenizer, longest: int = MAX_PIECES) -> tuple[EncodedPairs, int]:
        """Encode the pairs of at most `longest` pieces per side; also return the number of longer pairs."""
        encoded, left_out = cls(), 0
        for source, target in pairs:
            pair = (tokenizer.source.encode(source) + [EOS], tokenizer.target.encode(target) + [EOS])
            if max(map(len, pair)) <= longest:
                encoded.append(*pair)
            else:
                left_out += 1
        return encoded, left_out

    def append(self, source: Ids, target: Ids) -> None:
        for ids in (source, target):
            self._ids.extend(ids)
            self._ends.append(len(self._ids))

    def __len__(self) -> int:
        return len(self._ends) // 2

    def __getitem__(self, index: int) -> tuple[Ids, Ids]:
        start, middle, end = self._ends[2 * index : 2 * index + 3]
        return self._ids[start:middle].tolist(), self._ids[middle:end].tolist()

    @property
    def lengths(self) -> np.ndarray:
        """Return the number of pieces of source and target, end marks included: [pairs, 2]."""
        return np.diff(np.frombuffer(self._ends, np.uint64).astype(np.int64)).reshape(-1, 2)

    @property
    def digest(self) -> str:
        """Return a hash of all ids and their boundaries."""
        digest = hashlib.sha256(self._ids)
        digest.update(self._ends)
        return digest.hexdigest()


class MediaPairs:
    """Pairs of a source that is not text and the ids of its target. A source is read each time a batch needs it."""

    def __init__(self, reader: Reader):
        self._reader, self._given = reader, list[str]()
        self._targets = EncodedPairs()  # without sources

    @classmethod
    def encode(cls, pairs: Iterable[Pair], reader: Reader, vocabulary: Vocabulary, longest: int) -> tuple[MediaPairs, int]:
        """Encode the pairs whose target has at most `longest` pieces; also return the number of longer ones."""
        encoded, left_out = cls(reader), 0
        for given, target in pairs:
            ids = vocabulary.encode(target) + [EOS]
            if len(ids) <= longest:
                encoded._given.append(given)
                encoded._targets.append([], ids)
            else:
                left_out += 1
        return encoded, left_out

    def __len__(self) -> int:
        return len(self._given)

    def __getitem__(self, index: int) -> tuple[Input, Ids]:
        return self._reader.read(self._given[index]), self._targets[index][1]

    @property
    def lengths(self) -> np.ndarray:
        """Return 0 and the number of target pieces, end mark included: [pairs, 2]. Batches are filled by their targets."""
        return self._targets.lengths

    @property
    def digest(self) -> str:
        """Return a hash of all sources, as they are given, and of all ids."""
        digest = hashlib.sha256("\n".join(self._given).encode())
        digest.update(self._targets.digest.encode())
        return digest.hexdigest()
