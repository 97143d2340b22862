"""Measure the free-running quality of a model on pairs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from seq2seq.data.corpora import Pair, with_references
from seq2seq.decoding.hypotheses import Hypothesis
from seq2seq.decoding.metrics import LENGTHS, Quality, quality
from seq2seq.decoding.strategies import Greedy
from seq2seq.decoding.translator import Translator
from seq2seq.sources.normalise import normalise


def evaluate(translator: Translator, pairs: Sequence[Pair], strategy: Any = Greedy(), raw: bool = False) -> Quality:
    """Compute the free-running BLEU and chrF of `pairs`, each source against all of its references.

    Translations are normalised like the pairs of `read_pairs`; with `raw` they stay as they are, and so should the pairs.

    A source that is too long for the model counts with an empty translation, because leaving it out would raise the score.
    """
    return judge(translator, pairs, best_of_sources(translator, [source for source, _ in pairs], strategy), raw)


def best_of_sources(
    translator: Translator, sources: Iterable[str], strategy: Any = Greedy(), count: int = 1
) -> dict[str, list[Hypothesis]]:
    """Return at most `count` hypotheses of each different source, best first; none for a source that is too long."""
    different = list(dict.fromkeys(sources))
    lines = [source if _fits(translator, source) else "" for source in different]
    return {different[i]: best for i, best in translator.best_of_lines(lines, strategy, count)}


def _fits(translator: Translator, source: str) -> bool:
    try:
        return len(translator.source_ids(source)) > 0
    except ValueError:
        return False


def judge(
    translator: Translator,
    pairs: Sequence[Pair],
    found: Mapping[str, Sequence[Hypothesis]],
    raw: bool = False,
    lengths: Sequence[tuple[int, int]] = LENGTHS,
) -> Quality:
    """Compute the quality of the first hypotheses `found` for the sources of `pairs`, as `evaluate` does; `lengths` are the
    ranges of source words of its table."""
    references = with_references(list(pairs))
    translations = [found[source][0].text if found[source] else "" for source in references]
    hypotheses = translations if raw else [normalise(text) for text in translations]
    index = {source: i for i, source in enumerate(references)}
    rows = [index[source] for source, _ in pairs]
    languages = (translator.info.target_language, translator.info.source_language)
    return quality(list(references), hypotheses, list(references.values()), rows, *languages, lengths)
