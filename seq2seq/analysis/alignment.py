"""Measure how well attention aligns words, on sentences that people have aligned.

Alignment error rate of Och and Ney (2003), equation 21: AER = 1 - (|A & S| + |A & P|) / (|A| + |S|). A is the set of links
found, S the sure links, and P the possible links, which include S. Precision is |A & P| / |A|, recall |A & S| / |S|. A link
is (source word, target word), counted from 0; punctuation marks are words like others. Attention links every target word, also
one that nobody linked, which can only be wrong: the precision over linked words leaves those out.

Attention is teacher-forced: the decoder is fed the given translation. Weights become links as in Luong et al. (2015), section
5.4: each target word is linked to the source word with the largest weight; the end mark is left out. Every word gets one link,
so recall cannot reach 1 if people linked a word to several.
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
from seq2seq.data.lines import lines
from seq2seq.decoding.translator import BATCH_SENTENCES, Translator
from seq2seq.sources.words import Words, join, merge

Link = tuple[int, int]  # source word, target word
Links = frozenset[Link]
ATTENTION, DIAGONAL, UNIFORM = "attention", "diagonal", "uniform"
METHODS = (ATTENTION, DIAGONAL, UNIFORM)
MAX_WORDS = 1000  # per side: far more than any model accepts
_LINK = re.compile(r"([0-9]{1,4})([-p?])([0-9]{1,4})", re.ASCII)


@dataclass(frozen=True)
class Aligned:
    """A sentence and its translation as words, with the links that people made."""

    source: tuple[str, ...]
    target: tuple[str, ...]
    sure: Links
    possible: Links  # includes the sure links

    def __post_init__(self) -> None:
        object.__setattr__(self, "possible", self.possible | self.sure)
        check(self.possible, len(self.source), len(self.target))

    @property
    def linked(self) -> frozenset[int]:
        """Return the target words that have a link."""
        return frozenset(j for _, j in self.possible)


@dataclass(frozen=True)
class Counts:
    """Numbers of links; for a random method, expected values."""

    sure_found: float  # |A & S|
    possible_found: float  # |A & P|
    found: float  # |A|
    sure: float  # |S|
    linked_found: float  # links of A whose target word has a link in P

    @property
    def error_rate(self) -> float:
        """Return the alignment error rate, 0 to 1; 0 also if there are no links at all."""
        total = self.found + self.sure
        return 1 - (self.sure_found + self.possible_found) / total if total else 0.0


@dataclass(frozen=True)
class Row:
    """The result of one sentence."""

    index: int  # index among the measured sentences
    links: Links  # the attention's links
    counts: dict[str, Counts]  # by method
    end: tuple[float, ...]  # weight on the end mark of the source, at each step


@dataclass(frozen=True)
class Attended:
    """The attention of one pair, teacher-forced."""

    index: int  # among the pairs
    weights: np.ndarray  # [target words, source words]
    end: tuple[float, ...]  # weight on the end mark of the source, at each step; the last step writes the target's end mark


def check(links: Iterable[Link], source: int, target: int) -> None:
    """Raises ValueError for a link to a word that does not exist."""
    for i, j in sorted(links):
        for side, word, words in (("source", i, source), ("target", j, target)):
            if not 0 <= word < words:
                raise ValueError(f"link {i}-{j}: there is no {side} word {word}, they are 0 to {words - 1}")


def read_links(text: str) -> tuple[Links, Links]:
    """Read sure and possible links such as "0-0 1p2": `i-j` is sure, `ipj` and `i?j` are possible; their order does not matter.

    Raises ValueError for anything else.
    """
    sure: set[Link] = set()
    possible: set[Link] = set()
    for word in text.split():
        if not (match := _LINK.fullmatch(word)):
            raise ValueError(f"{word[:20]!r} is not a link: write a sure link like 0-2, a possible link like 0p2 or 0?2")
        link = (int(match[1]), int(match[3]))
        (sure if match[2] == "-" else possible).add(link)
    return frozenset(sure), frozenset(possible | sure)


def read_aligned(path: str | Path) -> list[Aligned]:
    """Read a UTF-8 file, one sentence per line: source, target and links, separated by tabs; words are separated by spaces.

    Empty lines are skipped. Raises ValueError with file and line.
    """
    sentences = []
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(lines(file), start=1):
                if text := line.strip(" "):
                    sentences.append(_parse_line(text, number))
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"{path}, {error}") from None
    if not sentences:
        raise ValueError(f"{path} contains no aligned sentence")
    return sentences


def _parse_line(line: str, number: int) -> Aligned:
    """Raises ValueError that begins with the number of the line."""
    try:
        return _aligned(line)
    except ValueError as error:
        raise ValueError(f"line {number}: {error}") from None


def _aligned(line: str) -> Aligned:
    columns = line.split("\t")
    if len(columns) != 3:
        raise ValueError(f"{len(columns)} column(s), but three are needed: source, target and links, separated by tabs")
    source, target = (tuple(word for word in side.split(" ") if word) for side in columns[:2])
    for side, words in (("source", source), ("target", target)):
        if not 0 < len(words) <= MAX_WORDS:
            raise ValueError(f"the {side} has {len(words)} words; it must have 1 to {MAX_WORDS:,}")
        join(words)  # raises ValueError for an invisible word
    sure, possible = read_links(columns[2])
    if not possible:
        raise ValueError("there is no link: the third column needs at least one")
    return Aligned(source, target, sure, possible)


def score(links: Links, gold: Aligned) -> Counts:
    linked = gold.linked
    found = sum(j in linked for _, j in links)
    return Counts(len(links & gold.sure), len(links & gold.possible), len(links), len(gold.sure), found)


def diagonal(source: int, target: int) -> Links:
    """Link target word j to source word j (source - 1) / (target - 1), rounded half up."""
    steps = max(1, target - 1)
    return frozenset(((2 * j * (source - 1) + steps) // (2 * steps), j) for j in range(target))


def uniform(gold: Aligned) -> Counts:
    """Return expected counts if each target word is linked to a random source word.

    With equal weights, any of them may be the largest. A link is found with probability 1 / (number of source words). |A| and
    |S| are fixed, so the error rate of the expected counts is the expected error rate.
    """
    words = len(gold.source)
    return Counts(len(gold.sure) / words, len(gold.possible) / words, len(gold.target), len(gold.sure), len(gold.linked))


def largest(weights: np.ndarray) -> Links:
    """Link each target word to the source word with the largest weight, the first if equal. `weights`: [target, source]."""
    return frozenset((int(i), j) for j, i in enumerate(weights.argmax(1)))


def attention(translator: Translator, source: Words, target: Words) -> np.ndarray:
    """Return weights [target words, source words] of one pair, teacher-forced. Rows sum to less than 1, because the end mark's
    weight is left out. Raises ValueError, with a message for users, for a text that is too long, and for a model without
    attention."""
    ids = translator.source_ids(source.text), translator.target_ids(target.text)
    return _between_words(translator, (source, target), ids, translator.attend([ids[0]], [ids[1]])[0])


def _between_words(translator: Translator, pair: tuple[Words, Words], ids: tuple[Ids, Ids], weights: np.ndarray) -> np.ndarray:
    columns = pair[0].shares(translator.source_vocabulary.pieces(ids[0]))
    return merge(weights, pair[1].shares(translator.target_vocabulary.pieces(ids[1])), columns)


def word_attention(translator: Translator, pairs: Sequence[tuple[Words, Words]]) -> Iterator[Attended]:
    """Yield the attention of each pair, in batches of similar length. Pairs too long for the model are skipped.

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
        all_weights = translator.attend([source for _, (source, _) in batch], [target for _, (_, target) in batch])
        for (index, ids), weights in zip(batch, all_weights, strict=True):
            yield Attended(index, _between_words(translator, pairs[index], ids, weights), tuple(weights[:, -1].tolist()))


