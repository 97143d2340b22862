"""The interface of the engine: text in, traces out. A Translator is immutable and shared by all visitors."""

from __future__ import annotations

import copy
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch

from seq2seq.config import EOS
from seq2seq.data.batches import MAX_PIECES, Ids, pad
from seq2seq.data.corpora import Pair, with_references
from seq2seq.decoding import loop, notes
from seq2seq.decoding.beam_tree import BeamTree, grow
from seq2seq.decoding.edited_attention import NO_EDITS, Edited, Edits
from seq2seq.decoding.hypotheses import Hypothesis, HypothesisPath, paths
from seq2seq.decoding.loop import decode
from seq2seq.decoding.metrics import LENGTHS, Quality, quality
from seq2seq.decoding.model_info import MAX_CHARACTERS, ModelInfo
from seq2seq.decoding.no_repeat import Rule
from seq2seq.decoding.recorder import record
from seq2seq.decoding.strategies import Beam, Greedy, Prefix
from seq2seq.models.attention import Memory
from seq2seq.models.saved import checkpoint
from seq2seq.models.saved.checkpoint import Checkpoint
from seq2seq.models.saved.packed import pack
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.models.state import State
from seq2seq.sources.normalise import normalise
from seq2seq.sources.pieces import WORD_START, byte_of
from seq2seq.sources.text import Vocabulary
from seq2seq.trace import DecodingTrace

MAX_TARGET_PIECES = 2 * MAX_PIECES
BATCH_SENTENCES = 64


class TooLong(ValueError):
    """The error for a text that is longer than the model can read."""


def _refuse(number: int, error: ValueError) -> str:
    raise ValueError(f"line {number}: {error}") from None


