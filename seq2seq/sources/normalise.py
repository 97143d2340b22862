"""One form of each text, for training, typing, uploads and references alike.

Telephones type curly quotes, word processors soft hyphens, web pages narrow spaces. The models have read one form of each, and
`normalise` gives it to every text. Training reads its pairs through the same function.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

_INVISIBLE = frozenset("\u034f\ufffc")  # not of category Cf, but nobody can see them either
_SPELLINGS = {
    **dict.fromkeys("‘’‚‛′´ʼʹ`", "'"),
    **dict.fromkeys("“”„‟″ʺ", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    "…": "...",
}
# Compatibility characters whose plain form means the same: full-width and half-width forms, ligatures, forms of Arabic letters.
# Others stay: ² is not 2, ½ is not 1/2, ™ is not TM.
_PLAIN = ("<wide>", "<narrow>", "<initial>", "<medial>", "<final>", "<isolated>")
_LIGATURES = range(0xFB00, 0xFB50)
_EAST_ASIAN = "\u3001-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_FULL_WIDTH = "\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
# Full-width punctuation after or before a Chinese or Japanese character, where it is the usual form.
_AT_HOME = re.compile(f"((?<=[{_EAST_ASIAN}])[{_FULL_WIDTH}]+|[{_FULL_WIDTH}]+(?=[{_EAST_ASIAN}]))")
_EMOJI = "[\u00a9\u00ae\u2190-\u2bff\u3030\U0001f000-\U0001faff][\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]*"
_JOINER = re.compile(f"({_EMOJI}(?:\u200d{_EMOJI})+)|\u200d")  # group 1: several emoji that joiners make one


class _Table(dict[int, str]):
    """A table for `str.translate`, whose entries are made when a character first occurs."""

    def __init__(self, form: Callable[[str], str]):
        super().__init__()
        self._form = form

    def __missing__(self, code: int) -> str:
        self[code] = form = self._form(chr(code))
        return form


def _visible(character: str) -> str:
    if character.isspace():
        return " "
    is_joiner = character == "\u200d"
    invisible = unicodedata.category(character) in ("Cf", "Cc") or character in _INVISIBLE
    return "" if invisible and not is_joiner else character


def _spelling(character: str) -> str:
    is_plain = unicodedata.decomposition(character).startswith(_PLAIN) or ord(character) in _LIGATURES
    plain = unicodedata.normalize("NFKC", character) if is_plain else character
    return "".join(_SPELLINGS.get(part, part) for part in plain)


_TO_VISIBLE, _TO_SPELLING = _Table(_visible), _Table(_spelling)


def normalise(text: str) -> str:
    """Text in the one form that the models read: NFC, one spelling for each look-alike, single spaces, trimmed.

    - Characters of category Cf, which nobody can see, and control characters are removed; U+200D stays between emoji.
    - Every white space (`str.isspace`) is a space.
    - Quotes, apostrophes, dashes, hyphens, the ellipsis, ligatures, full-width and half-width forms have one spelling each.
      Full-width punctuation stays next to Chinese or Japanese characters.

    Raises ValueError for text that UTF-8 cannot hold (a lone surrogate).
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"the text holds a character that is not valid Unicode, at position {error.start + 1}") from None
    # Invisible characters go first: one between a letter and its accent would keep them from being composed.
    seen = _JOINER.sub(lambda match: match[1] or "", text.translate(_TO_VISIBLE))
    parts = _AT_HOME.split(unicodedata.normalize("NFC", seen))
    spelled = "".join(part if i % 2 else part.translate(_TO_SPELLING) for i, part in enumerate(parts))
    return " ".join(unicodedata.normalize("NFC", spelled).split())


def printable(text: str) -> str:
    """Text without control characters, which a terminal would obey. Line breaks and tabs stay; other white space is a space."""
    kept = (c for c in text if c.isspace() or unicodedata.category(c) != "Cc")
    return "".join(" " if c.isspace() and c not in "\n\t" else c for c in kept)
