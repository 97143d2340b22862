"""Whole words, and the pieces that spell them: where each word stands in a sentence, and attention between words.

Symbols: T steps, S source positions, W words, N pieces; an end mark is a piece that spells no word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from seq2seq.sources.pieces import UNSPACED, written
from seq2seq.sources.text import normalise

CLOSING = frozenset(".,;:!?)]}…%»”’。，、？！；：）」』》")  # no space before these
OPENING = frozenset("([{¿¡«“‘（「『《")  # nor behind these
SPACED_IN_FRENCH = frozenset("?!;:»%")  # where French writes one
ELIDING = ("french", "italian")  # languages that write l', d', j' together with the next word


@dataclass(frozen=True)
class Words:
    """A sentence, and where each of its words begins and ends (exclusive) in it."""

    text: str
    spans: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return len(self.spans)

    def __getitem__(self, index: int) -> str:
        return self.text[slice(*self.spans[index])]

    def __iter__(self) -> Iterator[str]:
        return (self.text[start:end] for start, end in self.spans)

    def shares(self, pieces: Sequence[str]) -> np.ndarray:
        """[W, N]: which share of each piece belongs to each word, by the characters that it covers.

        `pieces` are those that a vocabulary writes `text` with, end mark included or not. A space belongs to the word behind
        it, which only matters where it is a piece of its own. Columns sum to 1, an end mark's to 0. Raises ValueError for
        pieces of another text.
        """
        owners = self._owners()
        found = np.zeros((len(self), len(pieces)))
        at = 0
        for n, piece in enumerate(pieces):
            size = len(written(piece))
            covered = owners[at : at + size]
            letters = [(word, part) for word, part, space in covered if not space] or [(w, part) for w, part, _ in covered]
            for word, part in letters:
                found[word, n] += part
            at += size
        if at != len(owners):
            raise ValueError(f"these pieces do not spell {self.text[:60]!r}")
        return found / np.maximum(found.sum(0), 1e-12)

    def _owners(self) -> list[tuple[int, float, bool]]:
        """For each byte of " " and the text: its word, its part of a character, and whether it is a space between words."""
        owners: list[tuple[int, float, bool]] = []
        word = 0
        for place, character in enumerate(" " + self.text, start=-1):
            while word + 1 < len(self) and place >= self.spans[word][1]:
                word += 1
            size = len(character.encode())
            owners += [(word, 1 / size, place < self.spans[word][0])] * size
        return owners


def join(tokens: Sequence[str], language: str = "") -> Words:
    """Tokens as a file separates them, put together to a sentence as people write it.

    There is no space before , . ) and the like (French has one before ? ! ; :), none behind ( and ¿, none within a pair of
    straight quotes, none around an apostrophe that stands for a letter (l' eau, he 's, do n't) or before a hyphen that joins
    (Sais -tu), and none between Chinese or Japanese tokens. Raises ValueError for a token with nothing to be seen in it.
    """
    clean = [normalise(token) for token in tokens]
    if empty := next((token for token, left in zip(tokens, clean, strict=True) if not left), None):
        raise ValueError(f"the word {empty!r} holds no character that can be seen")
    if not clean:
        raise ValueError("there are no words")
    glued = {0} | {place for place, (a, b) in enumerate(pairwise(clean), start=1) if _touch(a, b, language.lower())}
    for mark in ('"', "'"):
        quotes = [place for place, token in enumerate(clean) if token == mark]
        for opening, closing in zip(quotes[::2], quotes[1::2], strict=False):
            glued |= {opening + 1, closing}
    text, spans = "", []
    for place, token in enumerate(clean):
        text += "" if place in glued else " "
        spans.append((len(text), len(text) + len(token)))
        text += token
    return Words(text, tuple(spans))


def _touch(before: str, after: str, language: str) -> bool:
    """Whether two tokens are written without a space between them."""
    spaced = SPACED_IN_FRENCH if language == "french" else frozenset()
    if CLOSING.issuperset(after) and (after[0] not in spaced or before[-1] in "?!"):
        return True
    if OPENING.issuperset(before):
        return language != "french" or before != "«"
    if _unspaced(before[-1]) and _unspaced(after[0]):
        return True
    if before.endswith("'") and len(before) > 1 and language in ELIDING:
        return after[0].isalnum()
    return after.lower() == "n't" or bool(re.match(r"['\-]\w", after))


def _unspaced(character: str) -> bool:
    return bool(UNSPACED.match(character)) or character in "。，、？！；：（）「」『』《》"


def split(text: str, language: str = "") -> Words:
    """A sentence as somebody typed it, cut into words: punctuation stands alone, and so do l', d', j' in French and Italian; a
    Chinese or Japanese character is a word of its own. Raises ValueError where nothing is left of `text`."""
    clean = normalise(text)
    if not clean:
        raise ValueError("there are no words")
    spans = []
    for match in re.finditer(r"\S+", clean):
        start = match.start()
        for part in _parts(match[0], language.lower() in ELIDING):
            spans.append((start, start + len(part)))
            start += len(part)
    return Words(clean, tuple(spans))


def _parts(chunk: str, elides: bool) -> list[str]:
    """What stands between two spaces, in words and marks; together they are `chunk`."""
    cuts = [place for place in range(1, len(chunk)) if _cut(chunk, place, elides)]
    return [chunk[start:end] for start, end in pairwise([0, *cuts, len(chunk)])]


def _cut(chunk: str, place: int, elides: bool) -> bool:
    """Whether a word ends before `place`."""
    before, after = chunk[place - 1], chunk[place]
    if UNSPACED.match(before) or UNSPACED.match(after):
        return True
    if _is_mark(before) and _is_mark(after):
        return before != after
    if not (_is_mark(before) or _is_mark(after)):
        return False
    mark = place if _is_mark(after) else place - 1
    around = (chunk[mark - 1 : mark], chunk[mark + 1 : mark + 2])
    joins = chunk[mark] in "'-" if all(c and not _is_mark(c) for c in around) else False
    joins |= chunk[mark] in ".,:/" and all(c.isdigit() for c in around)
    elided = elides and chunk[mark] == "'" and mark < place and not chunk[:mark].lower().endswith("aujourd")
    return not joins or elided


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("P")


def merge(weights: Sequence[Sequence[float]] | np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Attention between whole words [W, W'], from attention between pieces [T, S].

    `rows` [W, T] and `columns` [W', S] say which share of each piece belongs to each word. A source word gets the sum of its
    pieces' weights, a target word the mean over its steps, so that rows still sum to 1 where all source pieces are shared out.
    """
    merged: np.ndarray = (rows @ np.asarray(weights) @ columns.T) / rows.sum(1, keepdims=True)
    return merged


def merge_words(
    weights: Sequence[Sequence[float]], rows: Sequence[Sequence[int]], columns: Sequence[Sequence[int]]
) -> list[list[float]]:
    """The same where every piece belongs to one word: `rows` and `columns` hold, for each word, the indices of its pieces."""
    steps, positions = np.shape(weights)
    merged: list[list[float]] = merge(weights, _whole(rows, steps), _whole(columns, positions)).tolist()
    return merged


def _whole(groups: Sequence[Sequence[int]], pieces: int) -> np.ndarray:
    shares = np.zeros((len(groups), pieces))
    for word, group in enumerate(groups):
        shares[word, list(group)] = 1
    return shares
