"""Fixtures with the small models and sentences of support/small.py, and the real app."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from support.apps.server import serve
from support.small import KINDS, grammar_pairs, make_checkpoint, make_model, small_config

from seq2seq.decoding.translator import Translator
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.sources.text import Tokenizer
from seq2seq.ui.host.services import Services

# No deadline: it would be a timing assertion, and the first example also loads shared data.
settings.register_profile("project", deadline=None, max_examples=50)
settings.register_profile("long", deadline=None, max_examples=1000)
settings.load_profile("long" if os.environ.get("SEQ2SEQ_FUZZ") == "long" else "project")

# Workers take the files in this order: slow ones first, so that at the end no worker waits for another one.
SLOW = ["browser/train", "browser/host", "browser", "commands", "runs", "ui", "training/test_distributed.py", "test_imports.py"]
SLOW += ["test_extensions.py", "data", "decoding", "analysis", "models"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    root = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(root)
        return next((rank for rank, slow in enumerate(SLOW) if path.is_relative_to(slow)), len(SLOW))

    items.sort(key=place)


@pytest.fixture(scope="session")
def pairs() -> list[tuple[str, str]]:
    return grammar_pairs()


@pytest.fixture(scope="session")
def tokenizer(pairs: list[tuple[str, str]]) -> Tokenizer:
    return Tokenizer.train(pairs, 310, shared=True)


@pytest.fixture(params=KINDS.values(), ids=KINDS.keys())
def model(request: pytest.FixtureRequest) -> Seq2Seq:
    """Return an untrained model of every kind, in fp64, so that rounding by padding is far too small to change a choice.
    tests/models/conftest.py adds every cell and number of layers."""
    return make_model(request.param).double()


@pytest.fixture
def translator(model: Seq2Seq, tokenizer: Tokenizer) -> Translator:
    return Translator(make_checkpoint(model, tokenizer))


@pytest.fixture(scope="session")
def small(tokenizer: Tokenizer) -> Translator:
    """Return one untrained model for tests in which the kind does not matter."""
    return Translator(make_checkpoint(make_model(small_config()), tokenizer))


@pytest.fixture(scope="session")
def services(small: Translator) -> Services:
    """Return services whose only model is `small`."""
    return Services({"small": small.info}, lambda _: small)


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of the real app with its bundled models. Its start takes seconds: all tests of a process share it."""
    log = tmp_path_factory.mktemp("app") / "log"
    with serve(log) as url:
        yield url
    assert "Traceback" not in log.read_text(), log.read_text()
