"""Whole hypotheses of a search, traced back through its lineages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from seq2seq.config import EOS
from seq2seq.decoding.loop import Lineage


class HypothesisPath(NamedTuple):
    """One hypothesis through the frames, with the end mark if it ended."""

    tokens: list[int]
    rows: list[int]  # for each step, the row of the frame from which the piece was chosen
    totals: list[float]
    finished: bool
    score: float


class Hypothesis(NamedTuple):
    """A translation as text, and its score: of a beam with the length penalty, else the log-probability in nats."""

    text: str
    score: float


def paths(lineages: Sequence[Lineage], strategy: Any, sentences: int) -> list[list[HypothesisPath]]:
    """Return all hypotheses of each sentence, best first: first those that ended, then those cut off by the limit."""
    found: list[list[HypothesisPath]] = [[] for _ in range(sentences)]
    plain = [
        (o.choice.parents.tolist(), o.choice.tokens.tolist(), o.choice.totals.tolist(), o.alive.tolist()) for o in lineages
    ]
    for step, lineage in enumerate(lineages):
        owners, going_on = lineage.sentences.tolist(), set(plain[step][3])
        for child in range(len(owners)):
            if child not in going_on:
                path = _trace_back(plain, step, child, strategy)
                found[owners[child]].append(path)
    for hypotheses in found:
        hypotheses.sort(key=lambda path: (path.finished, path.score), reverse=True)
    return found


class Dropped(NamedTuple):
    """The step at which a search dropped a hypothesis."""

    step: int  # 0-based; the piece that was not kept or not reached
    kept: float | None  # lowest total among the kept hypotheses of that step; None if the search had stopped before


def dropped(lineages: Sequence[Lineage], tokens: Sequence[int]) -> Dropped | None:
    """Find the step at which the search of one sentence dropped the hypothesis `tokens`; None if it kept every piece."""
    row = 0
    for step, token in enumerate(tokens):
        if step == len(lineages):
            return Dropped(step, None)
        choice, alive = lineages[step].choice, lineages[step].alive.tolist()
        children = enumerate(zip(choice.parents.tolist(), choice.tokens.tolist(), strict=True))
        child = next((c for c, of in children if of == (row, token)), None)
        if child is None:
            return Dropped(step, float(choice.totals.min()))
        row = alive.index(child) if child in alive else -1  # not alive at the end of the hypothesis
    return None


def _trace_back(plain: Sequence[tuple[list[Any], ...]], last: int, child: int, strategy: Any) -> HypothesisPath:
    """Return the hypothesis that ends in `child` of step `last`."""
    tokens, rows, totals = [], [], []
    for step in range(last, -1, -1):
        parents, step_tokens, step_totals, _ = plain[step]
        rows.append(parents[child])
        tokens.append(step_tokens[child])
        totals.append(step_totals[child])
        child = plain[step - 1][3][parents[child]] if step else 0
    return HypothesisPath(tokens[::-1], rows[::-1], totals[::-1], tokens[0] == EOS, strategy.score(totals[0], len(tokens)))
