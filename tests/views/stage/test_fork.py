"""A fork is compared with its original."""

from __future__ import annotations

from support.traces import RIVAL, make_trace

from seq2seq.views.stage.fork import compare


def test_a_fork_shares_the_pieces_before_the_first_difference():
    original, fork = (
        make_trace(),
        make_trace(token=99, piece=RIVAL, forced=True, rank=2),
    )
    found = compare(original, fork)
    assert found["shared"] == 1
    assert found["original"]["log_prob"] == original.log_prob
    assert [piece["text"] for piece in found["original"]["labels"]] == [
        "le",
        "para",
        "·pluie",
        "end",
    ]
    assert compare(original, original)["shared"] == len(original.steps)
