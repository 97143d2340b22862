"""Which source words one target piece depends on: four methods side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from seq2seq.trace import DecodingTrace
from seq2seq.views.matrix import percent
from seq2seq.views.pieces import label, words

if TYPE_CHECKING:  # for the annotation only: the views do not load the engine
    from seq2seq.analysis.attribution import Attribution

SHARE, NATS = "share", "nats"
ATTENTION, GRADIENT, INTEGRATED, DELETION = "Attention", "Gradient × input", "Integrated gradients", "Without the word"
_QUESTIONS = {
    ATTENTION: "the weight of each encoder state in the context vector of this step",
    GRADIENT: "gradient of the log-probability times the word's embedding: exact only if the model were linear",
    INTEGRATED: "the same, with the gradient averaged on the path from zero embeddings (Sundararajan et al. 2017)",
    DELETION: "log-probability of the piece, minus its log-probability when this word is deleted from the source",
}
WEAK = 0.3  # below this rank correlation, two methods count as different


def probability(log_prob: float) -> str:
    p = math.exp(log_prob)
    if p < 0.005:
        return "under 0.01"
    return "over 0.99" if p > 0.995 else f"{p:.2f}"


def steps(trace: DecodingTrace, agreements: Sequence[float | None]) -> list[dict[str, Any]]:
    """Return the steps to choose from, each with the rank correlation between attention and deletion."""
    return [
        {"text": label(step.piece).text, "kind": label(step.piece).kind, "log_prob": step.log_prob, "agreement": agreement}
        for step, agreement in zip(trace.steps, agreements, strict=True)
    ]


def columns(trace: DecodingTrace) -> list[dict[str, Any]]:
    """Return the source words; the last column is the end mark."""
    return [
        {"text": text, "kind": "end" if group[-1] == len(trace.source) - 1 else "text"} for text, group in words(trace.source)
    ]


def rows(attribution: Attribution, trace: DecodingTrace, by_word: Any) -> list[dict[str, Any]]:
    """Return one row per method: a value for each word and for the end mark (None for deletion: the end mark stays)."""
    groups = [*attribution.words, (len(attribution.gradient) - 1,)]
    attention = trace.steps[attribution.step].attention
    table: list[tuple[str, str, Sequence[float | None]]] = []
    if attention is not None:
        table.append((ATTENTION, SHARE, by_word(attention, groups)))
    table.append((GRADIENT, NATS, by_word(attribution.gradient, groups)))
    table.append((INTEGRATED, NATS, by_word(attribution.integrated, groups)))
    table.append((DELETION, NATS, [*attribution.deletion, None]))
    questions = dict(_QUESTIONS)
    if trace.reading.averaged:
        questions[ATTENTION] += "; mean over the heads of the second-to-last layer"
    return [{"name": name, "asks": questions[name], "unit": unit, "values": list(values)} for name, unit, values in table]


def magnitudes(row: dict[str, Any]) -> list[float]:
    """Return the absolute values, which are ranked. The end mark is left out because it cannot be deleted."""
    return [abs(value) for value in row["values"][:-1]]


def agreements(table: Sequence[dict[str, Any]], rank_correlation: Any) -> list[dict[str, Any]]:
    """Return the rank correlation of every pair of rows."""
    return [
        {"first": a["name"], "second": b["name"], "value": rank_correlation(magnitudes(a), magnitudes(b))}
        for a, b in combinations(table, 2)
    ]


def verdict(
    trace: DecodingTrace, attribution: Attribution, table: Sequence[dict[str, Any]], pairs: Sequence[dict[str, Any]]
) -> str:
    """Say in a sentence whether attention and deletion agree on the most important word."""
    texts = [column["text"] for column in columns(trace)]
    piece = label(trace.steps[attribution.step].piece).text
    most = max(range(len(attribution.deletion)), key=lambda i: abs(attribution.deletion[i]))
    before = probability(attribution.log_prob)
    without = [probability(attribution.log_prob - change) for change in attribution.deletion]
    deleted = f"without “{texts[most]}”, the probability of “{piece}” goes from {before} to {without[most]}"
    if table[0]["name"] != ATTENTION:
        return f"This model has no attention. The most important word by deletion: {deleted}."
    shares = table[0]["values"]
    top = max(range(len(attribution.deletion)), key=lambda i: shares[i])
    at_end = f" (the end mark gets {percent(shares[-1])}, but it cannot be deleted)" if shares[-1] > shares[top] else ""
    attention_says = f"Of all words, “{texts[top]}” has the largest attention weight ({percent(shares[top])}){at_end}"
    agreement = next(pair["value"] for pair in pairs if (pair["first"], pair["second"]) == (ATTENTION, DELETION))
    if top != most:
        return (
            f"{attention_says}. But without that word, the probability of “{piece}” only goes from {before} to {without[top]}; "
            f"without “{texts[most]}” (weight {percent(shares[most])}), it goes to {without[most]}. "
            "Here the attention weights alone are misleading."
        )
    if agreement is not None and agreement < WEAK:
        return f"{attention_says}, and deletion agrees: {deleted}. But the two methods rank the other words differently."
    return f"{attention_says}, and deletion agrees: {deleted}."
