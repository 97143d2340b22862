"""Pictures of a trace: plain data for the player and Plotly figures, made without a model and without a user interface.

To add a picture: a module with one function from a trace to plain JSON values, and one line in `VIEWS`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from seq2seq.trace import DecodingTrace
from seq2seq.views import pieces
from seq2seq.views.stage import heatmap, sentences

VIEWS: dict[str, Callable[[DecodingTrace], Any]] = {
    "pieces": pieces.view,
    "sentences": sentences.view,
    "heatmap": heatmap.view,
}


def payload(trace: DecodingTrace, **extra: Any) -> str:
    """Everything the page needs to show `trace`, as one JSON text: the trace itself, each view of `VIEWS`, and `extra`."""
    data: dict[str, Any] = {"id": trace.id, "trace": trace.to_dict()}
    data["views"] = {name: view(trace) for name, view in VIEWS.items()}
    return json.dumps({**data, **extra}, ensure_ascii=False, allow_nan=False)
