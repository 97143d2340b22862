"""Translation quality: BLEU and chrF by sacrebleu, with its signature; repeated phrases; where two token sequences agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sacrebleu.metrics import BLEU, CHRF

from seq2seq.sources import words
from seq2seq.sources.normalise import normalise
from seq2seq.sources.pieces import UNSPACED

# sacrebleu's tokenizer by target language; other languages use the one for English. Japanese needs the extra `sacrebleu[ja]`.
WORDS = {"Chinese": "zh", "Japanese": "ja-mecab"}
REPEATED_WORDS = 3  # the length of a phrase that should not occur twice
LENGTHS = ((1, 4), (5, 7), (8, 10), (11, 15), (16, 10_000))  # source words, from - to


@dataclass(frozen=True)
class LengthQuality:
    """Corpus BLEU, chrF and share of exact translations (%) of the sentences whose source has `low` to `high` words."""

    low: int
    high: int
    sentences: int
    bleu: float
    chrf: float
    exact: float


@dataclass(frozen=True)
class Quality:
    """Free-running quality of a set of translations against all references of each.

    A source with several references has several rows in a file; it can count once or once per row. Both are common, and in the
    second one short sentences with many references have more weight; so both are given.
    """

    sentences: int  # number of different sources; each one counts once in bleu, chrf and by_length
    references: int
    bleu: float
    chrf: float
    rows: int  # number of pairs; each one counts once in the next two
    bleu_by_row: float
    chrf_by_row: float
    bleu_signature: str
    chrf_signature: str
    by_length: tuple[LengthQuality, ...]
    exact: float  # percentage of sources whose translation is equal to one of the references
    repeated: float  # percentage of sources whose translation has a phrase twice, although the source has none twice
    word_errors: float  # insertions, deletions and substitutions of words, in percent of the words of the closest references


def quality(
    sources: Sequence[str],
    hypotheses: Sequence[str],
    references: Sequence[Sequence[str]],
    rows: Sequence[int] | None = None,
    language: str = "",
    source_language: str = "",
    lengths: Sequence[tuple[int, int]] = LENGTHS,
) -> Quality:
    """Compute corpus BLEU (Papineni et al. 2002) and chrF (Popović 2015) with one hypothesis and one or more references per
    source.

    `rows` has the source index of every row of a file; by default every source is one row. `language` is that of the
    references, because some languages have no spaces between words. A phrase for `repeated` is three words of `words.split`
    without a punctuation mark; they also depend on the language. Raises ValueError if sacrebleu lacks an extra for that
    language.
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

    def exact(chosen: Sequence[int]) -> float:
        return 100 * sum(hypotheses[i] in references[i] for i in chosen) / len(chosen)

    by_length = []
    for low, high in lengths:
        chosen = [i for i in once if low <= len(sources[i].split()) <= high]
        if chosen:
            scores = score(BLEU(tokenize=cut), chosen), score(CHRF(), chosen), exact(chosen)
            by_length.append(LengthQuality(low, high, len(chosen), *scores))
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
        exact=exact(once),
        repeated=100
        * sum(
            _repeats_phrase(hypothesis, language) and not _repeats_phrase(source, source_language)
            for source, hypothesis in zip(sources, hypotheses, strict=True)
        )
        / len(sources),
        word_errors=word_errors(hypotheses, references),
    )


