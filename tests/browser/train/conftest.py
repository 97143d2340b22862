"""The Train tab, opened."""

import pytest


@pytest.fixture
def tab(visit):
    return lambda query="", **settings: visit("?tab=train" + query, ready=".train.ready", **settings)
