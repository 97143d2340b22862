"""A student's alignment of a sentence; on request also the model's attention and the manual alignment."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from seq2seq.views.matrix import DIGITS, percent
from seq2seq.views.pieces import visible
from seq2seq.views.stage.sentences import TextSpan, to_dicts

if TYPE_CHECKING:  # for the annotations only: the views do not load the engine
    from seq2seq.analysis.alignment import Aligned, Counts, Links

COLUMNS = ["", "links", "links to the top-weighted word", "alignment error rate", "precision", "recall"]


def score_row(name: str, links: int, agreeing: frozenset[int] | None, words: int, counts: Counts | None) -> list[Any]:
    """Return one table row for COLUMNS; None where there is no attention, no manual alignment, or a division by zero."""
    rates: list[float | None] = [None, None, None]
    if counts is not None:
        precision = counts.possible_found / counts.found if counts.found else None
        recall = counts.sure_found / counts.sure if counts.sure else None
        rates = [counts.error_rate, precision, recall]
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
    """Compare the student's links with the attention and with the manual alignment."""
    spans = []
    if weights is not None and agreeing is not None:
        spans += [
            TextSpan(f"For {len(agreeing)} of {len(target)} target words you linked the source word with the largest weight. ")
        ]
        spans += _surprise(source, target, links, weights, agreeing)
    if own is not None:
        attention_rate = "" if attention is None else f", that of the attention {attention.error_rate:.2f}"
        spans.append(
            TextSpan(
                f"Against the manual alignment, your error rate is {own.error_rate:.2f}{attention_rate} (0 means no error)."
            )
        )
    return to_dicts(spans)


def _surprise(
    source: Sequence[str], target: Sequence[str], links: Links, weights: Sequence[Sequence[float]], agreeing: frozenset[int]
) -> list[TextSpan]:
    """Describe the target word with the largest attention weight on a source word that was not linked."""
    linked = {j for _, j in links} - agreeing
    if not linked:
        return []
    j = max(sorted(linked), key=lambda word: max(weights[word]))
    i = max(range(len(source)), key=lambda word: weights[j][word])
    own = [visible(source[word]) for word, at in sorted(links) if at == j]
    spans = [
        TextSpan("The clearest difference: for "),
        TextSpan(f"“{visible(target[j])}”", "target"),
        TextSpan(" the largest weight is on "),
    ]
    spans += [TextSpan(f"“{visible(source[i])}”", "source"), TextSpan(f" ({percent(weights[j][i])}), but you linked ")]
    return [*spans, TextSpan(" and ".join(f"“{word}”" for word in own), "source"), TextSpan(". ")]


def payload(
    source: Iterable[str],
    target: Iterable[str],
    links: Links | None,
    *,
    revealed: dict[str, Any] | None = None,
    gold: Aligned | None = None,
    **extra: Any,
) -> str:
    """Return the data of the view as JSON text. Without `revealed`, it contains neither attention nor `gold`. The page
    keeps its links if `links` is None."""
    answer = None
    if revealed is not None:
        weights = revealed["weights"]
        answer = {
            **revealed,
            "weights": weights and [[round(weight, DIGITS) for weight in row] for row in weights],
            "end": weights
            and [round(max(0.0, 1 - sum(row)), DIGITS) for row in weights],  # the rest is the weight of the end mark
            "gold": gold and {"sure": sorted(gold.sure), "possible": sorted(gold.possible - gold.sure)},
        }
    data = {
        "source": [visible(word) for word in source],
        "target": [visible(word) for word in target],
        "links": None if links is None else sorted(links),
        "revealed": answer,
    }
    return json.dumps({**data, **extra}, ensure_ascii=False, allow_nan=False)
