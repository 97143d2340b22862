"""What a source is worth over many pairs: the bits of their targets under their own sources, under other ones, and under none.

All of it is teacher-forced. A source that a model does not use is worth 0 bits. Under the source of another pair, a model that
believes its source is more surprised than a language model, which has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from seq2seq.analysis.forcing.scoring import log_probs
from seq2seq.analysis.inside.language_model import NATS_TO_BITS, NO_SOURCE, check, check_pieces
from seq2seq.data.batches import Ids
from seq2seq.data.corpora import Pair
from seq2seq.decoding.translator import Translator


@dataclass(frozen=True)
class SourceWorth:
    """Targets of pairs, teacher-forced, in bits per piece; an end mark is a piece."""

    targets: int
    pieces: int
    own: float  # under its own source
    swapped: float  # under the source of another pair
    alone: float | None  # under a language model, without a source

    @property
    def worth(self) -> float:
        """Return how many bits per piece the own source saves against another one."""
        return self.swapped - self.own

    @property
    def worth_against_none(self) -> float | None:
        """Return how many bits per piece the own source saves against none."""
        return None if self.alone is None else self.alone - self.own


def source_worth(translator: Translator, pairs: Sequence[Pair], writer: Translator | None = None) -> SourceWorth:
    """Score each target under its source, under the source of the pair in the middle of the list after it, and without a source
    under the language model `writer`, if there is one. Pairs that are too long are skipped.

    Raises ValueError for a `writer` that has a source or cuts the targets into other pieces, and without at least two pairs.
    """
    if writer:
        check(writer)
        check_pieces(writer, translator)
    sources: list[Ids] = []
    targets: list[Ids] = []
    for source, target in pairs:
        with suppress(ValueError):
            read = translator.source_ids(source), translator.target_ids(target)
            sources.append(read[0])
            targets.append(read[1])
    if len(targets) < 2:
        raise ValueError("the worth of a source needs at least two pairs that the model can read")
    half = len(sources) // 2
    pieces = sum(map(len, targets))

    def bits(model: Translator, given: Sequence[Ids]) -> float:
        return -sum(log_probs(model, given, targets)) * NATS_TO_BITS / pieces

    own, swapped = bits(translator, sources), bits(translator, [*sources[half:], *sources[:half]])
    alone = bits(writer, [writer.source_ids(NO_SOURCE)] * len(targets)) if writer else None
    return SourceWorth(len(targets), pieces, own, swapped, alone)
