"""How good translations are: BLEU and chrF, always by sacrebleu, always with its signature; and where two of them agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sacrebleu.metrics import BLEU, CHRF

# sacrebleu's cutting of references into words, by the language written; all others are cut like English. Japanese needs the
# extra `sacrebleu[ja]`.
WORDS = {"Chinese": "zh", "Japanese": "ja-mecab"}
LENGTHS = ((1, 4), (5, 7), (8, 10), (11, 15), (16, 10_000))  # source words, from - to


@dataclass(frozen=True)
class LengthQuality:
    """Corpus BLEU of the sentences whose source has `low` to `high` words."""

    low: int
    high: int
    sentences: int
    bleu: float


@dataclass(frozen=True)
class Quality:
    """Free-running quality of a set of translations against all references of each.

    A source that stands in several rows of a file, once a reference, can count once or once a row. Both are common, and short
    sentences with many references weigh more in the second; so both are given.
    """

    sentences: int  # different sources, each counted once in bleu, chrf and by_length
    references: int
    bleu: float
    chrf: float
    rows: int  # pairs, each counted once in the next two
    bleu_by_row: float
    chrf_by_row: float
    bleu_signature: str
    chrf_signature: str
    by_length: tuple[LengthQuality, ...]
    exact: float  # of 100 different sources, how many translations are one of the references, character by character


def quality(
    sources: Sequence[str],
    hypotheses: Sequence[str],
    references: Sequence[Sequence[str]],
    rows: Sequence[int] | None = None,
    language: str = "",
) -> Quality:
    """Corpus BLEU (Papineni et al. 2002) and chrF (Popović 2015) of one hypothesis and one or more references a source.

    `rows` names, for every row of a file, the index of its source; by default every source is one row. `language` is the
    references', since some write no spaces between words. Raises ValueError where sacrebleu lacks what that language needs.
    """
    cut = WORDS.get(language)
    try:
        bleu, chrf = BLEU(tokenize=cut), CHRF()
    except RuntimeError as error:
        raise ValueError(f"BLEU of {language}: {str(error).strip().splitlines()[0]}") from None
    once = range(len(sources))
    rows = list(once) if rows is None else rows

    def score(metric: BLEU | CHRF, chosen: Sequence[int]) -> float:
        streams = _streams([references[i] for i in chosen])
        return float(metric.corpus_score([hypotheses[i] for i in chosen], streams).score)

    by_length = []
    for low, high in LENGTHS:
        chosen = [i for i in once if low <= len(sources[i].split()) <= high]
        if chosen:
            by_length.append(LengthQuality(low, high, len(chosen), score(BLEU(tokenize=cut), chosen)))
    return Quality(
        sentences=len(sources),
        references=sum(map(len, references)),
        bleu=score(bleu, once),
        chrf=score(chrf, once),
        rows=len(rows),
        bleu_by_row=score(BLEU(tokenize=cut), rows),
        chrf_by_row=score(CHRF(), rows),
        bleu_signature=str(bleu.get_signature()),
        chrf_signature=str(chrf.get_signature()),
        by_length=tuple(by_length),
        exact=100 * sum(h in refs for h, refs in zip(hypotheses, references, strict=True)) / len(sources),
    )


def chrf_of_each(hypotheses: Sequence[str], references: Sequence[str]) -> list[float]:
    """chrF of each sentence alone, 0 to 100."""
    metric = CHRF()
    return [metric.sentence_score(h, [r]).score for h, r in zip(hypotheses, references, strict=True)]


def _streams(references: Sequence[Sequence[str]]) -> Any:
    """sacrebleu's layout: one list a reference number, a gap where a sentence has fewer."""
    most = max(map(len, references))
    return [[refs[i] if i < len(refs) else None for refs in references] for i in range(most)]


def divergence(first: Sequence[int], second: Sequence[int]) -> int | None:
    """The first position at which two sequences differ, or one has ended; None where they are equal."""
    if list(first) == list(second):
        return None
    pairs = enumerate(zip(first, second, strict=False))
    return next((t for t, (a, b) in pairs if a != b), min(len(first), len(second)))


def agreeing_tail(first: Sequence[int], second: Sequence[int]) -> int:
    """How many of the last pieces of two sequences are the same."""
    shorter = min(len(first), len(second))
    return next((n for n in range(shorter) if first[-1 - n] != second[-1 - n]), shorter)


def align(reference: Sequence[int], hypothesis: Sequence[int]) -> list[tuple[int, bool]]:
    """For every reference position, the hypothesis position beside it and whether the same piece stands there.

    They follow from the fewest insertions, deletions and substitutions (Levenshtein 1966) that turn one into the other, so
    that a word too many early on is not held against everything behind it. Of several such ways the one that keeps pieces side
    by side as late as possible is taken. A piece that the hypothesis leaves out stands beside the next one that it wrote.
    """
    rows, columns = len(reference), len(hypothesis)
    cost = [[i + j if i == 0 or j == 0 else 0 for j in range(columns + 1)] for i in range(rows + 1)]
    for i in range(1, rows + 1):
        for j in range(1, columns + 1):
            beside = cost[i - 1][j - 1] + (reference[i - 1] != hypothesis[j - 1])
            cost[i][j] = min(beside, cost[i - 1][j] + 1, cost[i][j - 1] + 1)
    beside_of: list[tuple[int, bool]] = [(0, False)] * rows
    i, j = rows, columns
    while i:
        same = j > 0 and reference[i - 1] == hypothesis[j - 1]
        if j and cost[i][j] == cost[i - 1][j - 1] + (not same):
            i, j = i - 1, j - 1
            beside_of[i] = (j, same)
        elif cost[i][j] == cost[i - 1][j] + 1:
            i -= 1
            beside_of[i] = (j, False)
        else:
            j -= 1
    return beside_of
