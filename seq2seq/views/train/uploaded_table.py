"""Sentence pairs for a check before training: findings, first rows, lengths."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from seq2seq.data.corpora import Pair
from seq2seq.data.uploaded_table import Table
from seq2seq.views.curves import Style, with_layout

BINS = 40
_SOURCE, _TARGET = Style("source", "circle", "solid"), Style("target", "diamond-open", "dash")
_serial = itertools.count(1)


def payload(title: str, pairs: Sequence[Pair], table: Table) -> dict[str, Any]:
    return {
        "title": title,
        "findings": [finding.text for finding in table.findings],
        "columns": list(table.columns),
        "rows": table.preview,
        "figures": [
            {
                "name": "lengths",
                "title": "How long are they?",
                "note": "Number of pairs by the length of a side in characters; the longest 1% are not drawn.",
                "figure": json.loads(_lengths(pairs).to_json()),
            }
        ],
        "serial": next(_serial),
    }


def _lengths(pairs: Sequence[Pair]) -> go.Figure:
    drawn = go.Figure()
    sides = [np.array([len(pair[side]) for pair in pairs]) for side in (0, 1)]
    longest = max(int(np.percentile(side, 99)) for side in sides)
    width = max(1, -(-longest // BINS))
    for name, lengths, style in zip(("source", "target"), sides, (_SOURCE, _TARGET), strict=True):
        counts = Counter((lengths[lengths <= longest] // width).tolist())
        bins = range(longest // width + 1)
        drawn.add_scatter(
            x=[(bin + 0.5) * width for bin in bins],
            y=[counts[bin] for bin in bins],
            mode="lines+markers",
            name=name,
            line={"width": 3, "dash": style.dash, "shape": "hvh" if len(bins) > 1 else "linear"},
            marker={"size": 6, "symbol": style.symbol},
            meta={"colour": style.colour, "part": "line"},
            customdata=[[bin * width, (bin + 1) * width - 1] for bin in bins],
            hovertemplate="%{y} with %{customdata[0]} to %{customdata[1]} characters",
        )
    return with_layout(drawn, "characters", "pairs").update_layout(showlegend=True)
