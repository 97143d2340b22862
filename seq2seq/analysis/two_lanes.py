"""One sentence under teacher forcing and running free: both lanes, a gold word given to the free one, a wrong word to either.

Until the model's first mistake both lanes have read the same, so they choose the same: the first piece that the forced lane
would have got wrong is where the free lane leaves the reference.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from seq2seq.data.batches import Ids
from seq2seq.decoding.metrics import agreeing_tail, align, divergence
from seq2seq.decoding.strategies import Greedy, Prefix
from seq2seq.decoding.translator import Translator
from seq2seq.sources.pieces import END, group_words, has_letters, word_indices
from seq2seq.sources.text import Vocabulary, normalise
from seq2seq.trace import DecodingTrace

FORCED, FREE = "forced", "free"
MAX_WORD_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Word:
    """A word as pieces `start` to `end` (exclusive) spell it; punctuation that stands at its end is left out."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Expected:
    """The reference's piece that stands beside a step of the free lane, as the model sees it there."""

    position: int  # in the reference
    log_prob: float
    rank: int


@dataclass(frozen=True)
class Lanes:
    """`forced` is fed the reference, `free` what it wrote itself. Both are greedy: a lane would write its first candidate."""

    forced: DecodingTrace
    free: DecodingTrace
    expected: tuple[Expected, ...]  # a step of the free lane
    divergence: int | None  # the first step at which the free lane writes something else than the reference


@dataclass(frozen=True)
class Recovery:
    """How a lane goes on behind a word that it was given.

    `after` counts the steps until everything it chooses, to the end, is what it would have chosen undisturbed (or, for a
    rescue, what the reference says). None: it never does, the end mark alone not being counted as an agreement.
    """

    steps: int  # behind the given word, end mark left out
    after: int | None


@dataclass(frozen=True)
class Rescue:
    trace: DecodingTrace  # its first steps are forced: what the free lane had written, and the gold word
    word: Word  # the gold word, in the trace
    recovery: Recovery  # towards the reference


@dataclass(frozen=True)
class Injection:
    """A wrong word in place of a right one."""

    lane: str
    word: Word  # replaced, in the lane's own pieces
    wrong: tuple[int, ...]
    recovery: Recovery  # towards the undisturbed lane
    lost: float  # log-probability, in nats, that the lane's own pieces behind the word lose by it when they are forced


@dataclass(frozen=True)
class Job:
    """One injection to be measured: `tokens` are the reference, or what the free lane wrote, with the end mark."""

    source: Ids
    lane: str
    tokens: Ids
    word: Word
    wrong: tuple[int, ...]

    LANES: ClassVar[tuple[str, str]] = (FORCED, FREE)

    def __post_init__(self) -> None:
        if self.lane not in self.LANES:
            raise ValueError(f"the lane must be one of {', '.join(self.LANES)}, not {self.lane!r}")

    @property
    def prefix(self) -> Ids:
        return [*self.tokens[: self.word.start], *self.wrong]

    @property
    def rest(self) -> Ids:
        """The lane's own pieces behind the word."""
        return self.tokens[self.word.end :]


def compare(translator: Translator, source: str, reference: str) -> Lanes:
    """Both lanes of a sentence. Raises ValueError, fit to be shown, for a source or a reference that cannot be used."""
    free = translator.translate(source)
    forced = translator.score(source, reference)
    own, gold = _tokens(free), _tokens(forced)
    # What the free lane wrote beside the reference; where the reference has ended, its end mark is what was expected.
    beside = [min(position, len(gold) - 1) for position, _ in align(own, gold)]
    log_probs = translator.force([translator.source_ids(source)], [own])[0]  # [T, V]
    wanted = log_probs.gather(1, torch.tensor([[gold[position]] for position in beside]))  # [T, 1]
    ranks = (log_probs > wanted).sum(1) + 1
    expected = zip(beside, wanted[:, 0].tolist(), ranks.tolist(), strict=True)
    return Lanes(forced, free, tuple(Expected(*values) for values in expected), divergence(own, gold))


def words(pieces: Sequence[str]) -> list[Word]:
    """The words among `pieces` that can be replaced: those with letters or digits. Text without any has only symbols; there
    each symbol counts, but the end mark."""
    counts = has_letters if any(map(has_letters, pieces)) else lambda piece: piece != END
    found: list[Word] = []
    for group in group_words(word_indices(pieces)):
        spelled = [position for position in group if counts(pieces[position])]
        if spelled:
            found.append(Word(group[0], spelled[-1] + 1))
    return found


