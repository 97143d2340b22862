"""Fixtures for the views of the Attention tab: the model that the page opens with, and its beam tree."""

from __future__ import annotations

import pytest
from support.browser.beam_tree import LINK, TEXT

from seq2seq.decoding.beam_tree import BeamTree
from seq2seq.decoding.strategies import Beam
from seq2seq.decoding.translator import Translator


@pytest.fixture(scope="session")
def translator() -> Translator:
    return Translator.load("en-fr-additive")


@pytest.fixture(scope="session")
def tree(translator: Translator) -> BeamTree:
    return translator.beam_tree(TEXT, Beam(4))


@pytest.fixture
def beam_tree(visit):
    """Return a function that opens the beam tree by its link; its keywords are settings of the browser context."""
    return lambda query="", **settings: visit("?tab=beam" + query, ready=".beam-tree.ready", **settings)


@pytest.fixture
def beam_page(reuse):
    """Return the page with the beam tree that the tests of a module share; they leave all nodes drawn."""
    return reuse("?tab=beam" + LINK, ".beam-tree.ready")
