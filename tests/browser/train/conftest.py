"""A fixture that opens the Train tab."""

import pytest


@pytest.fixture
def tab(visit):
    return lambda query="", **settings: visit("?tab=train" + query, ready=".train.ready", **settings)
