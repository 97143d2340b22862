"""Pictures of what the engine records: plain data for the page and Plotly figures, made without a model and without Gradio."""

from __future__ import annotations

import json
from typing import Any

from seq2seq.trace import DecodingTrace
from seq2seq.views import pieces
from seq2seq.views.stage import heatmap, sentences


def payload(trace: DecodingTrace, **extra: Any) -> str:
    """Everything that the stage needs to show `trace`, as one JSON text: the trace, its pictures, and `extra`."""
    drawn = {"pieces": pieces.view(trace), "sentences": sentences.view(trace), "heatmap": heatmap.view(trace)}
    data = {"id": trace.id, "trace": trace.to_dict(), "views": drawn, **extra}
    return json.dumps(data, ensure_ascii=False, allow_nan=False)
