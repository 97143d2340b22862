"""Replies of a dialogue model: their probabilities, their variety, and what the question is worth."""

from __future__ import annotations

import math

import pytest

from seq2seq.analysis import dialogue
from seq2seq.analysis.dialogue import OTHERS, replies, reranked, variety
from seq2seq.decoding.translator import Translator

TURN = "I see the key."


def test_a_reply_has_the_engines_probability_and_the_mean_over_other_turns(small: Translator) -> None:
    (reply,) = replies(small, TURN, ["je vois la clé."])
    assert reply.given == pytest.approx(small.score(TURN, reply.text).log_prob, abs=1e-3)
    likely = [math.exp(small.score(other, reply.text).log_prob) for other in OTHERS]
    assert reply.anyway == pytest.approx(math.log(sum(likely) / len(likely)), abs=1e-3)
    assert reply.mutual == pytest.approx(reply.given - 0.5 * reply.anyway + 0.5 * reply.pieces)


def test_replies_are_reranked_by_mutual_information(small: Translator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialogue, "SAMPLES", 3)
    found = reranked(small, TURN)
    assert len(found) > 1 and len({reply.text for reply in found}) == len(found)
    assert [reply.mutual for reply in found] == sorted((reply.mutual for reply in found), reverse=True)


def test_variety_counts_replies_and_ngrams() -> None:
    found = variety("greedy", ["I see.", "I see.", "I do not see it.", ""])
    assert (found.replies, found.different, found.most_frequent, found.most_frequent_count) == (4, 3, "I see.", 2)
    assert found.distinct_1 == pytest.approx(6 / 12)  # i, see, ., do, not, it
    assert found.distinct_2 == pytest.approx(7 / 9)
    assert found.words == pytest.approx(12 / 4) and found.top_share == 1.0
