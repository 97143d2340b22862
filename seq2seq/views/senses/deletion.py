"""What a word needs of a picture or a sound, as plain values: its loss when a region is hidden, compared with attention."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from seq2seq.analysis.agreement import NOTICEABLE, agreement
from seq2seq.trace import DecodingStep
from seq2seq.views.matrix import percent
from seq2seq.views.pieces import label
from seq2seq.views.senses.spans import DIGITS, probability, span

_SHOWN = 0.005  # nats: less is written as "less than 0.01"


@dataclass(frozen=True)
class Deletion:
    """What each word loses without each region: nats of its log-probability."""

    regions: Sequence[Sequence[int]]  # the region of each position, with its neighbours: `Reader.regions`
    losses: Sequence[Sequence[float]]  # one row for each step, one value for each region


def drawn(deletion: Deletion | None, step: DecodingStep) -> dict[str, list[float]]:
    """Return the losses of a step, and what is drawn of them; empty without deletion."""
    if deletion is None:
        return {}
    losses = deletion.losses[step.position]
    return {"losses": [round(loss, DIGITS) for loss in losses], "needed": [round(share, DIGITS) for share in shares(losses)]}


def shares(losses: Sequence[float]) -> list[float]:
    """Return the positive losses relative to the largest; only zeros if that is not noticeable."""
    most = max(losses)
    return [max(0.0, loss) / most if most >= NOTICEABLE else 0.0 for loss in losses]


def said(
    deletion: Deletion, step: DecodingStep, region: Callable[[int], list[dict[str, str]]], place: Callable[[int], str]
) -> list[dict[str, str]]:
    """Say without which region the word loses most, and what hiding the heaviest place of attention costs, as spans of text.

    `region` names what is hidden with a position, `place` the position itself.
    """
    losses, weights = deletion.losses[step.position], step.attention or ()
    needed = max(range(len(losses)), key=losses.__getitem__)
    looked = max(range(len(weights)), key=weights.__getitem__)
    written = label(step.piece)
    word = span("the end") if written.kind == "end" else span(f"“{written.text}”", "target")
    heaviest = f"its heaviest place is {place(looked)} ({percent(weights[looked])})"
    compared = agreement(losses, looked)
    if compared is None:
        spans = [span("No place is needed on its own: whichever is hidden, with its neighbours, "), word]
        return [*spans, span(f" loses {_at_most(losses[needed])}. Attention looks somewhere in any case: {heaviest}.")]
    change = f"{probability(step.log_prob)} → {probability(step.log_prob - losses[needed])}"
    spans = [span("Without "), *region(needed), span(", "), word]
    spans.append(span(f" would lose {losses[needed]:.2f} nats (probability {change}). "))
    if looked == needed:
        return [*spans, span(f"Attention agrees: it has its most weight there ({percent(weights[looked])}).")]
    verdict = "agrees" if compared.agrees else "disagrees"
    return [*spans, span(f"Attention {verdict}: {heaviest}, and hiding that {_cost(losses[looked])}.")]


def _at_most(loss: float) -> str:
    return "less than 0.01 nats" if loss < _SHOWN else f"at most {loss:.2f} nats"


def _cost(loss: float) -> str:
    if abs(loss) < _SHOWN:
        return "costs less than 0.01 nats"
    return f"{'costs' if loss > 0 else 'gains'} {abs(loss):.2f} nats"
