"""How far back a step depends on earlier pieces: one row per model, one column per piece."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seq2seq.trace import DecodingTrace
from seq2seq.views.matrix import percent
from seq2seq.views.pieces import label

if TYPE_CHECKING:  # for the annotation only: the views do not load the engine
    from seq2seq.analysis.inside.reach import Reach

START = {"text": "start", "kind": "end"}


def steps(trace: DecodingTrace) -> list[dict[str, str]]:
    """Return the pieces of the target, to choose from."""
    return [_label(step.piece) for step in trace.steps]


def _label(piece: str) -> dict[str, str]:
    return {"text": label(piece).text, "kind": label(piece).kind}


def columns(trace: DecodingTrace, step: int) -> dict[str, list[dict[str, str]]]:
    """Return the source pieces, and what the decoder has been fed up to `step`."""
    source = [_label(position.piece) for position in trace.source]
    return {"source": source, "fed": [START, *(_label(s.piece) for s in trace.steps[:step])]}


def row(name: str, title: str, found: Reach) -> dict[str, Any]:
    """Return the shares of the gradient, and the norms that they come from."""
    source, fed = found.shares()
    return {
        "model": name,
        "title": title,
        "log_prob": found.log_prob,
        "source": [round(float(share), 4) for share in source],
        "fed": [round(float(share), 4) for share in fed],
        "source_norms": [round(float(norm), 6) for norm in found.source],
        "fed_norms": [round(float(norm), 6) for norm in found.target],
    }


def most(rows: Sequence[dict[str, Any]]) -> float:
    """Return the largest share of all models, the end of their one scale of shades."""
    return max((share for row in rows for share in (*row["source"], *row["fed"])), default=0) or 1


def verdict(rows: Sequence[dict[str, Any]], names: dict[str, list[dict[str, str]]], step: dict[str, str]) -> list[str]:
    """Say for each model where the largest share of its gradient is."""
    said = []
    for one in rows:
        shares = [*one["source"], *one["fed"]]
        top = max(range(len(shares)), key=shares.__getitem__)
        pieces = [*names["source"], *names["fed"]]
        side = "source" if top < len(one["source"]) else "target"
        said.append(
            f"{one['title']}: to write “{step['text']}”, it depends most on “{pieces[top]['text']}” of the {side} "
            f"({percent(shares[top])}); the source has {percent(sum(one['source']))} of the gradient."
        )
    return said
