"""The matrix of attention weights: labels, merging to words, and the sentences of its rows."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.traces import make_trace

from seq2seq.sources.words import merge_words
from seq2seq.views import matrix


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
    words = matrix.of_trace(make_trace())["words"]
    assert words["weights"] == [
        pytest.approx([0.7, 0.2, 0.1]),
        pytest.approx([0.1, 0.75, 0.15]),
        pytest.approx([0.05, 0.15, 0.8]),
    ]
    assert [entry["at"] for entry in words["rows"]] == [[0], [1, 2], [3]]
    assert [entry["at"] for entry in words["columns"]] == [[0], [1, 2], [3]]


def test_a_matrix_keeps_duplicate_pieces():
    trace = make_trace()
    twice = replace(trace, source=(trace.source[0], replace(trace.source[1], piece="▁the"), *trace.source[2:]))
    columns = matrix.of_trace(twice)["pieces"]["columns"]
    assert [entry["text"] for entry in columns][:2] == ["the", "the"] and [entry["at"] for entry in columns][:2] == [[0], [1]]


def test_the_sentence_of_a_row_calls_the_end_mark_no_word():
    assert matrix.of_trace(make_trace())["pieces"]["says"][3] == "“end” looks at no word (the end mark) 80%."


def test_there_is_no_matrix_without_attention():
    assert matrix.of_trace(make_trace(attention=False)) is None


@pytest.mark.parametrize(("share", "text"), [(0, "0%"), (0.004, "under 1%"), (0.42, "42%"), (0.996, "over 99%"), (1, "100%")])
def test_a_percentage_is_never_a_false_zero_or_hundred(share, text):
    assert matrix.percent(share) == text
