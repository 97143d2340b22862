"""Search strategies: greedy, beam, sampling, and a forced prefix.

A strategy is a frozen, validated setting; `start` returns its search. At each step a search gets the distributions of all rows
and returns their children: (parent row, token) pairs. The loop (loop.py) selects the decoder's states.

Symbols: B sentences, R rows (live hypotheses of all sentences), C children per step, V pieces, k beam size.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, Protocol

import torch
from torch import Tensor

from seq2seq.config import EOS
from seq2seq.errors import SettingError

NEVER = float("-inf")


class Choice(NamedTuple):
    """The children of a step. Only children that are `alive` continue; the others have ended."""

    parents: Tensor  # [C] row of each child
    tokens: Tensor  # [C]
    totals: Tensor  # [C] running sums of log-probabilities
    alive: Tensor  # [C] bool


class Rows(NamedTuple):
    """The live hypotheses; those of one sentence are adjacent."""

    sentences: Tensor  # [R] sentence of each row, ascending
    totals: Tensor  # [R]
    position: int
    all: Tensor  # [R] 0, 1, ... R - 1: the parents if every row continues once
    children: Tensor  # [R] the child of the step before that each row continues; the sentence at the first step


class Search(Protocol):
    def choose(self, log_probs: Tensor, rows: Rows) -> Choice: ...


def _check(name: str, value: float, low: float, high: float) -> None:
    if not (isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high):
        raise SettingError(f"{_braced(name)} must be between {low:g} and {high:g}, not {value!r}")


def _braced(name: str) -> str:
    """Return the name of a setting for the text of a SettingError; "beam size" is not the name of a field."""
    return f"{{{name}}}" if name.isidentifier() else name


def _check_whole(name: str, value: int, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise SettingError(f"{_braced(name)} must be a whole number, not {value!r}")
    _check(name, value, low, high)


@dataclass(frozen=True)
class Strategy:
    """The settings that all strategies have.

    `no_repeat`: an n-gram of so many pieces may not occur twice in a hypothesis (0: it may). The rule depends on source and
    vocabulary. So `Translator` binds it to them (no_repeat.py), and a strategy that was not bound refuses to start.

    `window`: at each step, attention may only look from so many positions before its last heaviest one to so many after it
    (Chorowski et al. 2015, section 2.3); None: anywhere.
    """

    no_repeat: int = field(default=0, kw_only=True)
    window: tuple[int, int] | None = field(default=None, kw_only=True)
    name: ClassVar[str]
    MAX_NO_REPEAT: ClassVar[int] = 10
    MAX_WINDOW: ClassVar[int] = 1000

    def __post_init__(self) -> None:
        _check_whole("no_repeat", self.no_repeat, 0, self.MAX_NO_REPEAT)
        if self.window is not None:
            if len(self.window) != 2:
                raise SettingError(f"{{window}} must be two numbers of positions, not {self.window!r}")
            for positions in self.window:
                _check_whole("window", positions, 0, self.MAX_WINDOW)

    def start(self, sentences: int) -> Search:
        if self.no_repeat:
            raise ValueError("no_repeat needs the sources: please decode with a Translator")
        return self.search(sentences)

    def search(self, sentences: int) -> Search:
        raise NotImplementedError

    def score(self, total: float, length: int) -> float:
        """Return the score by which hypotheses are ranked: their log-probability, unless a strategy changes it."""
        return total


@dataclass(frozen=True)
class Greedy(Strategy):
    """Choose the most probable piece at every step."""

    name: ClassVar[str] = "greedy"

    def search(self, sentences: int) -> Search:
        return self

    def choose(self, log_probs: Tensor, rows: Rows) -> Choice:
        best, tokens = log_probs.max(-1)
        return Choice(rows.all, tokens, rows.totals + best, tokens != EOS)


@dataclass(frozen=True)
class Sample(Strategy):
    """Draw a random piece: softmax with `temperature`, limited to the `top_k` best (0: all) and to the fewest best with a total
    probability of `top_p` (Holtzman et al. 2020). Every sentence has its own generator, so the same seed gives the same
    translation, alone or in a batch."""

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    seed: int = 0
    name: ClassVar[str] = "sample"

    def __post_init__(self) -> None:
        super().__post_init__()
        _check("temperature", self.temperature, 0.05, 5)
        _check_whole("top_k", self.top_k, 0, 1000)
        _check("top_p", self.top_p, 0.01, 1)
        _check_whole("seed", self.seed, 0, 2**31 - 1)

    def probabilities(self, log_probs: Tensor) -> Tensor:
        """Return what the pieces are drawn from [R, V]: the model's distribution after temperature, top_k and top_p. The pieces
        that stay keep their ratio; their sum can be below 1."""
        ordered, pieces = (log_probs / self.temperature).sort(-1, descending=True)
        probs = ordered.softmax(-1)
        if self.top_k:
            probs[:, self.top_k :] = 0
        # A piece stays if the pieces before it have less than top_p, so the first one always stays.
        probs = probs.masked_fill(probs.cumsum(-1) - probs >= self.top_p * probs.sum(-1, keepdim=True), 0)
        return torch.zeros_like(probs).scatter(-1, pieces, probs)

    def search(self, sentences: int) -> Search:
        return _SampleSearch(self, sentences)


class _SampleSearch:
    def __init__(self, strategy: Sample, sentences: int):
        self._strategy = strategy
        self._generators = [torch.Generator().manual_seed(strategy.seed) for _ in range(sentences)]

    def choose(self, log_probs: Tensor, rows: Rows) -> Choice:
        # Draw by the id of a piece, not by its rank: rounding in a batch can exchange the ranks of two nearly equal pieces.
        by_id = self._strategy.probabilities(log_probs).cpu()
        owners = rows.sentences.tolist()
        draws = [torch.multinomial(p, 1, generator=self._generators[i]) for p, i in zip(by_id, owners, strict=True)]
        tokens = torch.cat(draws).to(log_probs.device)
        totals = rows.totals + log_probs.gather(-1, tokens[:, None])[:, 0]
        return Choice(rows.all, tokens, totals, tokens != EOS)


@dataclass(frozen=True)
class Beam(Strategy):
    """Keep the `size` best hypotheses at every step, until `size` of them have ended (Sutskever et al. 2014, section 3.2).

    Finished hypotheses are ranked by log-probability / ((5 + length) / 6) ^ length_penalty (Wu et al. 2016, equation 14).
    """

    size: int = 5
    length_penalty: float = 1.0
    name: ClassVar[str] = "beam"
    MAX_SIZE: ClassVar[int] = 10_000

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_whole("beam size", self.size, 1, self.MAX_SIZE)
        _check("length_penalty", self.length_penalty, 0, 5)

    def search(self, sentences: int) -> Search:
        return _BeamSearch(self.size, sentences)

    def score(self, total: float, length: int) -> float:
        return total / ((5 + length) / 6) ** self.length_penalty


class _BeamSearch:
    def __init__(self, size: int, sentences: int):
        self._size = size
        self._ended = torch.zeros(sentences, dtype=torch.long)  # number of ended hypotheses per sentence

    def choose(self, log_probs: Tensor, rows: Rows) -> Choice:
        k, device = self._size, log_probs.device
        # At most k of 2k candidates end, so at least k can continue (unless the vocabulary is smaller).
        parents, tokens, totals, sentences = continuations(log_probs, rows, 2 * k)
        possible = totals > NEVER
        ends = tokens == EOS
        rank = torch.arange(totals.shape[1], device=device)
        finished = possible & ends & (rank < k)
        goes_on = possible & ~ends
        goes_on &= goes_on.cumsum(1) <= k
        sentences = sentences.cpu()
        # Several can end in one step; the best of them fill the remaining places.
        finished &= finished.cumsum(1) <= (k - self._ended[sentences]).to(device)[:, None]
        self._ended[sentences] += finished.sum(1).cpu()
        goes_on &= (self._ended[sentences] < k).to(device)[:, None]
        keep = finished | goes_on
        return Choice(parents[keep], tokens[keep], totals[keep], goes_on[keep])


class Continuations(NamedTuple):
    """The n most probable continuations of each of G sentences, best first."""

    parents: Tensor  # [G, n] row
    tokens: Tensor  # [G, n]
    totals: Tensor  # [G, n]; minus infinity if there is none
    sentences: Tensor  # [G]


def continuations(log_probs: Tensor, rows: Rows, count: int) -> Continuations:
    """Return for each sentence the `count` continuations of its rows with the highest totals, or all if there are fewer."""
    width = min(count, log_probs.shape[1])
    best, tokens = (log_probs + rows.totals[:, None]).topk(width)  # [R, width]
    # Arrange the rows of each sentence in a grid: slot = index of the row within its sentence.
    _, group, counts = rows.sentences.unique_consecutive(return_inverse=True, return_counts=True)
    first = counts.cumsum(0) - counts
    slot = torch.arange(len(group), device=log_probs.device) - first[group]
    grid = best.new_full((len(counts), int(counts.max()), width), NEVER)
    grid[group, slot] = best
    totals, flat = grid.flatten(1).topk(min(count, grid[0].numel()))  # [G, n]
    parents = first[:, None] + flat // width
    # The "parent" of an empty slot can be after the last row; its total is minus infinity.
    return Continuations(parents, tokens[parents.clamp_max(len(group) - 1), flat % width], totals, rows.sentences[first])


@dataclass(frozen=True)
class Prefix:
    """Force the given pieces first, then continue with another strategy: teacher forcing, scoring, forks.

    `prefixes` has one list of ids per sentence. All other pieces get probability 0, so any strategy chooses the forced one; its
    true log-probability stays.
    """

    prefixes: tuple[tuple[int, ...], ...]
    then: Any = Greedy()
    name: ClassVar[str] = "prefix"

    @property
    def window(self) -> tuple[int, int] | None:
        return self.then.window

    def start(self, sentences: int) -> Search:
        if len(self.prefixes) != sentences:
            raise ValueError(f"{len(self.prefixes)} prefixes were given for {sentences} sentences")
        return _PrefixSearch(self.prefixes, self.then.start(sentences))

    def score(self, total: float, length: int) -> float:
        return self.then.score(total, length)


class _PrefixSearch:
    def __init__(self, prefixes: Sequence[Sequence[int]], then: Search):
        self._then = then
        longest = max(map(len, prefixes))
        self._forced = torch.tensor([[*p, *[-1] * (longest - len(p))] for p in prefixes], dtype=torch.long)

    def choose(self, log_probs: Tensor, rows: Rows) -> Choice:
        if rows.position < self._forced.shape[1]:
            wanted = self._forced.to(log_probs.device)[rows.sentences, rows.position]  # [R]; -1 if nothing is forced
            if int(wanted.max()) >= log_probs.shape[1]:
                raise ValueError(f"piece {int(wanted.max())} is not in the vocabulary of {log_probs.shape[1]} pieces")
            pieces = torch.arange(log_probs.shape[1], device=log_probs.device)
            possible = (pieces == wanted[:, None]) | (wanted[:, None] < 0)
            log_probs = log_probs.masked_fill(~possible, NEVER)
        return self._then.choose(log_probs, rows)


STRATEGIES: dict[str, type[Greedy] | type[Beam] | type[Sample]] = {"greedy": Greedy, "beam": Beam, "sample": Sample}


def describe(strategy: Any) -> dict[str, Any]:
    """Return a strategy as plain values for a trace: name, settings, and the forced pieces of a prefix.

    `no_repeat` and `window` are left out where they change nothing, as in files of earlier versions.
    """
    if isinstance(strategy, Prefix):
        return {**describe(strategy.then), "prefix": list(strategy.prefixes[0])}
    settings = {"name": strategy.name, **dataclasses.asdict(strategy)}
    if settings["window"]:
        settings["window"] = list(settings["window"])
    unused = {name for name in ("no_repeat", "window") if not settings[name]}
    return {name: value for name, value in settings.items() if name not in unused}