def expected_word(lanes: Lanes, step: int) -> int:
    """Which word of the reference stands beside a step of the free lane: the one to give if none is chosen."""
    position = lanes.expected[step].position
    ends = [word.end for word in words([s.piece for s in lanes.forced.steps])]
    return next((number for number, end in enumerate(ends) if position < end), len(ends) - 1)


def rescue(translator: Translator, lanes: Lanes, step: int, number: int) -> Rescue:
    """Give the free lane word `number` of the reference in place of the word that it was writing at `step`, and let it go on.

    Raises ValueError for a step or a word that is not there.
    """
    free, gold = lanes.free.steps, words([s.piece for s in lanes.forced.steps])
    if not 0 <= step < len(free):
        raise ValueError(f"there is no step {step + 1}: the free lane has {len(free)}")
    if not 0 <= number < len(gold):
        raise ValueError(f"there is no word {number + 1}: the reference has {len(gold)}")
    start = next(t for t in range(len(free)) if free[t].word == free[step].word)
    given, reference = gold[number], _tokens(lanes.forced)
    prefix = [*_tokens(lanes.free)[:start], *reference[given.start : given.end]]
    trace = translator.translate(lanes.free.source_text, prefix=prefix)
    recovery = recovery_of(_tokens(trace)[len(prefix) :], reference[given.end :])
    return Rescue(trace, Word(start, len(prefix)), recovery)


def wrong_word(vocabulary: Vocabulary, text: str) -> tuple[int, ...]:
    """The pieces of a wrong word that somebody chose. Raises ValueError for what is not one word."""
    clean = normalise(text)
    if not clean or " " in clean or len(clean) > MAX_WORD_CHARACTERS:
        raise ValueError(f"a wrong word is one word of at most {MAX_WORD_CHARACTERS} characters, not {clean[:60]!r}")
    return tuple(vocabulary.encode(clean))


def drawn_word(vocabulary: Vocabulary, unlike: int, key: str) -> tuple[int, ...]:
    """A piece that can stand for a word and differs from `unlike`, drawn at random; equal keys draw the same."""
    return (random.Random(key).choice([piece for piece in vocabulary.word_pieces if piece != unlike]),)


def inject(translator: Translator, jobs: Sequence[Job]) -> list[Injection]:
    """What a wrong word does, for all `jobs` in one batch."""
    sources = [job.source for job in jobs]
    true = translator.force(sources, [job.tokens for job in jobs])  # [B, T, V]
    disturbed = translator.force(sources, [[*job.prefix, *job.rest] for job in jobs])
    written = _continuations(translator, [job for job in jobs if job.lane == FREE])
    found = []
    for row, job in enumerate(jobs):
        rest = torch.tensor(job.rest)
        before = true[row, job.word.end : len(job.tokens)]  # [rest, V]
        after = disturbed[row, len(job.prefix) :][: len(rest)]
        lost = (before.gather(1, rest[:, None]) - after.gather(1, rest[:, None])).sum()
        chosen, undisturbed = after.argmax(1).tolist(), before.argmax(1).tolist()
        if job.lane == FREE:
            chosen, undisturbed = next(written), job.rest
        found.append(Injection(job.lane, job.word, job.wrong, recovery_of(chosen, undisturbed), float(lost)))
    return found


def _continuations(translator: Translator, jobs: Sequence[Job]) -> Any:
    """What the free lane writes behind each wrong word."""
    if not jobs:
        return iter(())
    prefixes = tuple(tuple(job.prefix) for job in jobs)
    decoded = translator.decode_batch([job.source for job in jobs], Prefix(prefixes, Greedy()))
    return (ids[len(prefix) :] for ids, prefix in zip(decoded, prefixes, strict=True))


def recovery_of(chosen: Sequence[int], wanted: Sequence[int]) -> Recovery:
    """How what was chosen comes back to what was wanted; both end in an end mark, unless they were cut off."""
    tail = agreeing_tail(chosen, wanted)
    steps = max(0, len(chosen) - 1)
    return Recovery(steps, len(chosen) - tail if tail > 1 or list(chosen) == list(wanted) else None)


def _tokens(trace: DecodingTrace) -> Ids:
    return [step.token for step in trace.steps]
