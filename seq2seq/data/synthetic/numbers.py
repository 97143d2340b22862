"""Numbers to English and French words. French counts to a hundred by twenties from sixty on, so digits are read together."""

from __future__ import annotations

import random
from collections.abc import Callable

from seq2seq.data.synthetic.example import Example, Part

MOST_DIGITS = 6
ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
UNITÉS = (
    "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze", "treize",
    "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf",
)  # fmt: skip
DIZAINES = ("", "", "vingt", "trente", "quarante", "cinquante", "soixante", "soixante", "quatre-vingt", "quatre-vingt")
HUNDREDS, TENS_PLACE, UNITS = 2, 1, 0  # places within three digits, as powers of ten
Spell = Callable[[int, int, bool], list[Part]]  # three digits, the place of the last of them, whether "thousand" follows


def english(numbers: random.Random) -> Example:
    return _example(_draw(numbers), _english)


def french(numbers: random.Random) -> Example:
    return _example(_draw(numbers), _french)


def _draw(numbers: random.Random) -> int:
    """As many of two digits as of six."""
    digits = numbers.randint(2, MOST_DIGITS)
    return numbers.randrange(10 ** (digits - 1), 10**digits)


def _example(number: int, spell: Spell) -> Example:
    """A digit stands for its place, counted in powers of ten from the right."""
    digits = str(number)
    words = spell(number // 1000, 3, True) if number >= 1000 else []
    words += spell(number % 1000, 0, False)
    source: list[Part] = [(digit, (len(digits) - 1 - i,)) for i, digit in enumerate(digits)]
    return Example.of(source, [(words[0][0].lstrip(), words[0][1]), *words[1:]])


def _english(group: int, base: int, thousands: bool) -> list[Part]:
    """Three digits in words, the first at the place `base` + 2; a space before each word."""
    hundreds, rest = divmod(group, 100)
    tens, units = divmod(rest, 10)
    of = _things(base)
    words: list[Part] = []
    if hundreds:
        words += [(f" {ONES[hundreds]}", of[HUNDREDS]), (" hundred", of[HUNDREDS])]
    if tens > 1:
        words.append((f" {TENS[tens]}", of[TENS_PLACE]))
        words += [(f"-{ONES[units]}", of[UNITS])] if units else []
    elif rest:
        words.append((f" {ONES[rest]}", of[TENS_PLACE] * tens + of[UNITS]))
    return [*words, (" thousand", _all(of))] if thousands else words


def _french(group: int, base: int, thousands: bool) -> list[Part]:
    """As `_english`. "Cents" and "quatre-vingts" end a number, or lose their s; "un" never stands before "mille"."""
    hundreds, rest = divmod(group, 100)
    tens, units = divmod(rest, 10)
    of = _things(base)
    words: list[Part] = []
    if hundreds:
        words += [(f" {UNITÉS[hundreds]}", of[HUNDREDS])] if hundreds > 1 else []
        words.append((" cents" if hundreds > 1 and not rest and not thousands else " cent", of[HUNDREDS]))
    if tens > 1:
        by_twenty = tens in (7, 9)  # soixante-dix, quatre-vingt-dix: the units go on to nineteen
        last = units + 10 * by_twenty
        things = of[TENS_PLACE] * by_twenty + of[UNITS]
        plural = "s" if rest == 80 and not thousands else ""
        words.append((f" {DIZAINES[tens]}{plural}", of[TENS_PLACE]))
        if last % 10 == 1 and tens < 8:
            words += [(" et", ()), (f" {UNITÉS[last]}", things)]
        elif last:
            words.append((f"-{UNITÉS[last]}", things))
    elif rest and not (thousands and group == 1):
        words.append((f" {UNITÉS[rest]}", of[TENS_PLACE] * tens + of[UNITS]))
    return [*words, (" mille", _all(of))] if thousands else words


def _things(base: int) -> tuple[tuple[int, ...], ...]:
    """What units, tens and hundreds stand for: their places in the number."""
    return tuple((base + place,) for place in (UNITS, TENS_PLACE, HUNDREDS))


def _all(of: tuple[tuple[int, ...], ...]) -> tuple[int, ...]:
    return tuple(place for places in of for place in places)