def word_errors(hypotheses: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """Return the word error rate in percent: edits per word of the reference that needs the fewest (Levenshtein 1966).

    Words are the texts between spaces: for phonemes this is the phoneme error rate. In scripts without spaces every character
    is a word: for katakana this is the character error rate.
    """
    edits = words_of_references = 0
    for hypothesis, several in zip(hypotheses, references, strict=True):
        written = _by_spaces(hypothesis)
        words_of = map(_by_spaces, several)
        fewest, length = min((_costs(reference, written)[-1][-1], len(reference)) for reference in words_of)
        edits, words_of_references = edits + fewest, words_of_references + length
    return 100 * edits / words_of_references


def percent(value: float) -> str:
    """Write a percentage with one decimal; with two if one decimal would show a false 0.0."""
    return f"{value:.2f}" if 0 < value < 0.05 else f"{value:.1f}"


def _by_spaces(text: str) -> list[str]:
    """Return the texts between spaces; characters of a script without spaces are separate."""
    return UNSPACED.sub(r" \g<0> ", text).split()


def ngrams(items: Sequence[str], size: int) -> list[tuple[str, ...]]:
    """Return every `size` items in a row. They overlap."""
    return [tuple(items[start : start + size]) for start in range(len(items) - size + 1)]


def _repeats_phrase(text: str, language: str) -> bool:
    """Whether three words, without a mark between them, occur twice in the same order; capitals do not matter.

    The two can overlap: "very very very very" has them twice.
    """
    if not normalise(text):
        return False
    found = ngrams([word.casefold() for word in words.split(text, language)], REPEATED_WORDS)
    phrases = [phrase for phrase in found if all(any(map(str.isalnum, word)) for word in phrase)]
    return len(set(phrases)) < len(phrases)


def chrf_of_each(hypotheses: Sequence[str], references: Sequence[str]) -> list[float]:
    """Return the chrF of each sentence, 0 to 100."""
    metric = CHRF()
    return [metric.sentence_score(h, [r]).score for h, r in zip(hypotheses, references, strict=True)]


def _streams(references: Sequence[Sequence[str]]) -> Any:
    """Return the references in sacrebleu's layout: one list per reference number, None if a sentence has fewer."""
    most = max(map(len, references))
    return [[refs[i] if i < len(refs) else None for refs in references] for i in range(most)]


def divergence(first: Sequence[int], second: Sequence[int]) -> int | None:
    """Return the first position where two sequences differ or one has ended; None if they are equal."""
    if list(first) == list(second):
        return None
    pairs = enumerate(zip(first, second, strict=False))
    return next((t for t, (a, b) in pairs if a != b), min(len(first), len(second)))


def agreeing_tail(first: Sequence[int], second: Sequence[int]) -> int:
    """Count the equal last pieces of two sequences."""
    shorter = min(len(first), len(second))
    return next((n for n in range(shorter) if first[-1 - n] != second[-1 - n]), shorter)


def align(reference: Sequence[int], hypothesis: Sequence[int]) -> list[tuple[int, bool]]:
    """Return for every reference position the aligned hypothesis position, and whether the pieces are equal.

    The alignment has the fewest insertions, deletions and substitutions (Levenshtein 1966), so one extra word at the beginning
    does not make all later pieces wrong. Of several such alignments, the one that matches pieces as late as possible is used. A
    piece that is missing in the hypothesis is aligned with the next piece of the hypothesis.
    """
    rows, columns = len(reference), len(hypothesis)
    cost = _costs(reference, hypothesis)
    aligned: list[tuple[int, bool]] = [(0, False)] * rows
    i, j = rows, columns
    while i:
        same = j > 0 and reference[i - 1] == hypothesis[j - 1]
        if j and cost[i][j] == cost[i - 1][j - 1] + (not same):
            i, j = i - 1, j - 1
            aligned[i] = (j, same)
        elif cost[i][j] == cost[i - 1][j] + 1:
            i -= 1
            aligned[i] = (j, False)
        else:
            j -= 1
    return aligned


def _costs(reference: Sequence[object], hypothesis: Sequence[object]) -> list[list[int]]:
    """Return the fewest edits between the first i items of `reference` and the first j of `hypothesis`, at [i][j]."""
    rows, columns = len(reference), len(hypothesis)
    cost = [[i + j if i == 0 or j == 0 else 0 for j in range(columns + 1)] for i in range(rows + 1)]
    for i in range(1, rows + 1):
        for j in range(1, columns + 1):
            substituted = cost[i - 1][j - 1] + (reference[i - 1] != hypothesis[j - 1])
            cost[i][j] = min(substituted, cost[i - 1][j] + 1, cost[i][j - 1] + 1)
    return cost
