"""How good translations are: BLEU and chrF, always by sacrebleu, always with its signature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sacrebleu.metrics import BLEU, CHRF

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
    """Free-running quality of a set of translations against all references of each."""

    sentences: int
    references: int
    bleu: float
    chrf: float
    bleu_signature: str
    chrf_signature: str
    by_length: tuple[LengthQuality, ...]


def quality(sources: Sequence[str], hypotheses: Sequence[str], references: Sequence[Sequence[str]]) -> Quality:
    """Corpus BLEU (Papineni et al. 2002) and chrF (Popović 2015) of one hypothesis and one or more references a source."""
    bleu, chrf = BLEU(), CHRF()
    streams = _streams(references)
    by_length = []
    for low, high in LENGTHS:
        chosen = [i for i, source in enumerate(sources) if low <= len(source.split()) <= high]
        if chosen:
            part = BLEU().corpus_score([hypotheses[i] for i in chosen], _streams([references[i] for i in chosen]))
            by_length.append(LengthQuality(low, high, len(chosen), part.score))
    return Quality(
        sentences=len(sources),
        references=sum(map(len, references)),
        bleu=bleu.corpus_score(hypotheses, streams).score,
        chrf=chrf.corpus_score(hypotheses, streams).score,
        bleu_signature=str(bleu.get_signature()),
        chrf_signature=str(chrf.get_signature()),
        by_length=tuple(by_length),
    )


def _streams(references: Sequence[Sequence[str]]) -> Any:
    """sacrebleu's layout: one list a reference number, a gap where a sentence has fewer."""
    most = max(map(len, references))
    return [[refs[i] if i < len(refs) else None for refs in references] for i in range(most)]
