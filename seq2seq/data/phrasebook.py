"""The sentences of the phrasebook by topic, each with its translation, and the models that have learned them."""

from __future__ import annotations

from functools import cache

from seq2seq.data.augmentation.lists import table
from seq2seq.data.everyday import PARTS
from seq2seq.sources.languages import LANGUAGES

# How the card of a model names the phrasebook among its training data.
ATTRIBUTION = next(part.attribution for part in PARTS if part.name == "phrasebook")


@cache
def by_topic(source: str, target: str) -> dict[str, dict[str, str]]:
    """Return {topic: {sentence: translation}} for two codes of languages; empty if the phrasebook lacks one of them.

    Some sentences stand for several in the other language, such as "Bonjour."; each is there once, with its first translation.
    """
    topics: dict[str, dict[str, str]] = {}
    seen = set()
    for row in table("phrases"):
        if len({source, target} & LANGUAGES.keys() & row.keys()) == 2 and row[source] not in seen:
            seen.add(row[source])
            topics.setdefault(row["topic"], {})[row[source]] = row[target]
    return topics


@cache
def translations(source: str, target: str) -> dict[str, str]:
    """Return all sentences of `by_topic` with their translations."""
    return {sentence: right for pairs in by_topic(source, target).values() for sentence, right in pairs.items()}


@cache
def _rows() -> dict[str, dict[str, str]]:
    """Return the first row of each sentence, in any language."""
    rows: dict[str, dict[str, str]] = {}
    for row in table("phrases"):
        for code in row.keys() & LANGUAGES:
            rows.setdefault(row[code], row)
    return rows


def said_in(code: str, sentence: str) -> str:
    """Return a sentence of the phrasebook in the language `code`; empty for other sentences and languages."""
    row = _rows().get(sentence, {})
    if code not in row.keys() & LANGUAGES:
        return ""
    return sentence if sentence in (other[code] for other in table("phrases")) else row[code]


def has(sentence: str) -> bool:
    """Whether the phrasebook has this sentence, in any language."""
    return sentence in _rows()


def taught(attribution: str) -> bool:
    """Whether a model with this attribution was trained on the phrasebook."""
    return ATTRIBUTION in attribution
