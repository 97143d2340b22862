"""Pieces as SentencePiece writes them: the one place that knows its marks, and the one definition of a word.

"▁" marks a space before a piece, "<0x1F>" is a byte that has no piece of its own, "</s>" ends a sentence.

A word is the text between two spaces, with its punctuation. Chinese and Japanese have no spaces: there a word starts at each
piece that begins with a character of theirs. The end mark is a word. `words.split` cuts words further: into words and
punctuation marks, as files of word alignments do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

WORD_START = "▁"
END = "</s>"
UNKNOWN = "<unk>"
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")  # kana and Han: scripts without spaces
_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")

Span = tuple[int, int]  # of characters: the first one, and the one after the last


def byte_of(piece: str) -> int | None:
    """The byte that a byte piece stands for; None for other pieces."""
    match = _BYTE.fullmatch(piece)
    return int(match[1], 16) if match else None


def byte_piece(byte: int) -> str:
    """The piece that stands for `byte`."""
    return f"<0x{byte:02X}>"


def written(piece: str) -> bytes:
    """The UTF-8 bytes that `piece` writes, a space for the mark of a word's start; nothing for the end mark."""
    if piece == END:
        return b""
    byte = byte_of(piece)
    return piece.replace(WORD_START, " ").encode("utf-8", errors="replace") if byte is None else bytes([byte])


def spell(pieces: Iterable[str]) -> str:
    """The text that `pieces` stand for, without the space before its first word."""
    return b"".join(map(written, pieces)).decode("utf-8", errors="replace").removeprefix(" ")


def starts_word(piece: str, before: str = "") -> bool:
    """Whether a word starts at `piece`, which follows the piece `before`."""
    unspaced = UNSPACED.match(piece) and before != WORD_START  # "▁" alone has started the word already
    return bool(piece.startswith(WORD_START) or piece == END or unspaced)


def has_letters(piece: str) -> bool:
    """Whether `piece` writes a letter or a digit. A byte counts, since it may be part of a letter; the end mark does not."""
    return piece != END and any(character.isalnum() for character in piece)


def word_indices(pieces: Sequence[str]) -> list[int]:
    """For each piece the index of its word."""
    indices: list[int] = []
    for index, piece in enumerate(pieces):
        starts = not index or starts_word(piece, pieces[index - 1])
        indices.append((indices[-1] + 1 if starts else indices[-1]) if index else 0)
    return indices


def group_words(indices: Sequence[int]) -> list[list[int]]:
    """For each word the positions of its pieces, from the pieces' `word_indices`."""
    groups: dict[int, list[int]] = {}
    for position, word in enumerate(indices):
        groups.setdefault(word, []).append(position)
    return list(groups.values())


def character_spans(pieces: Sequence[str]) -> list[Span]:
    """For each piece the characters that it stands for in its text, without a space before them; an end mark has none."""
    spans, end = [], -1  # the first piece begins with a space that the text does not have
    for piece in pieces:
        if piece == END:
            spans.append((end, end))
            continue
        start = end + len(piece) - len(piece.lstrip(WORD_START))
        end += len(piece)
        spans.append((start, end))
    return spans
