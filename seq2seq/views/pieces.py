"""Labels of pieces on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seq2seq.sources.pieces import (
    BEGIN,
    END,
    PADDING,
    UNKNOWN,
    UNSPACED,
    WORD_START,
    byte_of,
    group_words,
    spell,
    starts_word,
)
from seq2seq.sources.words import OPENING
from seq2seq.trace import DecodingStep, DecodingTrace, SourcePosition

GOES_ON = "·"  # before a piece that goes on with the word of the piece before it
AFTER_SPACE = "␣"  # before a punctuation mark that has a space before it
_SPECIAL = {PADDING: "padding", BEGIN: "begin", UNKNOWN: "unknown"}


@dataclass(frozen=True, slots=True)
class Label:
    """The label of a piece. `kind` is text, space, byte, end or special; `starts` is true for the first piece of a word.

    `text` includes `mark`, so that no two pieces of a vocabulary look alike.
    """

    text: str
    kind: str
    starts: bool
    mark: str = ""


def label(piece: str) -> Label:
    """Return the label of `piece`: never empty, and without invisible characters."""
    if piece == END:
        return Label("end", "end", True)
    if piece in _SPECIAL:
        return Label(_SPECIAL[piece], "special", False)
    if (byte := byte_of(piece)) is not None:
        return Label(f"byte {byte:02X}", "byte", False)
    starts = starts_word(piece)
    text = piece.removeprefix(WORD_START)
    if not text.strip():
        return Label(AFTER_SPACE, "space", starts)
    mark = _mark(text, piece.startswith(WORD_START))
    return Label(mark + visible(text).replace(GOES_ON, f"[U+{ord(GOES_ON):04X}]"), "text", starts, mark)


def _mark(text: str, spaced: bool) -> str:
    """Return the mark of a piece. Most words follow a space, most punctuation follows a word: these have no mark."""
    first = text[0]
    usually_spaced = (first.isalnum() or first in OPENING) and not UNSPACED.match(first)
    if usually_spaced:
        return "" if spaced else GOES_ON
    return AFTER_SPACE if spaced else ""


def visible(text: str) -> str:
    """Replace every character that is invisible or reverses the line by its code point."""
    return "".join(c if c.isprintable() or c == " " else f"[U+{ord(c):04X}]" for c in text.replace(WORD_START, "␣"))


def words(
    positions: Sequence[SourcePosition | DecodingStep],
) -> list[tuple[str, list[int]]]:
    """Return whole words in order: (text, indices of its pieces)."""
    groups = group_words([position.word for position in positions])
    return [(_word_text([positions[i].piece for i in group]), group) for group in groups]


def _word_text(parts: list[str]) -> str:
    if len(parts) == 1:
        only = label(parts[0])
        return only.text.removeprefix(only.mark)
    return visible(spell(parts).strip()) or "␣"


def view(trace: DecodingTrace) -> dict[str, Any]:
    """Return the labels of the source positions, of the steps, of each step's candidates, and of whole words."""
    return {
        "source": _labels(trace.source),
        "target": _labels(trace.steps),
        "candidates": [_labels(step.candidates) for step in trace.steps],
        "words": {"source": _words(trace.source), "target": _words(trace.steps)},
    }


def _words(positions: Sequence[SourcePosition | DecodingStep]) -> list[dict[str, Any]]:
    """Return the labels of whole words, each with the positions of its pieces."""
    drawn = []
    for text, group in words(positions):
        kind = label(positions[group[0]].piece).kind if len(group) == 1 else "text"
        drawn.append({"text": text, "kind": kind, "starts": True, "mark": "", "at": group})
    return drawn


def _labels(positions: Sequence[Any]) -> list[dict[str, Any]]:
    labels = (label(position.piece) for position in positions)
    return [{"text": drawn.text, "kind": drawn.kind, "starts": drawn.starts, "mark": drawn.mark} for drawn in labels]
