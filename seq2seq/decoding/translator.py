"""The interface of the engine: text in, traces out. A Translator is immutable and shared by all visitors."""

from __future__ import annotations

import copy
import math
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from seq2seq.config import EOS
from seq2seq.data.batches import Ids, Input, pad
from seq2seq.decoding import loop, notes
from seq2seq.decoding.beam_tree import BeamTree, grow
from seq2seq.decoding.edited_attention import NO_EDITS, Edited, Edits
from seq2seq.decoding.hypotheses import Hypothesis, HypothesisPath, paths
from seq2seq.decoding.loop import decode
from seq2seq.decoding.model_info import ModelInfo
from seq2seq.decoding.no_repeat import Rule, without_rule
from seq2seq.decoding.recorder import record
from seq2seq.decoding.strategies import Beam, Greedy, Prefix
from seq2seq.models.attention import NO_ATTENTION, Memory
from seq2seq.models.saved import checkpoint
from seq2seq.models.saved.checkpoint import Checkpoint
from seq2seq.models.saved.packed import pack
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.models.state import State
from seq2seq.sources.normalise import normalise
from seq2seq.sources.reader import Place, TooLong
from seq2seq.sources.text import Vocabulary
from seq2seq.sources.text_reader import MAX_CHARACTERS, MAX_PIECES, clean
from seq2seq.trace import DecodingTrace

MAX_TARGET_PIECES = 2 * MAX_PIECES
BATCH_SENTENCES = 64


