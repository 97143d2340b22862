"""A fork compared with the original decoding."""

from __future__ import annotations

from itertools import takewhile
from typing import Any

from seq2seq.trace import DecodingTrace
from seq2seq.views.pieces import view
from seq2seq.views.stage import sentences


def compare(original: DecodingTrace, fork: DecodingTrace) -> dict[str, Any]:
    """Return the number of common first pieces, and the data of the original that the player shows next to the fork.

    The common steps keep the sentences of the original, because there the model chose freely; only the next piece was forced.
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
