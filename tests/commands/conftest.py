"""A stored model and two files of pairs."""

from __future__ import annotations

import pytest
from support.small import make_checkpoint, make_model, small_config

from seq2seq.models.saved import checkpoint
from seq2seq.sources.text import Tokenizer


@pytest.fixture(scope="module")
def model(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("models") / "small"
    checkpoint.save(make_checkpoint(make_model(small_config()), tokenizer), folder)
    return str(folder)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]]) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("data")
    for name, part in (("pairs.tsv", pairs[:80]), ("valid.tsv", pairs[80:])):
        (folder / name).write_text("".join(f"{s}\t{t}\n" for s, t in part), encoding="utf-8")
    return str(folder / "pairs.tsv"), str(folder / "valid.tsv")
