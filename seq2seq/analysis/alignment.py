"""How well attention finds which words translate which, measured on sentences that people have aligned.

Alignment error rate of Och and Ney (2003), equation 21: AER = 1 - (|A & S| + |A & P|) / (|A| + |S|), where A are the links
found, S the links that are sure and P those that are possible, S among them; precision |A & P| / |A|, recall |A & S| / |S|. A
link is (source word, target word), counted from 0; punctuation marks are words like others.

Attention is teacher-forced: the decoder is fed the given translation. Its weights become links as Luong et al. (2015), section
5.4, make them: each target word is linked to the one source word with the largest weight, the end mark's left out. All words
are linked so, hence recall has a ceiling below 1 where people linked a word to several.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seq2seq.analysis.bootstrap import Bootstrap, Means
from seq2seq.data.batches import Ids
from seq2seq.decoding.translator import BATCH_SENTENCES, Translator
from seq2seq.sources.words import Words, join, merge

Link = tuple[int, int]  # source word, target word
Links = frozenset[Link]
ATTENTION, DIAGONAL, UNIFORM = "attention", "diagonal", "uniform"
METHODS = (ATTENTION, DIAGONAL, UNIFORM)
MAX_WORDS = 1000  # a side: far more than any model takes
_LINK = re.compile(r"([0-9]{1,4})([-p?])([0-9]{1,4})", re.ASCII)


@dataclass(frozen=True)
class Aligned:
    """A sentence and its translation in words, and how people linked them."""

    source: tuple[str, ...]
    target: tuple[str, ...]
    sure: Links
    possible: Links  # the sure ones among them

    def __post_init__(self) -> None:
        object.__setattr__(self, "possible", self.possible | self.sure)
        check(self.possible, len(self.source), len(self.target))


@dataclass(frozen=True)
class Counts:
    """Numbers of links; those of a method that draws at random are expected values."""

    sure_found: float  # |A & S|
    possible_found: float  # |A & P|
    found: float  # |A|
    sure: float  # |S|

    @property
    def error_rate(self) -> float:
        """0 to 1; 0 too where there is nothing to be found and nothing was."""
        total = self.found + self.sure
        return 1 - (self.sure_found + self.possible_found) / total if total else 0.0


@dataclass(frozen=True)
class Row:
    """One sentence, measured."""

    index: int  # among the sentences given
    links: Links  # of the attention
    counts: dict[str, Counts]  # by method


def check(links: Iterable[Link], source: int, target: int) -> None:
    """Raises ValueError for a link of a word that is not there."""
    for i, j in sorted(links):
        for side, word, words in (("source", i, source), ("target", j, target)):
            if not 0 <= word < words:
                raise ValueError(f"link {i}-{j}: there is no {side} word {word}, they are 0 to {words - 1}")


def read_links(text: str) -> tuple[Links, Links]:
    """Sure and possible links of "0-0 1p2": `i-j` is sure, `ipj` and `i?j` are possible; their order does not matter.

    Raises ValueError for anything else.
    """
    sure: set[Link] = set()
    possible: set[Link] = set()
    for word in text.split():
        if not (found := _LINK.fullmatch(word)):
            raise ValueError(f"{word[:20]!r} is no link: a sure one is like 0-2, a possible one like 0p2 or 0?2")
        link = (int(found[1]), int(found[3]))
        (sure if found[2] == "-" else possible).add(link)
    return frozenset(sure), frozenset(possible | sure)


def read_aligned(path: str | Path) -> list[Aligned]:
    """The sentences of a UTF-8 file, one a line: source, target and links, separated by tabs, and words separated by spaces.

    Empty lines are left out. Raises ValueError that names file and line.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    found = []
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        try:
            if text := line.decode().strip("\r\n "):
                found.append(_aligned(text))
        except UnicodeDecodeError as error:
            raise ValueError(f"{path}, line {number}: not UTF-8 text, byte {error.start}") from None
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: {error}") from None
    if not found:
        raise ValueError(f"{path} holds no aligned sentence")
    return found


def _aligned(line: str) -> Aligned:
    columns = line.split("\t")
    if len(columns) != 3:
        raise ValueError(f"{len(columns)} column(s), but there are three: source, target and links, separated by tabs")
    source, target = (tuple(word for word in side.split(" ") if word) for side in columns[:2])
    for side, words in (("source", source), ("target", target)):
        if not 0 < len(words) <= MAX_WORDS:
            raise ValueError(f"the {side} has {len(words)} words; it must have 1 to {MAX_WORDS:,}")
        join(words)  # each of them can be seen
    sure, possible = read_links(columns[2])
    if not possible:
        raise ValueError("there is no link")
    return Aligned(source, target, sure, possible)


def score(links: Links, gold: Aligned) -> Counts:
    return Counts(len(links & gold.sure), len(links & gold.possible), len(links), len(gold.sure))


