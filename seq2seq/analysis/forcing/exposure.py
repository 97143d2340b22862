"""Measure exposure bias over many sentences: how often, and with which probability, the decoder predicts the next piece of the
reference, when it is fed the reference and when it is fed its own output.

A position is a piece of the reference, counted from 1. Teacher-forced, the model predicts it after the reference's pieces
before it. Free-running, it predicts it after its own greedy translation up to there: edit distance (`metrics.align`) finds the
step, so that a missing or extra piece is one mistake and does not shift all later pieces. The piece is right if the translation
has the same piece at that step. Both lanes are equal up to the first mistake.

`exposure_report` makes tables of the results.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from seq2seq.analysis.forcing.two_lanes import FORCED, FREE, Injection, Job, drawn_word, inject, words
from seq2seq.config import EOS
from seq2seq.data.batches import Ids
from seq2seq.data.corpora import Pair
from seq2seq.decoding.metrics import align
from seq2seq.decoding.translator import BATCH_SENTENCES, Translator

LANES = (FORCED, FREE)


@dataclass(frozen=True)
class Row:
    """The result of one pair in both modes. The tuples have one entry per piece of the reference, end mark included."""

    index: int  # index of the pair
    right: dict[str, tuple[bool, ...]]  # by lane
    loss: dict[str, tuple[float, ...]]  # by lane, nats: minus the log-probability of the reference's piece
    first_mistake: int | None  # 0-based; before it both lanes are equal
    hypothesis: str  # free-running, greedy
    injections: dict[str, Disturbed]  # by lane; a lane without words has none


@dataclass(frozen=True)
class Disturbed:
    """A random wrong word instead of a randomly chosen word."""

    number: int  # number of the word, counted from 1
    injection: Injection


def measure(translator: Translator, pairs: Sequence[Pair], seed: int = 1, wrong_words: bool = True) -> Iterator[list[Row]]:
    """Yield results batch by batch, with sentences of similar length together. Pairs too long for the model are skipped.

    `seed` draws the wrong words, which double the cost; without `wrong_words` there are none.
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
    # If a translation was cut off, add the end mark.
    own = [ids if ids[-1] == EOS else [*ids, EOS] for ids in written]
    forced, free = translator.force(sources, golds), translator.force(sources, own)  # [B, T, V] each
    injections: list[dict[str, Disturbed]] = [{} for _ in batch]
    if seed is not None:
        injections = _inject(translator, batch, {FORCED: golds, FREE: own}, seed)
    rows = []
    for b, (index, _, gold) in enumerate(batch):
        right = [choice == piece for choice, piece in zip(forced[b].argmax(-1).tolist(), gold, strict=False)]
        aligned = [*align(gold[:-1], own[b][:-1]), (len(own[b]) - 1, own[b] == written[b])]
        steps = torch.tensor([step for step, _ in aligned])
        wanted = torch.tensor(gold)
        losses = {FORCED: -forced[b, torch.arange(len(gold)), wanted], FREE: -free[b, steps, wanted]}
        rows.append(
            Row(
                index=index,
                right={FORCED: tuple(right), FREE: tuple(same for _, same in aligned)},
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
    """Put one wrong word into each lane of each pair of a batch."""
    jobs: list[Job] = []
    places: list[tuple[int, int]] = []  # per job: row of the batch, number of the word
    for b, (index, source, _) in enumerate(batch):
        for lane in LANES:
            ids = tokens[lane][b]
            if candidates := words(translator.target_vocabulary.pieces(ids)):
                key = f"{seed}/{index}/{lane}"
                number = random.Random(key).randrange(len(candidates))
                word = candidates[number]
                jobs.append(Job(source, lane, ids, word, drawn_word(translator.target_vocabulary, ids[word.start], key)))
                places.append((b, number + 1))
    disturbed: list[dict[str, Disturbed]] = [{} for _ in batch]
    for (b, number), injection in zip(places, inject(translator, jobs) if jobs else (), strict=True):
        disturbed[b][injection.lane] = Disturbed(number, injection)
    return disturbed
