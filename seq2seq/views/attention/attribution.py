"""What one written piece depends on, asked in four ways, by source words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from seq2seq.trace import DecodingTrace
from seq2seq.views.attention.side_by_side import percent
from seq2seq.views.pieces import alone, label, words

if TYPE_CHECKING:  # the engine's record is read here, and the engine is not loaded for it
    from seq2seq.analysis.attribution import Attribution

SHARE, NATS = "share", "nats"
ATTENTION, GRADIENT, INTEGRATED, DELETION = "Attention", "Gradient × input", "Integrated gradients", "Without the word"
_ASKS = {
    ATTENTION: "how much of each position's state goes into this step",
    GRADIENT: "how the log-probability would change if the word's embedding went to zero, were all of it linear",
    INTEGRATED: "the same, gathered on the way from embeddings of zero (Sundararajan et al. 2017)",
    DELETION: "log-probability as it is, less that of the same piece where this word is deleted from the sentence",
}
WEAK = 0.3  # a correlation of ranks below which two rows are not called alike


def probability(log_prob: float) -> str:
    p = math.exp(log_prob)
    if p < 0.005:
        return "under 0.01"
    return "over 0.99" if p > 0.995 else f"{p:.2f}"


def steps(trace: DecodingTrace, agreements: Sequence[float | None]) -> list[dict[str, Any]]:
    """The steps to choose from, each with how well attention and deletion agree there."""
    return [
        {"text": alone(step.piece), "kind": label(step.piece).kind, "log_prob": step.log_prob, "agreement": agreement}
        for step, agreement in zip(trace.steps, agreements, strict=True)
    ]


def columns(trace: DecodingTrace) -> list[dict[str, Any]]:
    """The source's words, the end mark the last."""
    return [
        {"text": text, "kind": "end" if group[-1] == len(trace.source) - 1 else "text"} for text, group in words(trace.source)
    ]


def rows(found: Attribution, trace: DecodingTrace, by_word: Any) -> list[dict[str, Any]]:
    """A row a method: a value for each word and, but for the last one, for the end mark."""
    groups = [*found.words, (len(found.gradient) - 1,)]
    attention = trace.steps[found.step].attention
    table: list[tuple[str, str, Sequence[float | None]]] = []
    if attention is not None:
        table.append((ATTENTION, SHARE, by_word(attention, groups)))
    table.append((GRADIENT, NATS, by_word(found.gradient, groups)))
    table.append((INTEGRATED, NATS, by_word(found.integrated, groups)))
    table.append((DELETION, NATS, [*found.deletion, None]))
    asks = dict(_ASKS)
    if trace.reading.averaged:
        asks[ATTENTION] += "; mean of the heads of the last layer"
    return [{"name": name, "asks": asks[name], "unit": unit, "values": list(values)} for name, unit, values in table]


def magnitudes(row: dict[str, Any]) -> list[float]:
    """What is ranked: how much a word matters, for the piece or against it. The end mark is left out: it cannot be deleted."""
    return [abs(value) for value in row["values"][:-1]]


def agreements(table: Sequence[dict[str, Any]], rank_correlation: Any) -> list[dict[str, Any]]:
    """The correlation of ranks of every two rows."""
    return [
        {"first": a["name"], "second": b["name"], "value": rank_correlation(magnitudes(a), magnitudes(b))}
        for a, b in combinations(table, 2)
    ]


def said(trace: DecodingTrace, found: Attribution, table: Sequence[dict[str, Any]], pairs: Sequence[dict[str, Any]]) -> str:
    """What the rows say together, in plain words."""
    texts = [column["text"] for column in columns(trace)]
    piece = label(trace.steps[found.step].piece).text
    most = max(range(len(found.deletion)), key=lambda i: abs(found.deletion[i]))
    before = probability(found.log_prob)
    without = [probability(found.log_prob - change) for change in found.deletion]
    deleted = f"without “{texts[most]}”, the probability of “{piece}” goes from {before} to {without[most]}"
    if table[0]["name"] != ATTENTION:
        return f"This model has no attention to compare with. Of all words one matters most: {deleted}."
    shares = table[0]["values"]
    looked = max(range(len(found.deletion)), key=lambda i: shares[i])
    at_end = f" (and {percent(shares[-1])} at the end mark, which cannot be deleted)" if shares[-1] > shares[looked] else ""
    looks = f"Of the words, attention looks most at “{texts[looked]}” ({percent(shares[looked])}){at_end}"
    agreement = next(pair["value"] for pair in pairs if (pair["first"], pair["second"]) == (ATTENTION, DELETION))
    if looked != most:
        return (
            f"{looks}. But without that word, the probability of “{piece}” only goes from {before} to {without[looked]}, while "
            f"without “{texts[most]}”, at which it looks {percent(shares[most])}, it goes to {without[most]}. "
            "The weights alone would mislead here."
        )
    if agreement is not None and agreement < WEAK:
        return f"{looks}, and it matters most: {deleted}. But the other words are ranked otherwise by the two."
    return f"{looks}, and it matters most: {deleted}. Here attention and deletion agree."
