"""Parts of the sentences that describe a step of a view of Senses: spans of text, each with the role that colours it."""

from __future__ import annotations

import math
from typing import Any

from seq2seq.trace import DecodingStep
from seq2seq.views.pieces import label

DIGITS = 4  # of a number in a payload
NOTABLE = 0.05  # from this probability on, a second choice is named


def span(text: str, role: str = "") -> dict[str, str]:
    return {"text": text, "role": role}


def probability(log_prob: float) -> str:
    """Format a probability, never as a false 0.00 or 1.00."""
    p = math.exp(log_prob)
    return "> 0.99" if p > 0.995 else "< 0.01" if p < 0.005 else f"{p:.2f}"


def second_choice(step: DecodingStep) -> list[dict[str, str]]:
    """Name the second choice of a step if it is likely enough; empty otherwise."""
    if len(step.candidates) < 2 or step.candidates[1].log_prob <= math.log(NOTABLE):
        return []
    other = step.candidates[1]
    named = span(f"“{label(other.piece).text}”", "target")
    return [span(" Its second choice is "), named, span(f" (probability {probability(other.log_prob)}).")]


def candidates(step: DecodingStep) -> list[dict[str, Any]]:
    """Return the likeliest pieces of a step with their probabilities."""
    return [{"text": label(c.piece).text, "p": round(math.exp(c.log_prob), DIGITS)} for c in step.candidates]
