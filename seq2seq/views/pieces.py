"""How pieces of text are written on screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seq2seq.sources.pieces import END, UNKNOWN, WORD_START, byte_of, group_words, spell, starts_word
from seq2seq.trace import DecodingStep, DecodingTrace, SourcePosition


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
    if (byte := byte_of(piece)) is not None:
        return Label(f"byte {byte:02X}", "byte", False)
    starts = starts_word(piece)
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


def words(
    positions: Sequence[SourcePosition | DecodingStep],
) -> list[tuple[str, list[int]]]:
    """Whole words in order: (text, indices of the pieces it is written with)."""
    groups = group_words([position.word for position in positions])
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
