"""The fixture `model` with every cell and number of layers."""

from __future__ import annotations

import pytest
from support.small import CONFIGS, make_model

from seq2seq.models.seq2seq import Seq2Seq


@pytest.fixture(params=CONFIGS.values(), ids=CONFIGS.keys())
def model(request: pytest.FixtureRequest) -> Seq2Seq:
    """Return an untrained model of every configuration, in fp64."""
    return make_model(request.param).double()
