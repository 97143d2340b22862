"""Make the typing errors of a quick writer in the source. The target stays right."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from seq2seq.data.corpora import Pair

_WORD = re.compile(r"[^\W\d_]{4,}")
_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")


def make(pair: Pair, _: tuple[str, str], __: Callable[[], Pair], dice: random.Random) -> Pair:
    """Exchange two letters of a word, leave one out, double one, or leave out an apostrophe."""
    source, target = pair
    if "'" in source and dice.random() < 0.4:
        return _APOSTROPHE.sub("", source), target
    found = list(_WORD.finditer(source))
    if not found:
        return pair
    word = dice.choice(found)
    at = word.start() + dice.randrange(1, len(word[0]) - 1)  # the first letter stays, as in most real errors
    wrong = dice.choice((source[at + 1] + source[at], source[at + 1], source[at] * 2 + source[at + 1]))
    return source[:at] + wrong + source[at + 2 :], target
