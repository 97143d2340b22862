"""A fork beside the original it left."""

from __future__ import annotations

from itertools import takewhile
from typing import Any

from seq2seq.trace import DecodingTrace
from seq2seq.views.pieces import view
from seq2seq.views.stage import sentences


def compare(original: DecodingTrace, fork: DecodingTrace) -> dict[str, Any]:
    """How many leading pieces the two share, and what the player needs to write the original beside the fork.

    The shared steps are told as the original tells them: there the model chose, and only the piece behind them was forced.
    """
    pairs = zip(original.steps, fork.steps, strict=False)
    shared = sum(1 for _ in takewhile(lambda pair: pair[0].token == pair[1].token, pairs))
    return {
        "shared": shared,
        "original": {
            "labels": view(original)["target"],
            "log_prob": original.log_prob,
            "sentences": sentences.view(original)[: shared + 1],
        },
    }