def diagonal(source: int, target: int) -> Links:
    """Target word j is linked to source word j (source - 1) / (target - 1), rounded, a half up."""
    steps = max(1, target - 1)
    return frozenset(((2 * j * (source - 1) + steps) // (2 * steps), j) for j in range(target))


def uniform(gold: Aligned) -> Counts:
    """Expected counts where each target word is linked to a source word drawn at random.

    That is what equal weights come to: the largest of them is any. A link is found with a chance of 1 in as many as there are
    source words; |A| and |S| are fixed, so the error rate of expected counts is the expected error rate.
    """
    words = len(gold.source)
    return Counts(len(gold.sure) / words, len(gold.possible) / words, len(gold.target), len(gold.sure))


def largest(weights: np.ndarray) -> Links:
    """Each target word with the source word of the largest weight, the first of several: `weights` are [target, source]."""
    return frozenset((int(i), j) for j, i in enumerate(weights.argmax(1)))


def attention(translator: Translator, source: Words, target: Words) -> np.ndarray:
    """Weights [target words, source words] of one pair, teacher-forced; the end mark's is no word's, so that rows sum to less
    than 1. Raises ValueError, fit to be shown, for a text that the model cannot take, and for a model without attention."""
    ids = translator.source_ids(source.text), translator.target_ids(target.text)
    return _between_words(translator, (source, target), ids, translator.attend([ids[0]], [ids[1]])[0])


def _between_words(translator: Translator, pair: tuple[Words, Words], ids: tuple[Ids, Ids], weights: np.ndarray) -> np.ndarray:
    columns = pair[0].shares(translator.source_vocabulary.pieces(ids[0]))
    return merge(weights, pair[1].shares(translator.target_vocabulary.pieces(ids[1])), columns)


def word_attention(translator: Translator, pairs: Sequence[tuple[Words, Words]]) -> Iterator[tuple[int, np.ndarray]]:
    """(index, `attention`) of each pair, sentences of like length together. Pairs too long for the model are left out.

    Raises ValueError for a model without attention.
    """
    encoded = []
    for index, (source, target) in enumerate(pairs):
        try:
            encoded.append((index, (translator.source_ids(source.text), translator.target_ids(target.text))))
        except ValueError:
            continue
    encoded.sort(key=lambda row: tuple(map(len, row[1])))
    for start in range(0, len(encoded), BATCH_SENTENCES):
        batch = encoded[start : start + BATCH_SENTENCES]
        found = translator.attend([source for _, (source, _) in batch], [target for _, (_, target) in batch])
        for (index, ids), weights in zip(batch, found, strict=True):
            yield index, _between_words(translator, pairs[index], ids, weights)


def agreeing(links: Links, weights: np.ndarray) -> frozenset[int]:
    """The target words for which the source word with the largest weight is among those that `links` give them."""
    return frozenset(j for _, j in links & largest(weights))


def measure(translator: Translator, sentences: Sequence[Aligned]) -> Iterator[Row]:
    """The sentences, measured as they come; those that are too long for the model are left out."""
    languages = (translator.info.source_language, translator.info.target_language)
    pairs = [(join(gold.source, languages[0]), join(gold.target, languages[1])) for gold in sentences]
    for index, weights in word_attention(translator, pairs):
        gold, links = sentences[index], largest(weights)
        straight = diagonal(len(gold.source), len(gold.target))
        counts = {ATTENTION: score(links, gold), DIAGONAL: score(straight, gold), UNIFORM: uniform(gold)}
        yield Row(index, links, counts)


def report(rows: Sequence[Row], seed: int = 1) -> dict[str, dict[str, float | None]]:
    """By method: error rate, precision and recall over all links of all sentences, each with the band in which 95% of resamples
    of the sentences lie; and, under "gain", by how much the attention's error rate is below the diagonal's."""
    bootstrap = Bootstrap(len(rows), seed=seed)
    ordered = sorted(rows, key=lambda row: row.index)  # the order in which they were measured changes nothing
    rates = {
        method: _rates(bootstrap.by_column([np.array([astuple(row.counts[method]) for row in ordered], float)]))
        for method in METHODS
    }
    found: dict[str, dict[str, Any]] = {}
    for method, by_name in rates.items():
        found[method] = {key: value for name, means in by_name.items() for key, value in means.figure(name).items()}
    found["gain"] = rates[DIAGONAL]["error_rate"].minus(rates[ATTENTION]["error_rate"]).figure("error_rate")
    return found


def _rates(means: Means) -> dict[str, Means]:
    """The rates of [4] mean `Counts`: a quotient of two means of the same sentences is that of their sums."""

    def of(rate: Any) -> Means:
        with np.errstate(invalid="ignore", divide="ignore"):
            return Means(rate(means.values[None]), rate(means.drawn)[:, None])

    return {
        "error_rate": of(lambda c: 1 - (c[:, 0] + c[:, 1]) / (c[:, 2] + c[:, 3])),
        "precision": of(lambda c: c[:, 1] / c[:, 2]),
        "recall": of(lambda c: c[:, 0] / c[:, 3]),
    }
