"""Fixtures of the small world in small.py."""

from __future__ import annotations

import pytest
from small import CONFIGS, grammar_pairs, make_checkpoint, make_model

from seq2seq.model import Seq2Seq
from seq2seq.text import Tokenizer
from seq2seq.translator import Translator


@pytest.fixture(scope="session")
def pairs() -> list[tuple[str, str]]:
    return grammar_pairs()


@pytest.fixture(scope="session")
def tokenizer(pairs: list[tuple[str, str]]) -> Tokenizer:
    return Tokenizer.train(pairs, 310, shared=True)


@pytest.fixture(params=CONFIGS.values(), ids=CONFIGS.keys())
def model(request: pytest.FixtureRequest) -> Seq2Seq:
    """An untrained model of every kind."""
    return make_model(request.param)


@pytest.fixture
def translator(model: Seq2Seq, tokenizer: Tokenizer) -> Translator:
    return Translator(make_checkpoint(model, tokenizer))
