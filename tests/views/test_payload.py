"""The payload of a trace is plain JSON with all views."""

from __future__ import annotations

import json

import pytest
from support.traces import make_trace

from seq2seq.trace import DecodingTrace
from seq2seq.views import payload


@pytest.mark.parametrize("attention", [True, False])
def test_payload_is_json_with_the_whole_trace(attention):
    trace = make_trace(attention)
    data = json.loads(payload(trace, serial=7))
    assert data["id"] == trace.id and data["serial"] == 7 and set(data["views"]) == {"pieces", "sentences", "heatmap"}
    assert DecodingTrace.from_json(json.dumps(data["trace"])) == trace


@pytest.mark.parametrize("name", ["pieces", "sentences", "heatmap"])
@pytest.mark.parametrize("attention", [True, False])
def test_every_view_is_plain_json(name, attention):
    view = json.loads(payload(make_trace(attention)))["views"][name]
    assert json.loads(json.dumps(view, allow_nan=False)) == view
