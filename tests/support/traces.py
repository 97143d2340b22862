"""A trace made by hand, without a model."""

from __future__ import annotations

import math
from dataclasses import replace

from seq2seq.sources.pieces import END
from seq2seq.trace import Candidate, DecodingStep, DecodingTrace, Hypothesis, Reading, SourcePosition

SOURCE = [("▁the", 0), ("▁um", 1), ("brella", 1), (END, 2)]
TARGET = [("▁le", 0), ("▁para", 1), ("pluie", 1), (END, 2)]
RIVAL = "▁un"
SUMMARY = (0.1,) * 8


def make_step(t: int, weights: list[float] | None, **changes) -> DecodingStep:
    piece, word = TARGET[t]
    candidates = (
        Candidate(10 + t, piece, math.log(0.8)),
        Candidate(99, RIVAL, math.log(0.1)),
    )
    step = DecodingStep(
        position=t,
        token=10 + t,
        piece=piece,
        word=word,
        log_prob=math.log(0.8),
        total=(t + 1) * math.log(0.8),
        rank=1,
        forced=False,
        parent=0,
        entropy=0.9,
        candidates=candidates,
        attention=None if weights is None else tuple(weights),
        state=SUMMARY,
    )
    return replace(step, **changes)


def make_trace(attention: bool = True, name: str = "greedy", **changes_of_second_step) -> DecodingTrace:
    rows = [
        [0.7, 0.1, 0.1, 0.1],
        [0.1, 0.6, 0.2, 0.1],
        [0.1, 0.3, 0.4, 0.2],
        [0.05, 0.05, 0.1, 0.8],
    ]
    steps = [make_step(t, rows[t] if attention else None) for t in range(len(TARGET))]
    steps[1] = replace(steps[1], **changes_of_second_step)
    return DecodingTrace(
        model="test",
        architecture="gru",
        source_text="the umbrella",
        reading=Reading(("forward", "backward"), ("forward", "backward")),
        source=tuple(SourcePosition(i, piece, word, (SUMMARY, SUMMARY)) for i, (piece, word) in enumerate(SOURCE)),
        context=None if attention else SUMMARY,
        strategy={"name": name},
        steps=tuple(steps),
        text="le parapluie",
        log_prob=4 * math.log(0.8),
        score=4 * math.log(0.8),
        finished=True,
        hypotheses=(Hypothesis("le parapluie", -1.0, -1.0, True),),
    )
