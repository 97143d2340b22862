"""The lists of names that changes and patterns draw from: people, and places with their names in each language."""

from __future__ import annotations

from functools import cache

from seq2seq.files import ASSETS

PHRASEBOOK = ASSETS / "phrasebook"
SHARED_SPELLING = frozenset(("en", "fr", "es", "de", "it", "pt"))  # languages that write a foreign name alike


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of a table of the phrasebook, such as "cities": the text in each language, by its code."""
    head, *lines = (PHRASEBOOK / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    codes = head.split("\t")
    return tuple(dict(zip(codes, line.split("\t"), strict=True)) for line in lines)


@cache
def first_names() -> dict[str, str]:
    """Return first names of many languages in Latin letters, each with "f", "m" or "fm"."""
    lines = (PHRASEBOOK / "first_names.tsv").read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines)


@cache
def first_names_of(gender: str) -> tuple[str, ...]:
    """Return the first names that people of this gender have: "f", "m", or "fm" for all names."""
    return tuple(name for name, genders in first_names().items() if set(gender) & set(genders))


@cache
def places() -> tuple[str, ...]:
    """Return the names of five thousand large cities in Latin letters."""
    return tuple((PHRASEBOOK / "places.txt").read_text(encoding="utf-8").splitlines())


@cache
def pairs_of(name: str, source: str, target: str) -> tuple[tuple[str, str], ...]:
    """Return the rows of a table in two languages; none for a language that it does not have."""
    return tuple((row[source], row[target]) for row in table(name) if source in row and target in row)


@cache
def translations(name: str, source: str, target: str) -> dict[str, str]:
    """Return the rows of a table as a dictionary from `source` to `target`."""
    return dict(pairs_of(name, source, target))


def same_spelling(languages: tuple[str, str]) -> bool:
    """Whether the two languages write a foreign name with the same letters."""
    return SHARED_SPELLING.issuperset(languages)
