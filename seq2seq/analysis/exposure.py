"""Exposure bias over many sentences: how often, and how surely, the decoder finds the next piece of the reference when it is
fed the reference, and when it is fed what it wrote itself.

Position means a piece of the reference, counted from 1. Teacher-forced, the model is asked for it behind the reference's pieces
before it. Free-running, it is asked behind what the greedy translation has written by then: the place is found by edit distance
(`metrics.align`), so that a piece too many or too few is one mistake and not a shift of all that follow; the piece counts as
right where the same piece stands in the translation there. Both lanes are alike up to the first mistake.

`report` makes figures of it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from seq2seq.analysis.two_lanes import FORCED, FREE, Injection, Job, drawn_word, inject, words
from seq2seq.config import EOS
from seq2seq.data.batches import Ids
from seq2seq.data.corpora import Pair
from seq2seq.decoding.metrics import align
from seq2seq.decoding.translator import BATCH_SENTENCES, Translator

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


def measure(translator: Translator, pairs: Sequence[Pair], seed: int = 1, wrong_words: bool = True) -> Iterator[list[Row]]:
    """The pairs, measured batch by batch, sentences of like length together. A pair that the model cannot take is left out.

    `seed` draws the words of the injections, which cost as much again; without `wrong_words` there are none.
    """
    encoded: list[tuple[int, Ids, Ids]] = []
    for index, (source, target) in enumerate(pairs):
        try:
            encoded.append((index, translator.source_ids(source), translator.target_ids(target)))
        except ValueError:
            continue
    encoded.sort(key=lambda row: (len(row[1]), len(row[2])))
    for start in range(0, len(encoded), BATCH_SENTENCES):
        yield _measure_batch(translator, encoded[start : start + BATCH_SENTENCES], seed if wrong_words else None)


def _measure_batch(translator: Translator, batch: Sequence[tuple[int, Ids, Ids]], seed: int | None) -> list[Row]:
    sources, golds = [source for _, source, _ in batch], [gold for _, _, gold in batch]
    written = translator.decode_batch(sources)
    # A translation that was cut off ends where its end mark would have stood.
    own = [ids if ids[-1] == EOS else [*ids, EOS] for ids in written]
    forced, free = translator.force(sources, golds), translator.force(sources, own)  # [B, T, V] each
    injections: list[dict[str, Disturbed]] = [{} for _ in batch]
    if seed is not None:
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
