"""Join two short pairs, since visitors type two sentences and most corpora have one a line (Kondo et al. 2021)."""

from __future__ import annotations

import random
from collections.abc import Callable

from seq2seq.data.corpora import Pair
from seq2seq.sources.pieces import UNSPACED

LONGEST = 90  # characters of the two sources together
_FINAL = tuple(".!?…。！？")


def join_two(pair: Pair, _: tuple[str, str], partner: Callable[[], Pair], __: random.Random) -> Pair:
    """Return the pair and another one, one after the other. All four sides must end a sentence."""
    other = partner()
    sides = (*pair, *other)
    if not all(side.endswith(_FINAL) for side in sides) or len(pair[0]) + len(other[0]) > LONGEST or pair == other:
        return pair
    return _joined(pair[0], other[0]), _joined(pair[1], other[1])


def _joined(first: str, second: str) -> str:
    unspaced = UNSPACED.match(second[0]) or first[-1] in "。！？"
    return first + second if unspaced else f"{first} {second}"
