"""The heatmap of the stage agrees exactly with the trace."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace

import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.traces import make_trace

from seq2seq.sources.words import merge_words
from seq2seq.views.stage import heatmap


def grouped(count):
    """Return a strategy for splits of 0..count-1 into adjacent groups."""

    def split(cuts):
        edges = [0, *sorted(cuts), count]
        return [list(range(a, b)) for a, b in itertools.pairwise(edges)]

    inner = st.sets(st.integers(1, count - 1)) if count > 1 else st.just(set())
    return inner.map(split)


@st.composite
def attention(draw):
    """Draw row-stochastic weights and splits of rows and columns into adjacent groups."""
    rows, columns = draw(st.integers(1, 8)), draw(st.integers(1, 8))
    raw = [[draw(st.floats(0.01, 1)) for _ in range(columns)] for _ in range(rows)]
    return (
        [[w / sum(row) for w in row] for row in raw],
        draw(grouped(rows)),
        draw(grouped(columns)),
    )


@given(attention())
def test_merged_rows_still_sum_to_one_and_stay_within_bounds(case):
    weights, rows, columns = case
    merged = merge_words(weights, rows, columns)
    assert len(merged) == len(rows) and all(len(row) == len(columns) for row in merged)
    for row in merged:
        assert math.isclose(sum(row), 1, abs_tol=1e-9)
        assert all(0 <= w <= 1 + 1e-9 for w in row)


def test_merging_sums_over_source_pieces_and_averages_over_target_pieces():
    view = heatmap.view(make_trace())
    z = view["words"]["figure"]["data"][0]["z"]
    assert z == [
        pytest.approx([0.7, 0.2, 0.1]),
        pytest.approx([0.1, 0.75, 0.15]),
        pytest.approx([0.05, 0.15, 0.8]),
    ]
    assert view["words"]["rows"] == [[0], [1, 2], [3]] and view["words"]["columns"] == [
        [0],
        [1, 2],
        [3],
    ]


def test_heatmap_has_a_fixed_scale_and_keeps_duplicate_pieces():
    trace = make_trace()
    twice = replace(
        trace,
        source=(
            trace.source[0],
            replace(trace.source[1], piece="▁the"),
            *trace.source[2:],
        ),
    )
    figure = heatmap.view(twice)["pieces"]["figure"]
    assert (figure["data"][0]["zmin"], figure["data"][0]["zmax"]) == (0, 1)
    axis = figure["layout"]["xaxis"]
    assert axis["ticktext"][:2] == ["the", "the"] and axis["tickvals"] == [0, 1, 2, 3]


def test_heatmap_figures_are_valid_for_plotly():
    for unit in ("pieces", "words"):
        drawn = heatmap.view(make_trace())[unit]["figure"]
        assert json.loads(go.Figure(drawn).to_json())["data"] == json.loads(
            json.dumps(drawn["data"])
        )  # go.Figure raises for invalid data


def test_heatmap_labels_are_escaped_for_plotly():
    trace = make_trace()
    hostile = "▁<img/src=x>&amp;"
    figure = heatmap.view(replace(trace, source=(replace(trace.source[0], piece=hostile), *trace.source[1:])))
    assert figure["pieces"]["figure"]["layout"]["xaxis"]["ticktext"][0] == "&lt;img/src=x&gt;&amp;amp;"


def test_heatmap_is_none_without_attention():
    assert heatmap.view(make_trace(attention=False)) is None
