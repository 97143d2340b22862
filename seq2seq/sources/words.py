"""Whole words and their pieces: the span of each word in a sentence, and attention between words.

Symbols: T steps, S source positions, W words, N pieces; an end mark is a piece without a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from seq2seq.sources.normalise import normalise
from seq2seq.sources.pieces import UNSPACED, written

CLOSING = frozenset(".,;:!?)]}…%»”’。，、？！；：）」』》")  # no space before these
OPENING = frozenset("([{¿¡«“‘（「『《")  # no space after these
SPACED_IN_FRENCH = frozenset("?!;:»%")  # French writes a space before these
ELIDING = ("french", "italian")  # languages that write l', d', j' together with the next word


@dataclass(frozen=True)
class Words:
    """A sentence, and the start and end (exclusive) of each of its words."""

    text: str
    spans: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return len(self.spans)

    def __getitem__(self, index: int) -> str:
        return self.text[slice(*self.spans[index])]

    def __iter__(self) -> Iterator[str]:
        return (self.text[start:end] for start, end in self.spans)

    def shares(self, pieces: Sequence[str]) -> np.ndarray:
        """Return the share of each piece that belongs to each word [W, N], by the characters of the piece.

        `pieces` spell `text`, with or without an end mark. A space belongs to the word after it, which only matters if it is a
        separate piece. Columns sum to 1, that of an end mark to 0. Raises ValueError for pieces of another text.
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
        """Return for each byte of " " and the text: its word, its share of a character, and whether it is a space between
        words."""
        owners: list[tuple[int, float, bool]] = []
        word = 0
        for position, character in enumerate(" " + self.text, start=-1):
            while word + 1 < len(self) and position >= self.spans[word][1]:
                word += 1
            size = len(character.encode())
            owners += [(word, 1 / size, position < self.spans[word][0])] * size
        return owners


def join(tokens: Sequence[str], language: str = "") -> Words:
    """Join the tokens of a file to a sentence with normal spacing.

    There is no space before , . ) and similar marks (French has one before ? ! ; :), after ( and ¿, inside a pair of straight
    quotes, at an apostrophe that replaces a letter (l' eau, he 's, do n't), before a joining hyphen (Sais -tu), or between
    Chinese or Japanese tokens. Raises ValueError for a token without visible characters.
    """
    clean = [normalise(token) for token in tokens]
    if empty := next((token for token, left in zip(tokens, clean, strict=True) if not left), None):
        raise ValueError(f"the word {empty!r} holds no character that can be seen")
    if not clean:
        raise ValueError("there are no words")
    glued = {0} | {index for index, (a, b) in enumerate(pairwise(clean), start=1) if _touch(a, b, language.lower())}
    for mark in ('"', "'"):
        quotes = [index for index, token in enumerate(clean) if token == mark]
        for opening, closing in zip(quotes[::2], quotes[1::2], strict=False):
            glued |= {opening + 1, closing}
    text, spans = "", []
    for index, token in enumerate(clean):
        text += "" if index in glued else " "
        spans.append((len(text), len(text) + len(token)))
        text += token
    return Words(text, tuple(spans))


def _touch(before: str, after: str, language: str) -> bool:
    """Whether there is no space between two tokens."""
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
    """Split a typed sentence into words. Punctuation marks are separate words, also l', d', j' in French and Italian, and every
    Chinese or Japanese character. Raises ValueError if `text` has no words."""
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
    """Split `chunk`, the text between two spaces, into words and marks."""
    cuts = [index for index in range(1, len(chunk)) if _cut(chunk, index, elides)]
    return [chunk[start:end] for start, end in pairwise([0, *cuts, len(chunk)])]


def _cut(chunk: str, index: int, elides: bool) -> bool:
    """Whether a word ends before `index`."""
    before, after = chunk[index - 1], chunk[index]
    if UNSPACED.match(before) or UNSPACED.match(after):
        return True
    if _is_mark(before) and _is_mark(after):
        return before != after
    if not (_is_mark(before) or _is_mark(after)):
        return False
    mark = index if _is_mark(after) else index - 1
    around = (chunk[mark - 1 : mark], chunk[mark + 1 : mark + 2])
    joins = chunk[mark] in "'-" if all(c and not _is_mark(c) for c in around) else False
    joins |= chunk[mark] in ".,:/" and all(c.isdigit() for c in around)
    elided = elides and chunk[mark] == "'" and mark < index and not chunk[:mark].lower().endswith("aujourd")
    return not joins or elided


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("P")


def merge(weights: Sequence[Sequence[float]] | np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Convert attention between pieces [T, S] to attention between words [W, W'].

    `rows` [W, T] and `columns` [W', S] have the share of each piece in each word. A source word gets the sum of its pieces'
    weights, a target word the mean over its steps. So rows still sum to 1 if all source pieces belong to words.
    """
    merged: np.ndarray = (rows @ np.asarray(weights) @ columns.T) / rows.sum(1, keepdims=True)
    return merged


def merge_words(
    weights: Sequence[Sequence[float]], rows: Sequence[Sequence[int]], columns: Sequence[Sequence[int]]
) -> list[list[float]]:
    """Do the same if every piece belongs to one word: `rows` and `columns` have the indices of each word's pieces."""
    steps, positions = np.shape(weights)
    merged: list[list[float]] = merge(weights, _whole(rows, steps), _whole(columns, positions)).tolist()
    return merged


def _whole(groups: Sequence[Sequence[int]], pieces: int) -> np.ndarray:
    shares = np.zeros((len(groups), pieces))
    for word, group in enumerate(groups):
        shares[word, list(group)] = 1
    return shares
