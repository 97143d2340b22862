"""What a source is worth over many pairs: the engine's log-probabilities, in bits per piece."""

from __future__ import annotations

import math

import pytest
from support.small import make_checkpoint, make_model, small_config

from seq2seq.analysis.source_worth import source_worth
from seq2seq.decoding.translator import Translator
from seq2seq.sources.text import Tokenizer
from seq2seq.trace import DecodingTrace

PAIRS = [
    ("I see the key.", "je vois la clé."),
    ("we like a red boat.", "nous aimons un bateau rouge."),
    ("we see.", "nous voyons."),
]


def bits(traces: list[DecodingTrace]) -> float:
    return -sum(trace.log_prob for trace in traces) / math.log(2) / sum(len(trace.steps) for trace in traces)


@pytest.fixture(scope="module")
def writer(tokenizer: Tokenizer) -> Translator:
    return Translator(make_checkpoint(make_model(small_config("language-model")), tokenizer))


def test_the_three_numbers_are_the_engines(small: Translator, writer: Translator) -> None:
    found = source_worth(small, PAIRS, writer)
    own = [small.score(source, target) for source, target in PAIRS]
    swapped = [small.score(PAIRS[(i + 1) % 3][0], target) for i, (_, target) in enumerate(PAIRS)]
    alone = [writer.score("", target) for _, target in PAIRS]
    assert (found.targets, found.pieces) == (3, sum(len(trace.steps) for trace in own))
    assert [found.own, found.swapped, found.alone] == pytest.approx([bits(own), bits(swapped), bits(alone)], abs=1e-3)
    assert found.worth == found.swapped - found.own and found.worth_against_none == found.alone - found.own


def test_without_a_language_model_there_are_two_numbers_and_long_pairs_are_skipped(small: Translator) -> None:
    found = source_worth(small, [("a " * 600, "je vois."), *PAIRS])
    assert found.targets == 3 and found.alone is None and found.worth_against_none is None


def test_what_cannot_be_compared_is_refused(small: Translator, writer: Translator) -> None:
    with pytest.raises(ValueError, match="at least two pairs"):
        source_worth(small, PAIRS[:1], writer)
    with pytest.raises(ValueError, match="this needs a language model"):
        source_worth(small, PAIRS, small)
