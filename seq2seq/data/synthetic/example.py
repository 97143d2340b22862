"""An example of a task: two texts made of parts, and the alignment between the parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seq2seq.sources.pieces import Span, character_spans

# A text with its spaces, and the labels of its meaning. Parts with a common label are aligned; punctuation has no label.
Part = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Example:
    source: str
    target: str
    links: tuple[tuple[Span, Span], ...]  # the true alignment: pairs of source span and target span
    kind: str = ""  # of a task whose examples are of several kinds, which `evaluate` counts apart

    @classmethod
    def of(cls, source: Sequence[Part], target: Sequence[Part], kind: str = "") -> Example:
        """Join the parts. The leading spaces of a part are not in its span."""
        spans, spans_of_target = _spans(source), _spans(target)
        links = [
            (span, span_of_target)
            for (_, labels), span in zip(source, spans, strict=True)
            if labels
            for (_, labels_of_target), span_of_target in zip(target, spans_of_target, strict=True)
            if not set(labels).isdisjoint(labels_of_target)
        ]
        return cls("".join(text for text, _ in source), "".join(text for text, _ in target), tuple(links), kind)

    def aligned(self, source: Sequence[str], target: Sequence[str]) -> list[tuple[int, int]]:
        """Return (target position, source position) for each pair of aligned pieces, from the character spans of the pieces."""
        read, written = character_spans(source), character_spans(target)
        return [
            (t, s)
            for t, of_target in enumerate(written)
            for s, of_source in enumerate(read)
            if any(_overlap(of_source, link) and _overlap(of_target, link_of_target) for link, link_of_target in self.links)
        ]


def _overlap(one: Span, other: Span) -> bool:
    return max(one[0], other[0]) < min(one[1], other[1])


def _spans(parts: Sequence[Part]) -> list[Span]:
    spans, end = [], 0
    for text, _ in parts:
        start = end + len(text) - len(text.lstrip())
        end += len(text)
        spans.append((start, end))
    return spans
