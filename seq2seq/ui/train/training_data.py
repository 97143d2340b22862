"""Sentence pairs for training: a visitor's own table, or a public corpus.

Between two requests the server keeps the location and the layout of the pairs, not the pairs themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seq2seq.data import uploaded_table
from seq2seq.data.corpora import Pair
from seq2seq.data.public import downloads
from seq2seq.data.public.corpora import PUBLIC
from seq2seq.data.public.dictionaries import DICTIONARIES
from seq2seq.data.tables.layout import Layout
from seq2seq.errors import SettingError
from seq2seq.training.files import Files
from seq2seq.training.plan import VOCABULARY_SIZE, Plan
from seq2seq.ui.train import plan_form
from seq2seq.views.train import uploaded_table as view

FILES = Files("train.tsv", "valid.tsv", as_is=True)  # in the run's folder
OWN = "own"  # the subject of models trained on a visitor's own pairs
MAX_LANGUAGE = 40  # characters of a language's name
CORPORA = {**PUBLIC, **DICTIONARIES}  # what the tab fetches by name
PROBES, PROBE_WORDS = 2, range(3, 13)  # number of watched held-out sentences, and their length in words
_BYTES_AND_MARKS = 260  # pieces in every vocabulary
_CHECKED = {True: "equal to the expected one", False: "of the first download; the publisher updates this file now and then"}
_STEP = 20  # vocabulary sizes are rounded down to this step


@dataclass(frozen=True)
class Own:
    """A table, or two files with matching lines, that a visitor has uploaded."""

    files: tuple[str, ...]
    layout: Layout
    source_language: str
    target_language: str

    def read(self) -> tuple[list[Pair], list[Pair], uploaded_table.Table]:
        table = uploaded_table.read(self.files, self.layout)
        return *uploaded_table.split(table.pairs), table

    noun = "sentence pairs"

    def origin(self, pairs: int) -> dict[str, str]:
        return {
            "title": f"Own sentence pairs, {self.source_language} to {self.target_language}",
            "source_language": self.source_language,
            "target_language": self.target_language,
            "subject": OWN,
            "trained_on": f"{pairs:,} sentence pairs of a table from the person who trained it.",
            "attribution": "a table from the person who trained it",
            "licence": "as the data",
        }


@dataclass(frozen=True)
class Public:
    """A public corpus by its name in CORPORA, with its cache folder and an optional folder of copies."""

    name: str
    cache: Path
    copies: Path | None

    @property
    def noun(self) -> str:
        return "pairs of a word and how it sounds" if self.name in DICTIONARIES else "sentence pairs"

    def read(self) -> tuple[list[Pair], list[Pair], uploaded_table.Table]:
        corpus = CORPORA[self.name]
        fetched = downloads.fetch(corpus, self.cache, copies=self.copies)
        train, valid = downloads.pairs(corpus, fetched)
        languages = (corpus.source_language, corpus.target_language)
        preview = [list(pair) for pair in valid[: uploaded_table.PREVIEW_ROWS]]
        checksums = tuple(
            uploaded_table.Finding("checksum", 1, f"{file.path.name}: SHA-256 {file.sha256}, {_CHECKED[bool(remote.sha256)]}")
            for remote, file in zip(corpus.files, fetched, strict=True)
        )
        return train, valid, uploaded_table.Table([*train, *valid], languages, preview, checksums)

    def origin(self, pairs: int) -> dict[str, str]:
        corpus = CORPORA[self.name]
        return {
            "title": corpus.title,
            "source_language": corpus.source_language,
            "target_language": corpus.target_language,
            "subject": corpus.settings.get("subject", self.name),
            "trained_on": f"{pairs:,} {self.noun} of the public corpus {self.name!r}.",
            "attribution": corpus.attribution,
            "licence": corpus.licence,
        }


@dataclass(frozen=True)
class Material:
    """Facts about the pairs that the plan and the form need."""

    source: Own | Public
    train: int  # pairs
    valid: int
    vocabulary_size: int  # a size that so much text can always fill
    probes: tuple[str, ...]

    @property
    def described(self) -> str:
        return f"{self.train:,} {self.source.noun} for training, {self.valid:,} held out"

    def plan(self, plan: Plan) -> Plan:
        """Return `plan` with the data, its origin, and what a dictionary's model reads and writes.

        Raises ValueError with a message for the user for a setting that the data do not allow.
        """
        plan = replace(plan, data=FILES, origin=self.source.origin(self.train))
        if isinstance(self.source, Public) and self.source.name in DICTIONARIES and not plan.start_from:
            settings = DICTIONARIES[self.source.name].settings
            plan = replace(
                plan,
                model={**plan.model, "source_kind": settings["source_kind"]},
                vocabulary_kind=settings["vocabulary_kind"],
                shared_vocabulary=settings["shared_vocabulary"],
            )
        try:
            plan.augmenter()
        except SettingError as error:
            raise plan_form.labelled(error) from None
        return plan

    def fill(self) -> Callable[[Path], None]:
        """Return a function that writes the pairs into a run's folder. The pairs are read now. Raises ValueError if they are
        gone."""
        train, valid, _ = self.source.read()
        return lambda folder: uploaded_table.write(folder, train, valid)


def check(source: Own | Public) -> tuple[Material, dict[str, Any]]:
    """Read the pairs; return their facts and the page's preview. Raises ValueError with a message for the user."""
    train, valid, table = source.read()
    known = dict.fromkeys(text for text, _ in valid)
    probes = tuple([text for text in known if len(text.split()) in PROBE_WORDS][:PROBES] or [*known][:PROBES])
    material = Material(source, len(train), len(valid), _vocabulary_size(train), probes)
    return material, view.payload(material.described, train + valid, table)


def language(column: str, other: str) -> str:
    """Guess a language from the name of its column; `other` if that is no real name."""
    name = re.sub(r"[^\w -]", "", column).strip()
    return other if not name or re.fullmatch(r"column \d+", name, re.IGNORECASE) else name[:MAX_LANGUAGE]


def _vocabulary_size(pairs: Sequence[Pair]) -> int:
    """Return a safe vocabulary size: half as many merges as different words are always possible."""
    text = " ".join(side for pair in pairs for side in pair)
    most = _BYTES_AND_MARKS + len(set(text)) + len(set(text.split())) // 2
    return min(VOCABULARY_SIZE, most // _STEP * _STEP)
