"""No n-gram of pieces twice in one hypothesis: the rule of `no_repeat` (Paulus et al. 2017, section 2.5, for n = 3).

A piece gets probability 0 if it would complete an n-gram that its hypothesis has already; capitals do not matter. Exceptions
keep words, numbers, names, and repetitions that belong to the sentence:

- Only pieces that begin a word with a letter are blocked. So a word that has begun is never cut, however many pieces spell it,
  and digits, punctuation and the end mark are always possible.
- An n-gram with a digit does not count, because numbers are cut digit by digit: "0 0 ▁euros" can follow two amounts. An n-gram
  with a byte does not count either.
- A capitalised piece of the source is not blocked: it can be a name.
- Nothing is blocked in a sentence whose source has an n-gram of n pieces twice.
- A forced piece (`Prefix`) is not blocked.

Symbols: B sentences, R rows (live hypotheses of all sentences), T pieces so far, N n-grams so far, V pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from seq2seq.data.batches import Ids
from seq2seq.decoding.metrics import ngrams
from seq2seq.decoding.strategies import NEVER, Choice, Prefix, Rows, Search
from seq2seq.sources.pieces import WORD_START, byte_of, starts_word
from seq2seq.sources.text import Tokenizer
from seq2seq.sources.words import ELIDING


@dataclass(frozen=True)
class Pieces:
    """The properties of the V target pieces that the rule needs."""

    lower: Tensor  # [V] the first piece that is equal apart from capitals
    counts: Tensor  # [V] bool: no digit and no byte, so that n-grams with it count
    begins: Tensor  # [V] bool: begins a word
    elides: Tensor  # [V] bool: a word such as l' in French; the piece after it begins a word


class Rule:
    """The rule for one tokenizer and target language."""

    def __init__(self, tokenizer: Tokenizer, language: str = ""):
        self._tokenizer = tokenizer
        self._elides = language.lower() in ELIDING

    @cached_property
    def _ids(self) -> dict[str, int]:
        """Return the id of each target piece."""
        return {piece: i for i, piece in enumerate(self._tokenizer.target.pieces(range(len(self._tokenizer.target))))}

    @cached_property
    def _pieces(self) -> Pieces:
        first: dict[str, int] = {}
        return Pieces(
            lower=torch.tensor([first.setdefault(piece.casefold(), i) for piece, i in self._ids.items()]),
            counts=torch.tensor([*map(_counts, self._ids)]),
            begins=torch.tensor([*map(starts_word, self._ids)]),
            elides=torch.tensor([self._elides and piece.endswith("'") and _has_letter(piece) for piece in self._ids]),
        )

    @cached_property
    def _letters(self) -> Tensor:
        """Return whether each piece has letters, but no digit [V]."""
        return torch.tensor([_has_letter(piece) and _counts(piece) for piece in self._ids])

    def bind(self, strategy: Any, sources: Sequence[Any]) -> Any:
        """Return `strategy` as it searches for translations of `sources`; the same object if its `no_repeat` is 0."""
        if isinstance(strategy, Prefix):
            return replace(strategy, then=self.bind(strategy.then, sources))
        if not strategy.no_repeat:
            return strategy
        blockable = torch.stack([self._blockable(source, strategy.no_repeat) for source in sources])
        return NoRepeat(strategy.no_repeat, replace(strategy, no_repeat=0), blockable, self._pieces)

    def _blockable(self, source: Ids, size: int) -> Tensor:
        """Return the pieces [V] that can be blocked in translations of `source`."""
        pieces = self._tokenizer.source.pieces(source)
        folded = ngrams([piece.casefold() for piece in pieces], size)
        counted = [gram for gram in folded if all(map(_counts, gram)) and any(map(_has_letter, gram))]
        if len(set(counted)) < len(counted):
            return torch.zeros_like(self._letters)
        blockable = self._letters.clone()
        blockable[[self._ids[p] for p in pieces if p in self._ids and p.removeprefix(WORD_START)[:1].isupper()]] = False
        return blockable


def without_rule(strategy: Any) -> Any:
    """Return `strategy` without blocking, for targets in which phrases may be repeated."""
    if isinstance(strategy, Prefix):
        return replace(strategy, then=without_rule(strategy.then))
    return replace(strategy, no_repeat=0)


def _has_letter(piece: str) -> bool:
    return any(map(str.isalpha, piece))


def _counts(piece: str) -> bool:
    return byte_of(piece) is None and not any(map(str.isdigit, piece))


@dataclass(frozen=True)
class NoRepeat:
    """Search with another strategy, but without the n-grams of `size` pieces that a hypothesis has already.

    Like `Prefix`, it sets the probability of a blocked piece to 0 before the strategy chooses; the log-probability of the
    chosen piece stays the model's.
    """

    size: int
    then: Any
    blockable: Tensor  # [B, V] bool
    pieces: Pieces

    def start(self, sentences: int) -> Search:
        return _NoRepeatSearch(self, self.then.start(sentences))

    def score(self, total: float, length: int) -> float:
        return float(self.then.score(total, length))


class _NoRepeatSearch:
    def __init__(self, strategy: NoRepeat, then: Search):
        self._size, self._blockable, self._pieces, self._then = strategy.size, strategy.blockable, strategy.pieces, then
        self._written = torch.empty(len(strategy.blockable), 0, dtype=torch.long)  # [C, T] of the children of the last step

    def choose(self, log_probs: Tensor, rows: Rows) -> Choice:
        written = self._written.to(log_probs.device)[rows.children]
        choice = self._then.choose(self._possible(log_probs, rows, written), rows)
        self._written = torch.cat((written[choice.parents], choice.tokens[:, None]), 1)
        return choice

    def _possible(self, log_probs: Tensor, rows: Rows, written: Tensor) -> Tensor:
        """Return `log_probs` [R, V] with minus infinity for the blocked pieces."""
        size, length = self._size, written.shape[1]
        if length < size:
            return log_probs
        device = log_probs.device
        lower, counts = self._pieces.lower.to(device), self._pieces.counts.to(device)
        begins, elides = self._pieces.begins.to(device), self._pieces.elides.to(device)
        grams = lower[written].unfold(1, size, 1)  # [R, N, size]
        latest = lower[written[:, length - size + 1 :]]  # [R, size - 1]
        row, gram = ((grams[..., :-1] == latest[:, None]).all(-1) & counts[grams].all(-1)).nonzero(as_tuple=True)
        if not len(row):
            return log_probs
        blocked = torch.zeros_like(log_probs, dtype=torch.bool)
        blocked[row, grams[row, gram, -1]] = True
        blocked = blocked[:, lower] & self._blockable.to(device)[rows.sentences] & (begins | elides[written[:, -1:]])
        possible = log_probs.masked_fill(blocked, NEVER)
        # The end mark is never blocked. So a row without a possible piece has a forced one.
        return torch.where((possible == NEVER).all(-1, keepdim=True), log_probs, possible)
