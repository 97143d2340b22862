"""Sentence pairs of an uploaded table, and what is found in it."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

from seq2seq.data.corpora import Pair
from seq2seq.data.tables.layout import Layout
from seq2seq.data.uploaded_table import Table

SUBJECTS = {"the girl": "la fille", "my uncle": "mon oncle", "the baker": "le boulanger", "our teacher": "notre maîtresse"}
VERBS = {"sees": "voit", "buys": "achète", "hides": "cache", "paints": "peint", "sells": "vend", "forgets": "oublie"}
OBJECTS = {"a white horse": "un cheval blanc", "the bread": "le pain", "two chairs": "deux chaises", "the key": "la clé"}
WHENS = {"today": "aujourd'hui", "in the garden": "dans le jardin", "at night": "la nuit", "with joy": "avec joie"}
PAIRS = [
    (" ".join(word for word, _ in words).capitalize() + ".", " ".join(word for _, word in words).capitalize() + ".")
    for words in itertools.product(*(words.items() for words in (SUBJECTS, VERBS, OBJECTS, WHENS)))
]
random.Random(1).shuffle(PAIRS)
FEW = PAIRS[:60]
TAB = Layout("utf-8", "\t", False, 0, 1)


def lines(pairs: list[Pair], delimiter: str = "\t") -> str:
    return "".join(f"{source}{delimiter}{target}\n" for source, target in pairs)


def put(file: Path, content: str | bytes) -> Path:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def counts(table: Table) -> dict[str, int]:
    return {finding.kind: finding.count for finding in table.findings}
