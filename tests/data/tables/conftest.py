"""Tables of sentence pairs for the tests of file formats."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

Pairs = list[tuple[str, str]]


@pytest.fixture
def pairs() -> Pairs:
    subjects = {"the girl": "la fille", "my uncle": "mon oncle", "the baker": "le boulanger"}
    verbs = {"sees": "voit", "buys": "achète", "hides": "cache", "sells": "vend"}
    objects = {"a white horse": "un cheval blanc", "the bread": "le pain", "two chairs": "deux chaises", "the key": "la clé"}
    whens = {"today": "aujourd'hui", "at night": "la nuit"}
    return [
        (" ".join(word for word, _ in words).capitalize() + ".", " ".join(word for _, word in words).capitalize() + ".")
        for words in itertools.product(*(words.items() for words in (subjects, verbs, objects, whens)))
    ]


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., Path]:
    def write(content: str | bytes, name: str = "upload") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write