def _has_text(given: str | bytes) -> bool:
    return bool(given if isinstance(given, bytes) else normalise(given))


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
        self._reader = self.info.kind.reader(loaded.tokenizer.source, self.info.source_language, self.info.reads_source)
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
        self, given: str | bytes, strategy: Any = Greedy(), prefix: Sequence[int] = (), edits: Edits = NO_EDITS
    ) -> DecodingTrace:
        """Translate a text, or the content of a file, and return every step. The ids of `prefix` are forced first, then
        `strategy` continues.

        Raises ValueError with a message for the user about a source that this model cannot read, ids outside its vocabulary, or
        impossible `edits` of its attention.
        """
        source = self.source_ids(given, readable=True)
        self._check_prefix(prefix)
        return self._trace(given, source, Prefix((tuple(prefix),), strategy) if prefix else strategy, edits)

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
        lines: Sequence[str | bytes],
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
        lines: Sequence[str | bytes],
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
        encoded: list[Input] = []
        for number, line in enumerate(lines, start=1):
            try:
                encoded.append(self.source_ids(line, readable) if _has_text(line) else [])
            except ValueError as error:
                other = instead(number, error)
                encoded.append(self.source_ids(other) if other else [])
        order = sorted(range(len(lines)), key=lambda i: len(encoded[i]))
        yield from ((i, []) for i in order if not len(encoded[i]))
        filled = [i for i in order if len(encoded[i])]
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

    def decode_batch(self, sources: Sequence[Input], strategy: Any = Greedy()) -> list[Ids]:
        """Decode sources (ids of `source_ids`) together, and return the best hypothesis of each."""
        return [hypotheses[0].tokens for hypotheses in paths(self.search(sources, strategy), strategy, len(sources))]

    def search(self, sources: Sequence[Input], strategy: Any) -> list[loop.Lineage]:
        """Decode sources together, and return only the lineages, because complete frames of a batch would fill the memory."""
        prepared = self._encode(self.model, sources, strategy)
        return [frame.lineage for frame in decode(self.model, *prepared)]

    @torch.inference_mode()
    def force(self, sources: Sequence[Input], fed: Sequence[Ids]) -> torch.Tensor:
        """Return the log-probabilities [B, T, V] of every next piece when the decoder is fed the rows of `fed`.

        At position t the decoder has read the first t pieces of the row, so the last piece of a row is only predicted.
        """
        source, lengths = pad(sources)
        device = self.model.device
        return self.model(source.to(device), lengths.to(device), pad(fed)[0].to(device))

    def attend(self, sources: Sequence[Input], targets: Sequence[Ids]) -> list[np.ndarray]:
        """Return the attention [T, S] of each source when the output is forced to be its target; ids as above.

        Raises ValueError for a model without attention.
        """
        forced = Prefix(tuple(map(tuple, targets)))
        found: list[list[np.ndarray]] = [[] for _ in sources]
        memory, *prepared = self._encode(self.model, sources, forced)
        lengths = memory.mask.sum(1).tolist()
        for frame in decode(self.model, memory, *prepared):
            if (attention := frame.attention) is None:
                raise ValueError(f"the model {self.name!r} has no attention: choose a model with attention")
            # Only the forced piece can be chosen, so each row has one child and keeps its index.
            for row, sentence in zip(attention.cpu().numpy(), frame.lineage.sentences.tolist(), strict=True):
                found[sentence].append(row[: lengths[sentence]])
        return [np.stack(rows) for rows in found]

    def source_ids(self, given: str | bytes, readable: bool = False) -> Any:
        """Return the input of the model for what is given: for a text, its ids and the end mark.

        With `readable`, text without known words is refused, too. Raises ValueError with a message for the user.
        """
        return self._reader.read(given, readable)

    def places(self, source: Any) -> Sequence[Place]:
        """Return the source positions of what `source_ids` has returned."""
        return self._reader.places(source)

    def regions(self, source: Any) -> list[list[int]]:
        """Return the positions of an input that are hidden together, one region after another (sources/reader.py)."""
        return self._reader.regions(source)

    def without(self, source: Any, positions: Collection[int]) -> Any:
        """Return the input with these positions hidden (sources/reader.py)."""
        return self._reader.without(source, positions)

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
        text = clean(text, f"there is nothing to score: please type a translation in {self.info.target_language}")
        ids = [*self._tokenizer.target.encode(text), EOS]
        if len(ids) > MAX_TARGET_PIECES:
            raise ValueError(f"the target has {len(ids)} pieces; at most {MAX_TARGET_PIECES} can be scored")
        return ids

    @property
    def source_vocabulary(self) -> Vocabulary:
        return self._tokenizer.source

    @property
    def target_vocabulary(self) -> Vocabulary:
        return self._tokenizer.target

    def _check_prefix(self, prefix: Sequence[int]) -> None:
        size = len(self._tokenizer.target)
        if len(prefix) > MAX_TARGET_PIECES:
            raise ValueError(f"a prefix may have at most {MAX_TARGET_PIECES} pieces, not {len(prefix)}")
        for token in prefix:
            if not isinstance(token, int) or isinstance(token, bool) or not 0 <= token < size:
                raise ValueError(f"a prefix must contain ids from 0 to {size - 1}, not {token!r}")

    @torch.inference_mode()
    def _encode(self, model: Seq2Seq, encoded: Sequence[Input], strategy: Any) -> tuple[Memory, State, Any, torch.Tensor]:
        """Return what `decode` needs for a batch: its memory and first state, the strategy bound to these sources, and the
        maximum length of each translation in pieces."""
        source, lengths = (tensor.to(model.device) for tensor in pad(encoded))
        # A translation of more than twice the length of its source is a loop; without a source, the limit is the longest
        # sentence of the training. The limit depends only on the sentence,
        memory, state = model.encode(source, lengths)
        if strategy.window is not None:
            if self.model.architecture.looks_back or self.model.config.attention == NO_ATTENTION:
                raise ValueError(f"a window needs a recurrent decoder with attention, which {self.name!r} does not have")
            memory = replace(memory, window=strategy.window)
        positions = memory.mask.sum(1)
        limits = 2 * positions + 10 if self.info.reads_source else torch.full_like(positions, MAX_PIECES)
        if isinstance(strategy, Prefix):  # but a forced prefix can be longer than that
            limits += torch.tensor([len(prefix) for prefix in strategy.prefixes], device=limits.device)
        bound = self._no_repeat.bind(strategy, encoded) if self.info.kind.blocks_repeats else without_rule(strategy)
        return memory, state, bound, limits.clamp_max(MAX_TARGET_PIECES)

    def _trace(self, given: str | bytes, source: Input, strategy: Any, edits: Edits = NO_EDITS) -> DecodingTrace:
        memory, frames, hypotheses = self._decode(source, strategy, edits)
        text = given if isinstance(given, str) else ""
        return record(
            model_name=self.name,
            architecture=self.info.architecture,
            source_text=text,
            places=self._reader.places(source),
            memory=memory,
            reading=self.model.reading,
            frames=frames,
            hypotheses=hypotheses,
            strategy=strategy,
            tokenizer=self._tokenizer,
            notes=notes.about(normalise(text), self._checkpoint) if self.info.kind.is_text else (),
            kind=self.model.config.source_kind,
            media=self._reader.media(given, source),
        )

    def _decode(
        self, source: Input, strategy: Any, edits: Edits = NO_EDITS
    ) -> tuple[Memory, list[loop.Frame], list[HypothesisPath]]:
        """Return the memory of one source, the frames of its decode, and its hypotheses, best first."""
        memory, state, bound, limits = self._encode(self._packed, [source], strategy)
        model = Edited(self._packed, edits, memory.mask.shape[1]) if edits else self._packed
        frames = list(decode(model, memory, state, bound, limits))
        hypotheses = paths([frame.lineage for frame in frames], strategy, 1)[0]
        # One NaN makes its whole distribution and all later totals NaN; then a beam keeps nothing.
        if not hypotheses or not all(math.isfinite(hypothesis.totals[-1]) for hypothesis in hypotheses):
            raise ValueError(f"the model {self.name!r} gives values that are not numbers: its weights are damaged")
        return memory, frames, hypotheses
