"""Exchange names of people and cities on both sides, so that the model learns to copy a name instead of guessing one."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from seq2seq.data.augmentation import lists
from seq2seq.data.augmentation.elision import fits
from seq2seq.data.corpora import Pair

FOREIGN = 0.7  # share of names that are drawn from the long lists; the others from the phrasebook
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def exchange(pair: Pair, languages: tuple[str, str], _: Callable[[], Pair], dice: random.Random) -> Pair:
    """Return the pair with another name in the place of each one that stands once on each side."""
    if not all(languages):
        return pair
    names = {**_in_table("names", languages), **_in_table("cities", languages)}
    for found in _WORD.findall(pair[0]):
        if not found[0].isupper():
            continue
        known = lists.first_names().get(found)
        there = names.get(found) or (found if known and lists.same_spelling(languages) else None)
        if there and all(_count(side, name) == 1 for side, name in zip(pair, (found, there), strict=True)):
            pair = _put(pair, (found, there), _drawn(found, known, languages, dice))
    return pair


def _drawn(found: str, known: str | None, languages: tuple[str, str], dice: random.Random) -> Pair:
    """Return a new name in both languages: of a person of the same gender, or of a place."""
    foreign = lists.same_spelling(languages) and dice.random() < FOREIGN
    if found in _in_table("cities", languages):
        place = dice.choice(lists.places())
        return (place, place) if foreign else dice.choice(_rows("cities", languages))
    gender = known or "fm"
    if foreign:
        name = dice.choice(lists.first_names_of(gender))
        return name, name
    return dice.choice(_rows("names", languages))


def _put(pair: Pair, old: Pair, new: Pair) -> Pair:
    """Return the pair with `new` for `old`, or the same pair if a word before the name would have to change."""
    sides = []
    for side, before, after in zip(pair, old, new, strict=True):
        at = re.search(_whole(before), side)
        assert at is not None
        if not fits(side[: at.start()], before, after):
            return pair
        sides.append(side[: at.start()] + after + side[at.end() :])
    return sides[0], sides[1]


def _whole(name: str) -> str:
    """Return a pattern for a name as a whole word. Chinese and Japanese have no spaces around it."""
    return rf"(?<![^\W\d_]){re.escape(name)}(?![^\W\d_])" if name.isascii() or name[0].isupper() else re.escape(name)


def _count(side: str, name: str) -> int:
    return len(re.findall(_whole(name), side))


def _rows(name: str, languages: tuple[str, str]) -> Sequence[Pair]:
    return lists.pairs_of(name, *languages)


def _in_table(name: str, languages: tuple[str, str]) -> dict[str, str]:
    return lists.translations(name, *languages)
