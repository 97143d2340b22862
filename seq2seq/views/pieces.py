"""How pieces of text are written on screen: the one place that knows the tokenizer's marks.

SentencePiece writes "▁" where a word starts, "<0x1F>" for a byte that has no piece of its own, "</s>" where a sentence ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from seq2seq.sources.text import UNSPACED, WORD_START
from seq2seq.trace import DecodingStep, DecodingTrace, SourcePosition

END = "</s>"
UNKNOWN = "<unk>"
_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")


@dataclass(frozen=True, slots=True)
class Label:
    """What is drawn for a piece. `kind` is text, space, byte, end or unknown; `starts` says that a word begins here."""

    text: str
    kind: str
    starts: bool


def label(piece: str) -> Label:
    """`piece` as it is drawn: never empty, no character that cannot be seen."""
    if piece == END:
        return Label("end", "end", True)
    if piece == UNKNOWN:
        return Label("unknown", "unknown", False)
    if byte := _BYTE.fullmatch(piece):
        return Label(f"byte {byte[1].upper()}", "byte", False)
    starts = bool(piece.startswith(WORD_START) or UNSPACED.match(piece))
    text = piece.removeprefix(WORD_START)
    if not text.strip():
        return Label("␣", "space", starts)
    return Label(visible(text), "text", starts)


def alone(piece: str) -> str:
    """`piece` as it is written where its neighbours cannot be seen: a hyphen says that it goes on with a word."""
    drawn = label(piece)
    goes_on = drawn.kind == "text" and not drawn.starts and drawn.text[0].isalnum()
    return f"\u2011{drawn.text}" if goes_on else drawn.text


def visible(text: str) -> str:
    """`text` with every character that would leave no mark, or turn the line around, written as its code point."""
    return "".join(c if c.isprintable() or c == " " else f"[U+{ord(c):04X}]" for c in text.replace(WORD_START, "␣"))


def spell(pieces: Iterable[str]) -> str:
    """The text that `pieces` stand for: word starts become spaces, runs of bytes become characters, the end mark nothing."""
    encoded = bytearray()
    for piece in pieces:
        if byte := _BYTE.fullmatch(piece):
            encoded.append(int(byte[1], 16))
        elif piece != END:
            encoded += piece.replace(WORD_START, " ").encode("utf-8", errors="replace")
    return encoded.decode("utf-8", errors="replace").removeprefix(" ")


def words(
    positions: Sequence[SourcePosition | DecodingStep],
) -> list[tuple[str, list[int]]]:
    """Whole words in order: (text, indices of the pieces it is written with)."""
    groups: list[list[int]] = []
    for index, position in enumerate(positions):
        if groups and positions[groups[-1][0]].word == position.word:
            groups[-1].append(index)
        else:
            groups.append([index])
    return [(_word_text([positions[i].piece for i in group]), group) for group in groups]


def _word_text(parts: list[str]) -> str:
    if len(parts) == 1:
        return label(parts[0]).text
    return visible(spell(parts).strip()) or "␣"


def view(trace: DecodingTrace) -> dict[str, Any]:
    """Labels of the source positions, of the steps, and of each step's candidates."""
    return {
        "source": _labels(trace.source),
        "target": _labels(trace.steps),
        "candidates": [_labels(step.candidates) for step in trace.steps],
    }


def _labels(positions: Sequence[Any]) -> list[dict[str, Any]]:
    return [{"text": drawn.text, "kind": drawn.kind, "starts": drawn.starts} for drawn in (label(p.piece) for p in positions)]