def agreeing(links: Links, weights: np.ndarray) -> frozenset[int]:
    """Return the target words whose source word with the largest weight is among their `links`."""
    return frozenset(j for _, j in links & largest(weights))


def measure(translator: Translator, sentences: Sequence[Aligned]) -> Iterator[Row]:
    """Yield the result of each sentence; sentences too long for the model are skipped."""
    languages = (translator.info.source_language, translator.info.target_language)
    pairs = [(join(gold.source, languages[0]), join(gold.target, languages[1])) for gold in sentences]
    for attended in word_attention(translator, pairs):
        gold, links = sentences[attended.index], largest(attended.weights)
        diagonal_links = diagonal(len(gold.source), len(gold.target))
        counts = {ATTENTION: score(links, gold), DIAGONAL: score(diagonal_links, gold), UNIFORM: uniform(gold)}
        yield Row(attended.index, links, counts, attended.end)


def report(rows: Sequence[Row], seed: int = 1) -> dict[str, dict[str, float | None]]:
    """Return, by method, error rate, precision and recall over all links of all sentences, each with the band of 95% of the
    resamples; under "gain", the diagonal's error rate minus the attention's; and under "end_mark", the mean weight on the end
    mark of the source at the first steps, and at all steps that write something."""
    bootstrap = Bootstrap(len(rows), seed=seed)
    ordered = sorted(rows, key=lambda row: row.index)  # so that the order of measuring does not change the result
    rates = {
        method: _rates(bootstrap.by_column([np.array([astuple(row.counts[method]) for row in ordered], float)]))
        for method in METHODS
    }
    figures: dict[str, dict[str, Any]] = {}
    for method, by_name in rates.items():
        figures[method] = {key: value for name, means in by_name.items() for key, value in means.figure(name).items()}
    figures["gain"] = rates[DIAGONAL]["error_rate"].minus(rates[ATTENTION]["error_rate"]).figure("error_rate")
    first, writing = (_padded([row.end[:stop] for row in ordered]) for stop in (1, -1))
    figures["end_mark"] = bootstrap.overall([first]).figure("first_step") | bootstrap.overall([writing]).figure("writing")
    return figures


def _padded(rows: Sequence[Sequence[float]]) -> np.ndarray:
    """Return rows of different lengths as one array; what is missing is nan."""
    cells = np.full((len(rows), max(map(len, rows))), np.nan)
    for index, row in enumerate(rows):
        cells[index, : len(row)] = row
    return cells


def _rates(means: Means) -> dict[str, Means]:
    """Return the rates of [5] mean `Counts`: the quotient of two means equals the quotient of the sums."""

    def of(rate: Any) -> Means:
        with np.errstate(invalid="ignore", divide="ignore"):
            return Means(rate(means.values[None]), rate(means.drawn)[:, None])

    return {
        "error_rate": of(lambda c: 1 - (c[:, 0] + c[:, 1]) / (c[:, 2] + c[:, 3])),
        "precision": of(lambda c: c[:, 1] / c[:, 2]),
        "linked_precision": of(lambda c: c[:, 1] / c[:, 4]),
        "recall": of(lambda c: c[:, 0] / c[:, 3]),
    }
