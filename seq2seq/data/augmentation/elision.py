"""Words that change with the start of the next one: French "de Tom" but "d'Anna", Spanish "y Ana" but "e Inés"."""

from __future__ import annotations

import re

_VOWEL = re.compile(r"[aeiouyhàâäáåæéèêëíîïóôöúûüœø]", re.IGNORECASE)
_SHORTENED = r"(?:[dlnsjmtc]|qu|jusqu|lorsqu|puisqu)'"
_FULL = r"(?:de|que|le|la|se|je|me|te|ne|ce|si|jusque|lorsque)\s"
_ELIDING = re.compile(rf"\b(?:{_SHORTENED}|{_FULL})$", re.IGNORECASE)


_SPANISH_AND, _SPANISH_I = re.compile(r"\by\s$"), re.compile(r"h?[iíIÍ]", re.IGNORECASE)


def fits(text: str, before: str, after: str) -> bool:
    """Whether the word `after` can stand in the place of `before`, which follows `text`."""
    if _SPANISH_AND.search(text) and _SPANISH_I.match(after):
        return False
    return not _ELIDING.search(text) or bool(_VOWEL.match(before)) == bool(_VOWEL.match(after))
