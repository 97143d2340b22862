"""The decoder alone: how likely a sentence is, what comes next, and what a source is worth.

The probability of a sentence is the product of the probabilities of its pieces, each given all pieces before it (the chain
rule). Everything runs through the same `score` and `translate` as for a model with a source; the source is empty.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch

from seq2seq.analysis.forcing.scoring import log_probs, perplexity
from seq2seq.decoding.strategies import Greedy, Sample
from seq2seq.decoding.translator import Translator
from seq2seq.sources.pieces import group_words, word_indices
from seq2seq.trace import DecodingTrace

NO_SOURCE = ""
NATS_TO_BITS = 1 / math.log(2)
MOST_WRITTEN = 100  # sentences of one `sentences`


def check(translator: Translator) -> None:
    """Raise ValueError for a model with a source."""
    if translator.info.reads_source:
        raise ValueError(f"the model {translator.name!r} translates; this needs a language model, such as lm-en")


def write_on(translator: Translator, start: str = "", strategy: Any = Greedy()) -> DecodingTrace:
    """Write the rest of a sentence that begins with `start`. Raises ValueError for a start that is too long."""
    check(translator)
    prefix = translator.target_ids(start)[:-1] if start.strip() else []
    return translator.translate(NO_SOURCE, strategy, prefix)


def sentences(translator: Translator, count: int, start: str = "", strategy: Any = Sample()) -> Iterator[DecodingTrace]:
    """Write `count` sentences; sentence i is drawn with the seed of `strategy` plus i.

    Raises ValueError for more than one sentence of a strategy that does not draw, because they would all be the same.
    """
    if not 1 <= count <= MOST_WRITTEN:
        raise ValueError(f"count must be between 1 and {MOST_WRITTEN}, not {count}")
    if count > 1 and not isinstance(strategy, Sample):
        raise ValueError(f"{strategy.name} always writes the same sentence: leave out the count, or sample")
    for number in range(count):
        drawn = replace(strategy, seed=strategy.seed + number) if isinstance(strategy, Sample) else strategy
        yield write_on(translator, start, drawn)


@dataclass(frozen=True)
class Drawn:
    """What one piece was chosen from: the likeliest pieces and the chosen one, as (token, piece, p in the model, q after the
    settings of the strategy)."""

    pieces: tuple[tuple[int, str, float, float], ...]
    kept: int  # pieces with q above 0; -1: all of them


def choices(translator: Translator, trace: DecodingTrace, start: int, strategy: Greedy | Sample, most: int = 8) -> list[Drawn]:
    """Return what each piece of `trace` from step `start` on was chosen from by `strategy`."""
    ids = [step.token for step in trace.steps]
    log_probs = translator.force([translator.source_ids(NO_SOURCE)], [ids])[0, start:]
    q = torch.nn.functional.one_hot(log_probs.argmax(-1), log_probs.shape[1]).float()
    if isinstance(strategy, Sample):
        q = strategy.probabilities(log_probs)
        q = q / q.sum(-1, keepdim=True)
    found = []
    for chosen, row, after in zip(ids[start:], log_probs.exp(), q, strict=True):
        likeliest = row.topk(min(most, len(row))).indices.tolist()
        tokens = likeliest if chosen in likeliest else [*likeliest[:-1], chosen]
        pieces = translator.target_vocabulary.pieces(tokens)
        kept = int((after > 0).sum())
        rows = tuple((t, piece, float(row[t]), float(after[t])) for t, piece in zip(tokens, pieces, strict=True))
        found.append(Drawn(rows, -1 if kept == len(row) else kept))
    return found


@dataclass(frozen=True)
class Likelihood:
    """Sentences under a language model, teacher-forced. A word has its punctuation; the end mark is a piece but no word."""

    sentences: int
    pieces: int
    words: int
    log_prob: float  # nats, of all sentences together

    @property
    def per_piece(self) -> float:
        return perplexity(self.log_prob, self.pieces)

    @property
    def per_word(self) -> float:
        return perplexity(self.log_prob, self.words)

    @property
    def bits_per_sentence(self) -> float:
        return -self.log_prob * NATS_TO_BITS / self.sentences

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        figures = {"perplexity_per_piece": self.per_piece, "perplexity_per_word": self.per_word}
        return {"mode": "teacher-forced", **asdict(self), **figures, "bits_per_sentence": self.bits_per_sentence}


def likelihood(translator: Translator, texts: Iterable[str]) -> Likelihood:
    """Return the likelihood of `texts` in batches of similar length. Raises ValueError for a text that is too long."""
    check(translator)
    encoded = sorted((translator.target_ids(text) for text in texts), key=len)
    total = sum(log_probs(translator, [translator.source_ids(NO_SOURCE)] * len(encoded), encoded))
    words = sum(len(group_words(word_indices(translator.target_vocabulary.pieces(ids)))) - 1 for ids in encoded)
    return Likelihood(len(encoded), sum(map(len, encoded)), words, total)


@dataclass(frozen=True)
class MinimalPair:
    """Two sentences that differ in one thing, which is right in the first one, with their log-probabilities in nats."""

    about: str
    right: str
    wrong: str
    log_prob_right: float
    log_prob_wrong: float

    @property
    def is_right(self) -> bool:
        """Whether the model finds the right sentence likelier (Linzen et al. 2016)."""
        return self.log_prob_right > self.log_prob_wrong


def minimal_pairs(translator: Translator, rows: Iterable[str]) -> list[MinimalPair]:
    """Score lines of three columns: what a pair is about, the right sentence, the wrong one; tabs separate them.

    Raises ValueError that names a line with other columns or with text that the model cannot read.
    """
    check(translator)
    found = []
    for number, row in enumerate(rows, start=1):
        cells = row.split("\t")
        if len(cells) != 3:
            raise ValueError(f"line {number} has {len(cells)} columns: a pair needs a name, the right and the wrong sentence")
        about, right, wrong = cells
        try:
            scores = [translator.score(NO_SOURCE, text).log_prob for text in (right, wrong)]
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
        found.append(MinimalPair(about, right, wrong, *scores))
    return found


@dataclass(frozen=True)
class Worth:
    """One target under a language model, under a translation model with its source, and with the source of another sentence."""

    alone: DecodingTrace
    with_source: DecodingTrace
    with_other: DecodingTrace


def same_pieces(writer: Translator, translator: Translator) -> bool:
    """Whether both models cut their output into the same pieces, so that their bits per piece can be compared."""
    return writer.target_vocabulary.model == translator.target_vocabulary.model


def check_pieces(writer: Translator, translator: Translator) -> None:
    """Raise ValueError for models that cut their output into different pieces."""
    if not same_pieces(writer, translator):
        raise ValueError(f"{writer.name} and {translator.name} cut {writer.info.target_language} into different pieces")


def worth(writer: Translator, translator: Translator, target: str, source: str, other: str) -> Worth:
    """Score `target` three times. Raises ValueError for models with different pieces and for text that they cannot read."""
    check(writer)
    check_pieces(writer, translator)
    return Worth(writer.score(NO_SOURCE, target), translator.score(source, target), translator.score(other, target))


def bits_per_piece(trace: DecodingTrace) -> float:
    """Return the mean surprise of a forced text in bits; its end mark is a piece."""
    return -trace.log_prob * NATS_TO_BITS / len(trace.steps)
