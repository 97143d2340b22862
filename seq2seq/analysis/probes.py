"""Watch a model during training: translate some sentences, and measure its quality in both modes."""

from __future__ import annotations

import copy
import statistics
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import chain, islice

import numpy as np

from seq2seq.analysis.forcing.exposure import measure
from seq2seq.analysis.forcing.two_lanes import FORCED, FREE
from seq2seq.analysis.inside.reach import by_distance, reads_in_order, relative, source_reach
from seq2seq.analysis.links import weight_on_links
from seq2seq.data.corpora import Pair
from seq2seq.data.synthetic import Example
from seq2seq.decoding.evaluation import evaluate
from seq2seq.decoding.translator import Translator
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.sources.pieces import WORD_START
from seq2seq.trace import SourcePosition
from seq2seq.training.events import Event, Measured, Reached, SampleDecoded

DIGITS = 3  # decimals of an attention weight, and significant digits of a norm
REACH_SENTENCES = 16  # a pass backwards through the first of the measured pairs


class Probes:
    """Sentences to translate and held-out pairs to measure; `use` makes a translator of the current model."""

    def __init__(
        self,
        use: Callable[[Seq2Seq], Translator],
        sentences: Sequence[str],
        pairs: Sequence[Pair],
        examples: Iterable[Example] = (),
    ):
        """`examples` have the true alignment of pairs, where it is known."""
        self.signatures: dict[str, str] = {}  # sacreBLEU's, by metric, after the first measurement
        self._use, self._sentences, self._pairs = use, sentences, pairs
        by_source = {example.source: example for example in examples}
        self._aligned = [by_source[source] for source, _ in pairs if source in by_source and by_source[source].links]

    def __call__(self, model: Seq2Seq, update: int) -> list[Event]:
        translator = self._use(model)
        events: list[Event] = [self._translate(translator, sentence, update) for sentence in self._sentences]
        return [*events, self._measure(translator, update), *self._reach(translator, update)] if self._pairs else events

    def check(self, model: Seq2Seq) -> None:
        """Raises ValueError for a sentence that the model cannot read."""
        if not self._sentences:
            return
        translator = self._use(copy.deepcopy(model))
        for sentence in self._sentences:
            translator.source_ids(sentence, readable=True)

    def _translate(self, translator: Translator, sentence: str, update: int) -> SampleDecoded:
        trace = translator.translate(sentence)
        rows = [tuple(round(weight, DIGITS) for weight in step.attention) for step in trace.steps if step.attention]
        return SampleDecoded(
            update=update,
            source=sentence,
            hypothesis=trace.text,
            source_pieces=tuple(_name(position) for position in trace.source),
            pieces=tuple(step.piece for step in trace.steps),
            attention=tuple(rows) if rows else None,
        )

    def _measure(self, translator: Translator, update: int) -> Measured:
        quality = evaluate(translator, self._pairs)
        self.signatures = {"bleu": quality.bleu_signature, "chrf": quality.chrf_signature}
        rows = list(chain.from_iterable(measure(translator, self._pairs, wrong_words=False)))
        accuracy = {lane: statistics.fmean(chain.from_iterable(row.right[lane] for row in rows)) for lane in (FORCED, FREE)}
        figures = (quality.sentences, quality.bleu, quality.exact, accuracy[FORCED], accuracy[FREE])
        return Measured(update, *figures, self._weight_on_alignment(translator), quality.chrf)

    def _reach(self, translator: Translator, update: int) -> list[Event]:
        """Return how far back the output reaches; nothing for a model that reads all pieces at once or no text, and while its
        numbers are not finite."""
        if not reads_in_order(translator.model):
            return []
        pairs = []
        for source, target in self._pairs[:REACH_SENTENCES]:
            with suppress(ValueError):  # too long
                pairs.append((translator.source_ids(source), translator.target_ids(target)))
        norms = source_reach(translator.model, pairs) if pairs else []
        if not (compared := relative(norms)) or not all(np.isfinite(row).all() for row in compared):
            return []
        found, shares = by_distance(translator.model, norms), by_distance(translator.model, compared)
        return [Reached(update, len(pairs), tuple(found), _rounded(found.values()), _rounded(shares.values()))]

    def _weight_on_alignment(self, translator: Translator) -> float | None:
        """Return the share of attention on the true alignment, teacher-forced; None without attention or alignments."""
        if not (self._aligned and translator.info.has_attention):
            return None
        shares = [share for example in weight_on_links(translator, self._aligned) for share, _ in example]
        return round(statistics.fmean(shares), DIGITS) if shares else None


def _name(position: SourcePosition) -> str:
    """Return the piece of a position; the name of a place is a word of its own."""
    return f"{WORD_START}{position.piece}" if position.box else position.piece


def _rounded(norms: Iterable[float]) -> tuple[float, ...]:
    return tuple(float(f"{norm:.{DIGITS}g}") for norm in norms)


def sample(pairs: Sequence[Pair], count: int) -> list[Pair]:
    """Return `count` pairs, evenly spread over `pairs` and always the same."""
    return list(islice(pairs, 0, None, max(1, len(pairs) // count)))[:count] if count else []
