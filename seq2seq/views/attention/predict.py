"""A student's alignment of a sentence, and, once it is asked for, the model's attention and the alignment made by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from seq2seq.views.attention.side_by_side import percent, scale
from seq2seq.views.pieces import visible
from seq2seq.views.stage.heatmap import DIGITS
from seq2seq.views.stage.sentences import Span, told

if TYPE_CHECKING:  # the engine's records are read here, and the engine is not loaded for it
    from seq2seq.analysis.alignment import Aligned, Counts, Links

COLUMNS = ["", "links", "most looked-at word linked", "alignment error rate", "precision", "recall"]


def score_row(name: str, links: int, agreeing: frozenset[int] | None, words: int, counts: Counts | None) -> list[Any]:
    """A line of the table under COLUMNS; None where there is no attention, no alignment by hand, or nothing to divide by."""
    rates: list[float | None] = [None, None, None]
    if counts is not None:
        precision = counts.possible_found / counts.found if counts.found else None
        recall = counts.sure_found / counts.sure if counts.sure else None
        rates = [counts.error_rate, precision, recall]
    # A rate stays a decimal number where it is exactly 0 or 1.
    cells = [None if rate is None else f"{rate:.3f}" for rate in rates]
    return [name, str(links), None if agreeing is None else f"{len(agreeing)} of {words}", *cells]


def verdict(
    source: Sequence[str],
    target: Sequence[str],
    links: Links,
    weights: Sequence[Sequence[float]] | None,
    agreeing: frozenset[int] | None,
    own: Counts | None,
    attention: Counts | None,
) -> list[dict[str, str]]:
    """What came of the prediction, in plain words."""
    spans = []
    if weights is not None and agreeing is not None:
        spans += [Span(f"For {len(agreeing)} of {len(target)} target words you linked the source word most looked at. ")]
        spans += _surprise(source, target, links, weights, agreeing)
    if own is not None:
        beside = "" if attention is None else f", the attention’s {attention.error_rate:.2f}"
        spans.append(
            Span(f"Against the alignment made by hand, your error rate is {own.error_rate:.2f}{beside} (0 is without error).")
        )
    return told(spans)


def _surprise(
    source: Sequence[str], target: Sequence[str], links: Links, weights: Sequence[Sequence[float]], agreeing: frozenset[int]
) -> list[Span]:
    """The target word at which attention is surest of something else than was linked."""
    linked = {j for _, j in links} - agreeing
    if not linked:
        return []
    j = max(sorted(linked), key=lambda word: max(weights[word]))
    i = max(range(len(source)), key=lambda word: weights[j][word])
    own = [visible(source[word]) for word, at in sorted(links) if at == j]
    spans = [Span("The surest difference: writing "), Span(f"“{visible(target[j])}”", "target"), Span(", it looks most at ")]
    spans += [Span(f"“{visible(source[i])}”", "source"), Span(f" ({percent(weights[j][i])}), and you linked ")]
    return [*spans, Span(" and ".join(f"“{word}”" for word in own), "source"), Span(". ")]


def payload(
    source: Iterable[str],
    target: Iterable[str],
    links: Links | None,
    *,
    revealed: dict[str, Any] | None = None,
    gold: Aligned | None = None,
    **extra: Any,
) -> str:
    """Without `revealed`, nothing of the attention or of `gold` is in it. `links` None: those that are drawn stay."""
    shown = None
    if revealed is not None:
        weights = revealed["weights"]
        shown = {
            **revealed,
            "weights": weights and [[round(weight, DIGITS) for weight in row] for row in weights],
            "end": weights and [round(max(0.0, 1 - sum(row)), DIGITS) for row in weights],  # what is left is the end mark's
            "scale": scale(),
            "gold": gold and {"sure": sorted(gold.sure), "possible": sorted(gold.possible - gold.sure)},
        }
    data = {
        "source": [visible(word) for word in source],
        "target": [visible(word) for word in target],
        "links": None if links is None else sorted(links),
        "revealed": shown,
    }
    return json.dumps({**data, **extra}, ensure_ascii=False, allow_nan=False)
