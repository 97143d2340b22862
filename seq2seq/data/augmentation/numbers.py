"""Exchange numbers, weekdays and months on both sides, in the form of each language (CLDR by Babel, words by num2words)."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from functools import cache

from seq2seq.data.augmentation.elision import fits
from seq2seq.data.corpora import Pair
from seq2seq.sources.languages import LANGUAGES

# A number with the separators of any of the languages: 1200, 1,200, 1 200, 1.200; not a part of 3.5 or 10:30.
_NUMBER = re.compile(r"(?<![\w.,:])\d{1,3}(?:[ ,.]\d{3})+(?![\w:]|[.,]\d)|(?<![\w.,:])\d+(?![\w:]|[.,]\d)")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_MOST = 10**7


def exchange(pair: Pair, languages: tuple[str, str], _: Callable[[], Pair], dice: random.Random) -> Pair:
    """Return the pair with other numbers, weekdays and months, where both sides have the same ones."""
    if not all(language in LANGUAGES for language in languages):
        return pair
    pair = _digits(pair, languages, dice)
    if not _WORD.search(pair[1]):  # no letters with spaces around words
        return pair
    for table in (number_words, weekdays, months):
        pair = _words(pair, table(languages[0]), table(languages[1]), dice)
    return pair


def written(value: int, language: str) -> str:
    """Return a number in digits as a language writes it: 1,200 in English, 1 200 in French, 1.200 in German."""
    from babel.numbers import format_decimal

    # Plain spaces, because `normalise` makes every space a plain one.
    return " ".join(format_decimal(value, locale=language).split())


def _digits(pair: Pair, languages: tuple[str, str], dice: random.Random) -> Pair:
    """Exchange the integers, if both sides have the same ones in the same order."""
    values = [[_value(match[0]) for match in _NUMBER.finditer(side)] for side in pair]
    if not values[0] or values[0] != values[1] or len(set(values[0])) < len(values[0]):
        return pair
    new = {value: _like(value, dice) for value in values[0]}

    def put(side: str, language: str) -> str:
        def other(match: re.Match[str]) -> str:
            value = new[_value(match[0])]
            return written(value, language) if value > 9999 or (value > 999 and len(match[0]) > 4) else str(value)

        return _NUMBER.sub(other, side)

    return put(pair[0], languages[0]), put(pair[1], languages[1])


def _value(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def _like(value: int, dice: random.Random) -> int:
    """Return a number of about the same size. 0 and 1 stay, because other words agree with them."""
    if value < 2 or value > _MOST:
        return value
    if 1000 <= value <= 2100:  # perhaps a year
        return dice.randint(1000, 2100)
    return dice.randint(2, 10 ** len(str(value)) - 1)


def _words(pair: Pair, there: Mapping[int, str], here: Mapping[int, str], dice: random.Random) -> Pair:
    """Exchange the words of a table, such as weekdays, if both sides have the same single one."""
    found = [
        [(key, match) for match in _WORD.finditer(side) if (key := _key(match[0], table)) is not None]
        for side, table in zip(pair, (there, here), strict=True)
    ]
    if any(len(matches) != 1 for matches in found) or found[0][0][0] != found[1][0][0]:
        return pair
    new = dice.choice([key for key in there if key in here])
    sides = []
    for side, [(_, match)], table in zip(pair, found, (there, here), strict=True):
        word = table[new]
        if match[0][0].isupper() and not word[0].isupper():
            word = word[0].upper() + word[1:]
        if not fits(side[: match.start()], match[0], word):
            return pair
        sides.append(side[: match.start()] + word + side[match.end() :])
    return sides[0], sides[1]


def _key(word: str, table: Mapping[int, str]) -> int | None:
    return next((key for key, text in table.items() if text.lower() == word.lower()), None)


@cache
def number_words(language: str) -> dict[int, str]:
    """Return the words from two to twenty that are one word."""
    from num2words import num2words

    if language in ("ja", "zh"):
        return {}
    return {value: num2words(value, lang=language) for value in range(2, 21)}


@cache
def weekdays(language: str) -> dict[int, str]:
    """Return the names of the days, Monday first, as they stand in a sentence."""
    from babel import Locale

    return dict(Locale(language).days["format"]["wide"])


@cache
def months(language: str) -> dict[int, str]:
    """Return the names of the months as they stand in a sentence."""
    from babel import Locale

    return dict(Locale(language).months["format"]["wide"])
