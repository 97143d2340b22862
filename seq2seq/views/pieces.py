"""Labels of pieces on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seq2seq.sources.pieces import END, UNKNOWN, WORD_START, byte_of, group_words, spell, starts_word
from seq2seq.trace import DecodingStep, DecodingTrace, SourcePosition


@dataclass(frozen=True, slots=True)
class Label:
    """The label of a piece. `kind` is text, space, byte, end or unknown; `starts` is true for the first piece of a word."""

    text: str
    kind: str
    starts: bool


def label(piece: str) -> Label:
    """Return the label of `piece`: never empty, and without invisible characters."""
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


def standalone(piece: str) -> str:
    """Return the label of `piece` without its neighbours: a hyphen marks a piece inside a word."""
    shown_label = label(piece)
    continues_word = shown_label.kind == "text" and not shown_label.starts and shown_label.text[0].isalnum()
    return f"\u2011{shown_label.text}" if continues_word else shown_label.text


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
        return label(parts[0]).text
    return visible(spell(parts).strip()) or "␣"


def view(trace: DecodingTrace) -> dict[str, Any]:
    """Return the labels of the source positions, of the steps, and of each step's candidates."""
    return {
        "source": _labels(trace.source),
        "target": _labels(trace.steps),
        "candidates": [_labels(step.candidates) for step in trace.steps],
    }


def _labels(positions: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {"text": shown_label.text, "kind": shown_label.kind, "starts": shown_label.starts}
        for shown_label in (label(p.piece) for p in positions)
    ]
