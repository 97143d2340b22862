"""Decode one sentence in two lanes, forced and free. A correct word can be given to the free lane, a wrong word to both.

Up to the model's first mistake both lanes have read the same pieces, so they choose the same: the free lane leaves the
reference where the forced lane makes its first mistake.
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
from seq2seq.sources.normalise import normalise
from seq2seq.sources.pieces import END, group_words, has_letters, word_indices
from seq2seq.sources.text import Vocabulary
from seq2seq.trace import DecodingTrace

FORCED, FREE = "forced", "free"
MAX_WORD_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Word:
    """A word: its pieces from `start` to `end` (exclusive), without punctuation at its end."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Expected:
    """The reference's piece at a step of the free lane, and its probability there."""

    position: int  # in the reference
    log_prob: float
    rank: int


@dataclass(frozen=True)
class Lanes:
    """`forced` is fed the reference, `free` its own output. Both are greedy: a lane chooses its first candidate."""

    forced: DecodingTrace
    free: DecodingTrace
    expected: tuple[Expected, ...]  # one per step of the free lane
    divergence: int | None  # first step at which the free lane differs from the reference


@dataclass(frozen=True)
class Recovery:
    """How a lane continues after a given word.

    `after` counts the steps until all later pieces are those of the undisturbed lane (for a rescue: of the reference). None
    means never; agreement in the end mark alone does not count.
    """

    steps: int  # after the given word, without the end mark
    after: int | None


@dataclass(frozen=True)
class Rescue:
    trace: DecodingTrace  # its first steps are forced: the free lane's pieces, then the correct word
    word: Word  # the correct word, in the trace
    recovery: Recovery  # towards the reference


@dataclass(frozen=True)
class Injection:
    """A wrong word instead of a correct one."""

    lane: str
    word: Word  # the replaced word, in the lane's own pieces
    wrong: tuple[int, ...]
    recovery: Recovery  # towards the undisturbed lane
    lost: float  # log-probability, in nats, that the lane's own pieces after the word lose when they are forced


@dataclass(frozen=True)
class Job:
    """An injection to measure. `tokens` are the reference or the free lane's output, with the end mark."""

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
        """Return the lane's own pieces after the word."""
        return self.tokens[self.word.end :]


def compare(translator: Translator, source: str, reference: str) -> Lanes:
    """Decode both lanes. Raises ValueError, with a message for users, for a source or a reference that cannot be used."""
    free = translator.translate(source)
    forced = translator.score(source, reference)
    own, gold = _tokens(free), _tokens(forced)
    # The position in the reference at each free step; after the end of the reference, that of its end mark.
    positions = [min(position, len(gold) - 1) for position, _ in align(own, gold)]
    log_probs = translator.force([translator.source_ids(source)], [own])[0]  # [T, V]
    wanted = log_probs.gather(1, torch.tensor([[gold[position]] for position in positions]))  # [T, 1]
    ranks = (log_probs > wanted).sum(1) + 1
    expected = zip(positions, wanted[:, 0].tolist(), ranks.tolist(), strict=True)
    return Lanes(forced, free, tuple(Expected(*values) for values in expected), divergence(own, gold))


def words(pieces: Sequence[str]) -> list[Word]:
    """Return the words among `pieces` that can be replaced: those with letters or digits. In a text without any, each symbol
    except the end mark counts as a word."""
    counts = has_letters if any(map(has_letters, pieces)) else lambda piece: piece != END
    result: list[Word] = []
    for group in group_words(word_indices(pieces)):
        spelled = [position for position in group if counts(pieces[position])]
        if spelled:
            result.append(Word(group[0], spelled[-1] + 1))
    return result


def expected_word(lanes: Lanes, step: int) -> int:
    """Return the number of the reference's word at a step of the free lane; it is the default word of a rescue."""
    position = lanes.expected[step].position
    ends = [word.end for word in words([s.piece for s in lanes.forced.steps])]
    return next((number for number, end in enumerate(ends) if position < end), len(ends) - 1)


def rescue(translator: Translator, lanes: Lanes, step: int, number: int) -> Rescue:
    """Give the free lane word `number` of the reference instead of its own word at `step`, and let it continue.

    Raises ValueError for a step or a word that does not exist.
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
    """Return the pieces of a wrong word that a user chose. Raises ValueError for anything but one word."""
    clean = normalise(text)
    if not clean or " " in clean or len(clean) > MAX_WORD_CHARACTERS:
        raise ValueError(f"a wrong word must be one word of at most {MAX_WORD_CHARACTERS} characters, not {clean[:60]!r}")
    return tuple(vocabulary.encode(clean))


def drawn_word(vocabulary: Vocabulary, unlike: int, key: str) -> tuple[int, ...]:
    """Return a piece that can be a word and differs from `unlike`, drawn at random; equal keys draw equal pieces."""
    return (random.Random(key).choice([piece for piece in vocabulary.word_pieces if piece != unlike]),)


def inject(translator: Translator, jobs: Sequence[Job]) -> list[Injection]:
    """Measure the effect of a wrong word, for all `jobs` in one batch."""
    sources = [job.source for job in jobs]
    true = translator.force(sources, [job.tokens for job in jobs])  # [B, T, V]
    disturbed = translator.force(sources, [[*job.prefix, *job.rest] for job in jobs])
    written = _continuations(translator, [job for job in jobs if job.lane == FREE])
    injections = []
    for row, job in enumerate(jobs):
        rest = torch.tensor(job.rest)
        before = true[row, job.word.end : len(job.tokens)]  # [rest, V]
        after = disturbed[row, len(job.prefix) :][: len(rest)]
        lost = (before.gather(1, rest[:, None]) - after.gather(1, rest[:, None])).sum()
        chosen, undisturbed = after.argmax(1).tolist(), before.argmax(1).tolist()
        if job.lane == FREE:
            chosen, undisturbed = next(written), job.rest
        injections.append(Injection(job.lane, job.word, job.wrong, recovery_of(chosen, undisturbed), float(lost)))
    return injections


def _continuations(translator: Translator, jobs: Sequence[Job]) -> Any:
    """Return what the free lane writes after each wrong word."""
    if not jobs:
        return iter(())
    prefixes = tuple(tuple(job.prefix) for job in jobs)
    decoded = translator.decode_batch([job.source for job in jobs], Prefix(prefixes, Greedy()))
    return (ids[len(prefix) :] for ids, prefix in zip(decoded, prefixes, strict=True))


def recovery_of(chosen: Sequence[int], wanted: Sequence[int]) -> Recovery:
    """Compare the chosen with the wanted pieces; both end in an end mark, unless they were cut off."""
    tail = agreeing_tail(chosen, wanted)
    steps = max(0, len(chosen) - 1)
    return Recovery(steps, len(chosen) - tail if tail > 1 or list(chosen) == list(wanted) else None)


def _tokens(trace: DecodingTrace) -> Ids:
    return [step.token for step in trace.steps]