class Translator:
    """A checkpoint ready for use. All methods are thread-safe."""

    def __init__(self, loaded: Checkpoint):
        self.model = loaded.model.eval().requires_grad_(False)
        self._packed = pack(self.model)  # for one sentence; the plain model is faster for batches
        self._tokenizer = loaded.tokenizer
        self._checkpoint = loaded
        self.info = ModelInfo.of(loaded)
        self._no_repeat = Rule(loaded.tokenizer, self.info.target_language)

    @property
    def name(self) -> str:
        return self.info.name

    @classmethod
    def load(cls, name_or_folder: str | Path) -> Translator:
        """Load a checkpoint. Raises ValueError with one sentence about the fault."""
        return cls(checkpoint.load(name_or_folder))

    def with_model(self, model: Seq2Seq) -> Translator:
        """Return a translator with another model of the same vocabulary, which is not packed."""
        other = copy.copy(self)
        other.model = other._packed = model
        return other

    def translate(
        self, text: str, strategy: Any = Greedy(), prefix: Sequence[int] = (), edits: Edits = NO_EDITS
    ) -> DecodingTrace:
        """Translate `text` and return every step. The ids of `prefix` are forced first, then `strategy` continues.

        Raises ValueError with a message for the user about text that this model cannot read, ids outside its vocabulary, or
        impossible `edits` of its attention.
        """
        ids = self.source_ids(text, readable=True)
        self._check_prefix(prefix)
        return self._trace(text, ids, Prefix((tuple(prefix),), strategy) if prefix else strategy, edits)

    def beam_tree(self, text: str, beam: Beam) -> BeamTree:
        """Return the whole search of `beam` for the translation of `text`, with all considered pieces.

        Raises ValueError with a message for the user about text that this model cannot read.
        """
        _, frames, hypotheses = self._decode(self.source_ids(text, readable=True), beam)
        return grow(frames, beam, hypotheses, self._tokenizer.target)

    def score(self, source: str, target: str) -> DecodingTrace:
        """Score `target`: its log-probability, teacher-forced, per piece and in total."""
        return self._trace(source, self.source_ids(source), Prefix((tuple(self.target_ids(target)),)))

    def translate_lines(
        self,
        lines: Sequence[str],
        strategy: Any = Greedy(),
        batch_sentences: int = BATCH_SENTENCES,
        workers: int = 0,
        readable: bool = False,
        instead: Callable[[int, ValueError], str] = _refuse,
    ) -> Iterator[tuple[int, str]]:
        """Yield (index, translation) of every line; see `best_of_lines`. An empty line stays empty."""
        for index, best in self.best_of_lines(lines, strategy, 1, batch_sentences, workers, readable, instead):
            yield index, best[0].text if best else ""

    def best_of_lines(
        self,
        lines: Sequence[str],
        strategy: Any = Greedy(),
        count: int = 1,
        batch_sentences: int = BATCH_SENTENCES,
        workers: int = 0,
        readable: bool = False,
        instead: Callable[[int, ValueError], str] = _refuse,
    ) -> Iterator[tuple[int, list[Hypothesis]]]:
        """Yield (index, at most `count` hypotheses, best first) of every line, in batches of similar length. An empty line has
        none.

        `workers` batches are decoded at a time; 0 means one per processor, because a batch's products are too small for several
        threads. With `readable`, a line is judged like a sentence of `translate`. `instead(number, error)` returns the text to
        translate in the place of line `number`, counted from 1, which the model cannot read; by default it raises ValueError
        that names the line, before the first decode.
        """
        encoded: list[Ids] = []
        for number, line in enumerate(lines, start=1):
            try:
                encoded.append(self.source_ids(line, readable) if normalise(line) else [])
            except ValueError as error:
                other = instead(number, error)
                encoded.append(self.source_ids(other) if other else [])
        order = sorted(range(len(lines)), key=lambda i: len(encoded[i]))
        yield from ((i, []) for i in order if not encoded[i])
        filled = [i for i in order if encoded[i]]
        batches = [filled[start : start + batch_sentences] for start in range(0, len(filled), batch_sentences)]

        def text(ids: Ids) -> str:
            return " ".join(self._tokenizer.target.decode(ids).split())  # without line breaks, so that a line stays one line

        def translate(batch: list[int]) -> list[tuple[int, list[Hypothesis]]]:
            found = paths(self.search([encoded[i] for i in batch], strategy), strategy, len(batch))
            return [
                (i, [Hypothesis(text(path.tokens), path.score) for path in best[:count]])
                for i, best in zip(batch, found, strict=True)
            ]

        if self.model.device.type != "cpu":
            workers = 1
        with ThreadPoolExecutor(workers or os.cpu_count() or 1, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            for translated in pool.map(translate, batches):
                yield from translated

    def decode_batch(self, sources: Sequence[Ids], strategy: Any = Greedy()) -> list[Ids]:
        """Decode sources (ids of `source_ids`) together, and return the best hypothesis of each."""
        return [hypotheses[0].tokens for hypotheses in paths(self.search(sources, strategy), strategy, len(sources))]

    def search(self, sources: Sequence[Ids], strategy: Any) -> list[loop.Lineage]:
        """Decode sources together, and return only the lineages, because complete frames of a batch would fill the memory."""
        prepared = self._encode(self.model, sources, strategy)
        return [frame.lineage for frame in decode(self.model, *prepared)]

    @torch.inference_mode()
    def force(self, sources: Sequence[Ids], fed: Sequence[Ids]) -> torch.Tensor:
        """Return the log-probabilities [B, T, V] of every next piece when the decoder is fed the rows of `fed`.

        At position t the decoder has read the first t pieces of the row, so the last piece of a row is only predicted.
        """
        source, lengths = pad(sources)
        device = self.model.device
        return self.model(source.to(device), lengths.to(device), pad(fed)[0].to(device))

    def attend(self, sources: Sequence[Ids], targets: Sequence[Ids]) -> list[np.ndarray]:
        """Return the attention [T, S] of each source when the output is forced to be its target; ids as above.

        Raises ValueError for a model without attention.
        """
        forced = Prefix(tuple(map(tuple, targets)))
        found: list[list[np.ndarray]] = [[] for _ in sources]
        for frame in decode(self.model, *self._encode(self.model, sources, forced)):
            if (attention := frame.attention) is None:
                raise ValueError(f"the model {self.name!r} has no attention: choose a model with attention")
            # Only the forced piece can be chosen, so each row has one child and keeps its index.
            for row, sentence in zip(attention.cpu().numpy(), frame.lineage.sentences.tolist(), strict=True):
                found[sentence].append(row[: len(sources[sentence])])
        return [np.stack(rows) for rows in found]

    def evaluate(self, pairs: Sequence[Pair], strategy: Any = Greedy(), raw: bool = False) -> Quality:
        """Compute the free-running BLEU and chrF of `pairs`, each source against all of its references.

        Translations are normalised like the pairs of `read_pairs`; with `raw` they stay as they are, and so should the pairs.

        A source that is too long for the model counts with an empty translation, because leaving it out would raise the score.
        """
        return self.judge(pairs, self.best_of_sources([source for source, _ in pairs], strategy), raw)

    def best_of_sources(self, sources: Iterable[str], strategy: Any = Greedy(), count: int = 1) -> dict[str, list[Hypothesis]]:
        """Return at most `count` hypotheses of each different source, best first; none for a source that is too long."""
        different = list(dict.fromkeys(sources))
        lines = [source if self._fits(source) else "" for source in different]
        return {different[i]: best for i, best in self.best_of_lines(lines, strategy, count)}

    def judge(
        self,
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
        languages = (self.info.target_language, self.info.source_language)
        return quality(list(references), hypotheses, list(references.values()), rows, *languages, lengths)

    def _fits(self, source: str) -> bool:
        try:
            return bool(self.source_ids(source))
        except ValueError:
            return False

    def source_ids(self, text: str, readable: bool = False) -> Ids:
        """Return the ids of `text` and the end mark. With `readable`, text without known words is refused, too.

        The source of a language model is empty.
        """
        if not self.info.reads_source and text == "":
            return [EOS]
        clean = _clean(text, f"there is nothing to translate: please type a sentence in {self.info.source_language}")
        ids = self._tokenizer.source.encode(clean)
        if readable:
            self._check_readable(clean, self._tokenizer.source.pieces(ids))
        if len(ids) >= MAX_PIECES:
            raise TooLong(
                f"the text has {len(ids)} pieces; the model was trained on at most {MAX_PIECES - 1}: please shorten it"
            )
        return [*ids, EOS]

    def cut(self, text: str) -> str:
        """Return the beginning of a too long text that the model can read, in whole words where there are spaces."""
        text = normalise(text[:MAX_CHARACTERS])
        while True:
            try:
                self.source_ids(text)
                return text
            except TooLong:
                shorter = text[: len(text) * 9 // 10]
                text = shorter.rpartition(" ")[0] or shorter

    def target_ids(self, text: str) -> Ids:
        """Return the ids of a given translation and the end mark. Raises ValueError for empty or too long text."""
        clean = _clean(text, f"there is nothing to score: please type a translation in {self.info.target_language}")
        ids = [*self._tokenizer.target.encode(clean), EOS]
        if len(ids) > MAX_TARGET_PIECES:
            raise ValueError(f"the target has {len(ids)} pieces; at most {MAX_TARGET_PIECES} can be scored")
        return ids

    @property
    def source_vocabulary(self) -> Vocabulary:
        return self._tokenizer.source

    @property
    def target_vocabulary(self) -> Vocabulary:
        return self._tokenizer.target

    def _check_readable(self, text: str, pieces: Sequence[str]) -> None:
        """Refuse text without letters, if the vocabulary has letters, and text that is mostly characters outside the training
        data, because the model would translate it to noise."""
        if self._tokenizer.source.has_letters and not any(character.isalnum() for character in text):
            raise ValueError(f"there are no words in this text: please type a sentence in {self.info.source_language}")
        known = sum(len(piece.strip(WORD_START)) for piece in pieces if byte_of(piece) is None)
        if 2 * known < len(text.replace(" ", "")):
            raise ValueError(
                f"most of these characters never occurred in training: please type a sentence in {self.info.source_language}"
            )

    def _check_prefix(self, prefix: Sequence[int]) -> None:
        size = len(self._tokenizer.target)
        if len(prefix) > MAX_TARGET_PIECES:
            raise ValueError(f"a prefix may have at most {MAX_TARGET_PIECES} pieces, not {len(prefix)}")
        for token in prefix:
            if not isinstance(token, int) or isinstance(token, bool) or not 0 <= token < size:
                raise ValueError(f"a prefix must contain ids from 0 to {size - 1}, not {token!r}")

    @torch.inference_mode()
    def _encode(self, model: Seq2Seq, encoded: Sequence[Ids], strategy: Any) -> tuple[Memory, State, Any, torch.Tensor]:
        """Return what `decode` needs for a batch: its memory and first state, the strategy bound to these sources, and the
        maximum length of each translation in pieces."""
        source, lengths = (tensor.to(model.device) for tensor in pad(encoded))
        # A translation of more than twice the length of its source is a loop; without a source, the limit is the longest
        # sentence of the training. The limit depends only on the sentence,
        limits = 2 * lengths + 10 if self.info.reads_source else torch.full_like(lengths, MAX_PIECES)
        if isinstance(strategy, Prefix):  # but a forced prefix can be longer than that
            limits += torch.tensor([len(prefix) for prefix in strategy.prefixes], device=limits.device)
        return (*model.encode(source, lengths), self._no_repeat.bind(strategy, encoded), limits.clamp_max(MAX_TARGET_PIECES))

    def _trace(self, text: str, ids: Ids, strategy: Any, edits: Edits = NO_EDITS) -> DecodingTrace:
        memory, frames, hypotheses = self._decode(ids, strategy, edits)
        return record(
            model_name=self.name,
            architecture=self.info.architecture,
            source_text=text,
            source_ids=ids,
            memory=memory,
            reading=self.model.reading,
            frames=frames,
            hypotheses=hypotheses,
            strategy=strategy,
            tokenizer=self._tokenizer,
            notes=notes.about(normalise(text), self._checkpoint),
        )

    def _decode(
        self, ids: Ids, strategy: Any, edits: Edits = NO_EDITS
    ) -> tuple[Memory, list[loop.Frame], list[HypothesisPath]]:
        """Return the memory of one sentence, the frames of its decode, and its hypotheses, best first."""
        memory, state, bound, limits = self._encode(self._packed, [ids], strategy)
        model = Edited(self._packed, edits, len(ids)) if edits else self._packed
        frames = list(decode(model, memory, state, bound, limits))
        hypotheses = paths([frame.lineage for frame in frames], strategy, 1)[0]
        # One NaN makes its whole distribution and all later totals NaN; then a beam keeps nothing.
        if not hypotheses or not all(math.isfinite(hypothesis.totals[-1]) for hypothesis in hypotheses):
            raise ValueError(f"the model {self.name!r} gives values that are not numbers: its weights are damaged")
        return memory, frames, hypotheses


def _clean(text: str, empty: str) -> str:
    """Normalise `text`. Raises ValueError for another type, too long text, and with the message `empty` for empty text."""
    if not isinstance(text, str):
        raise ValueError("a sentence must be text")
    if len(text) > MAX_CHARACTERS:
        raise TooLong(f"the text has {len(text):,} characters; please keep to {MAX_CHARACTERS:,}")
    if not (clean := normalise(text)):
        raise ValueError(empty)
    return clean
