"""Exact answers to the examples of a task, counted apart for each kind of example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seq2seq.data.synthetic import Example
from seq2seq.decoding.hypotheses import Hypothesis


@dataclass(frozen=True)
class KindQuality:
    """The share of exact answers (%) among the examples of one kind."""

    kind: str
    examples: int
    exact: float


def by_kind(examples: Sequence[Example], found: Mapping[str, Sequence[Hypothesis]]) -> list[KindQuality]:
    """Return the quality of the first hypotheses `found` for the sources, in the `order` of kinds; empty if the examples
    have no kinds."""
    right: dict[str, list[bool]] = {}
    for example in examples:
        best = found[example.source]
        right.setdefault(example.kind, []).append(bool(best) and best[0].text == example.target)
    kinds = sorted(filter(None, right), key=order)
    return [KindQuality(kind, len(right[kind]), 100 * sum(right[kind]) / len(right[kind])) for kind in kinds]


def order(kind: str) -> tuple[int, str]:
    """Return the sort key of a kind: "9 digits" comes before "10 digits"."""
    number = kind.partition(" ")[0]
    return int(number) if number.isdigit() else 0, kind
