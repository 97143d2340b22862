"""Pieces of SentencePiece: the only module that knows their marks, and the definition of a word.

"▁" marks a space before a piece, "<0x1F>" is a byte without a piece of its own, "</s>" ends a sentence.

A word is the text between two spaces, with its punctuation. Chinese and Japanese have no spaces, so every piece that begins
with one of their characters starts a word. The end mark is a word. `words.split` separates words and punctuation marks, like
files of word alignments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

WORD_START = "▁"
END = "</s>"
PADDING, BEGIN, UNKNOWN = "<pad>", "<s>", "<unk>"  # never in a text
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")  # kana and Han: scripts without spaces
_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")

Span = tuple[int, int]  # start and end (exclusive), in characters


def byte_of(piece: str) -> int | None:
    """Return the byte of a byte piece; None for other pieces."""
    match = _BYTE.fullmatch(piece)
    return int(match[1], 16) if match else None


def byte_piece(byte: int) -> str:
    """Return the piece of `byte`."""
    return f"<0x{byte:02X}>"


def written(piece: str) -> bytes:
    """Return the UTF-8 bytes of `piece`, with a space for "▁"; empty for the end mark."""
    if piece == END:
        return b""
    byte = byte_of(piece)
    return piece.replace(WORD_START, " ").encode("utf-8", errors="replace") if byte is None else bytes([byte])


def spell(pieces: Iterable[str]) -> str:
    """Return the text of `pieces` without the space before the first word."""
    return b"".join(map(written, pieces)).decode("utf-8", errors="replace").removeprefix(" ")


def starts_word(piece: str, before: str = "") -> bool:
    """Whether `piece` starts a word; `before` is the piece before it."""
    unspaced = UNSPACED.match(piece) and before != WORD_START  # a separate "▁" has started the word already
    return bool(piece.startswith(WORD_START) or piece == END or unspaced)


def has_letters(piece: str) -> bool:
    """Whether `piece` has a letter or a digit. A byte piece counts, because it can be part of a letter; the end mark does
    not."""
    return piece != END and any(character.isalnum() for character in piece)


def word_indices(pieces: Sequence[str]) -> list[int]:
    """Return for each piece the index of its word."""
    indices: list[int] = []
    for index, piece in enumerate(pieces):
        starts = not index or starts_word(piece, pieces[index - 1])
        indices.append((indices[-1] + 1 if starts else indices[-1]) if index else 0)
    return indices


def group_words(indices: Sequence[int]) -> list[list[int]]:
    """Return for each word the positions of its pieces; `indices` comes from `word_indices`."""
    groups: dict[int, list[int]] = {}
    for position, word in enumerate(indices):
        groups.setdefault(word, []).append(position)
    return list(groups.values())


def character_spans(pieces: Sequence[str]) -> list[Span]:
    """Return for each piece its span in the text, without the space before it; the span of an end mark is empty."""
    spans, end = [], -1  # the first piece begins with a space that is not in the text
    for piece in pieces:
        if piece == END:
            spans.append((end, end))
            continue
        start = end + len(piece) - len(piece.lstrip(WORD_START))
        end += len(piece)
        spans.append((start, end))
    return spans
