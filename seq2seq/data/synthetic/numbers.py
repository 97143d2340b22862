"""Numbers to English and French words. From 60 to 99 French counts in twenties, so two digits are often read together."""

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
HUNDREDS, TENS_PLACE, UNITS = 2, 1, 0  # positions in a group of three digits, as powers of ten
Spell = Callable[[int, int, bool], list[Part]]  # three digits, the position of the last one, whether "thousand" follows


def english(numbers: random.Random) -> Example:
    return _example(_draw(numbers), _english)


def french(numbers: random.Random) -> Example:
    return _example(_draw(numbers), _french)


def _draw(numbers: random.Random) -> int:
    """Draw a number of 2 to 6 digits; each length is equally likely."""
    digits = numbers.randint(2, MOST_DIGITS)
    return numbers.randrange(10 ** (digits - 1), 10**digits)


def _example(number: int, spell: Spell) -> Example:
    """Build the example. The label of a digit is its position, as a power of ten."""
    digits = str(number)
    words = spell(number // 1000, 3, True) if number >= 1000 else []
    words += spell(number % 1000, 0, False)
    source: list[Part] = [(digit, (len(digits) - 1 - i,)) for i, digit in enumerate(digits)]
    return Example.of(source, [(words[0][0].lstrip(), words[0][1]), *words[1:]])


def _english(group: int, base: int, thousands: bool) -> list[Part]:
    """Spell three digits. The first digit is at position `base` + 2; each word begins with a space."""
    hundreds, rest = divmod(group, 100)
    tens, units = divmod(rest, 10)
    of = _labels(base)
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
    """Spell as `_english` does. "Cents" and "quatre-vingts" keep their s only at the end; "un" is never before "mille"."""
    hundreds, rest = divmod(group, 100)
    tens, units = divmod(rest, 10)
    of = _labels(base)
    words: list[Part] = []
    if hundreds:
        words += [(f" {UNITÉS[hundreds]}", of[HUNDREDS])] if hundreds > 1 else []
        words.append((" cents" if hundreds > 1 and not rest and not thousands else " cent", of[HUNDREDS]))
    if tens > 1:
        by_twenty = tens in (7, 9)  # soixante-dix, quatre-vingt-dix: the units run from ten to nineteen
        last = units + 10 * by_twenty
        labels = of[TENS_PLACE] * by_twenty + of[UNITS]
        plural = "s" if rest == 80 and not thousands else ""
        words.append((f" {DIZAINES[tens]}{plural}", of[TENS_PLACE]))
        if last % 10 == 1 and tens < 8:
            words += [(" et", ()), (f" {UNITÉS[last]}", labels)]
        elif last:
            words.append((f"-{UNITÉS[last]}", labels))
    elif rest and not (thousands and group == 1):
        words.append((f" {UNITÉS[rest]}", of[TENS_PLACE] * tens + of[UNITS]))
    return [*words, (" mille", _all(of))] if thousands else words


def _labels(base: int) -> tuple[tuple[int, ...], ...]:
    """Return the labels of units, tens and hundreds: their positions in the number."""
    return tuple((base + position,) for position in (UNITS, TENS_PLACE, HUNDREDS))


def _all(of: tuple[tuple[int, ...], ...]) -> tuple[int, ...]:
    return tuple(position for places in of for position in places)
