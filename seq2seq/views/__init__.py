"""Views of the engine's records: plain data for the page and Plotly figures. They need neither a model nor Gradio."""

from __future__ import annotations

import json
from typing import Any

from seq2seq.trace import DecodingTrace
from seq2seq.views import matrix, pieces
from seq2seq.views.stage import sentences


def payload(trace: DecodingTrace, **extra: Any) -> str:
    """Return all data that the stage needs as JSON text: the trace, its views, and `extra`."""
    drawn = {"pieces": pieces.view(trace), "sentences": sentences.view(trace), "heatmap": matrix.of_trace(trace)}
    data = {"id": trace.id, "trace": trace.to_dict(), "views": drawn, **extra}
    return json.dumps(data, ensure_ascii=False, allow_nan=False)
