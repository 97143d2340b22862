"""An example of a task: two texts built from parts, and which parts of one belong to which of the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seq2seq.sources.pieces import Span

# A text, spaces included, and the things that it stands for; parts that share one are aligned. None of them: punctuation, say.
Part = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Example:
    source: str
    target: str
    links: tuple[tuple[Span, Span], ...]  # of source and target: the true alignment

    @classmethod
    def of(cls, source: Sequence[Part], target: Sequence[Part]) -> Example:
        """The parts one behind the other. A part's leading spaces are not in its span."""
        spans, spans_of_target = _spans(source), _spans(target)
        links = [
            (span, span_of_target)
            for (_, things), span in zip(source, spans, strict=True)
            for (_, things_of_target), span_of_target in zip(target, spans_of_target, strict=True)
            if set(things) & set(things_of_target)
        ]
        return cls("".join(text for text, _ in source), "".join(text for text, _ in target), tuple(links))


def _spans(parts: Sequence[Part]) -> list[Span]:
    spans, end = [], 0
    for text, _ in parts:
        start = end + len(text) - len(text.lstrip())
        end += len(text)
        spans.append((start, end))
    return spans
