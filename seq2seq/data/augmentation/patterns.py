"""Make pairs from the patterns of the phrasebook: a sentence in every language, with slots such as {name} or {price}."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import date

from seq2seq.data.augmentation import lists
from seq2seq.data.augmentation.names import FOREIGN
from seq2seq.data.augmentation.numbers import written
from seq2seq.data.corpora import Pair

_SLOT = re.compile(r"\{(\w+?)(\d?)\}")
_CURRENCIES = {
    "en": ("dollars", "euros", "pounds"),
    "fr": ("dollars", "euros", "livres"),
    "es": ("dólares", "euros", "libras"),
    "de": ("Dollar", "Euro", "Pfund"),
    "ja": ("ドル", "ユーロ", "ポンド"),
    "zh": ("美元", "欧元", "英镑"),
}
_SIGNS = ("$", "€", "£")
CODES = tuple(_CURRENCIES)


def generate(languages: tuple[str, str], count: int, seed: int) -> Iterator[Pair]:
    """Yield `count` pairs from all patterns of the two languages, equally often. Languages are codes of `CODES`."""
    dice = random.Random(f"patterns/{seed}")
    patterns = list(lists.pairs_of("patterns", *languages))
    for number in range(count):
        if not number % len(patterns):
            dice.shuffle(patterns)
        yield fill(patterns[number % len(patterns)], languages, dice)


def fill(pattern: Pair, languages: tuple[str, str], dice: random.Random) -> Pair:
    """Return the pattern with a value in each slot, the same on both sides."""
    slots = dict.fromkeys(match.groups() for side in pattern for match in _SLOT.finditer(side))
    values = {slot: _FILLERS[slot[0]](languages, dice) for slot in slots}
    source, target = (
        _SLOT.sub(lambda match, side=side: values[match.groups()][side], text)  # type: ignore[misc]
        for side, text in enumerate(pattern)
    )
    return source[0].upper() + source[1:], target[0].upper() + target[1:]


def _name(languages: tuple[str, str], dice: random.Random) -> Pair:
    if lists.same_spelling(languages) and dice.random() < FOREIGN:
        name = dice.choice(lists.first_names_of("fm"))
        return name, name
    return dice.choice(lists.pairs_of("names", *languages))


def _city(languages: tuple[str, str], dice: random.Random) -> Pair:
    if lists.same_spelling(languages) and dice.random() < FOREIGN / 2:
        place = dice.choice(lists.places())
        return place, place
    return dice.choice(lists.pairs_of("cities", *languages))


def _country(languages: tuple[str, str], dice: random.Random) -> Pair:
    return dice.choice(lists.pairs_of("countries", *languages))


def _number(languages: tuple[str, str], dice: random.Random) -> Pair:
    value = round(10 ** dice.uniform(0.31, 4))  # small numbers are as frequent as large ones
    if value > 999 and dice.random() < 0.6:
        return written(value, languages[0]), written(value, languages[1])
    return str(value), str(value)


def _small(_: tuple[str, str], dice: random.Random) -> Pair:
    value = str(dice.randint(2, 20))
    return value, value


def _year(_: tuple[str, str], dice: random.Random) -> Pair:
    value = str(dice.randint(1900, 2030))
    return value, value


def _price(languages: tuple[str, str], dice: random.Random) -> Pair:
    """Return an amount: "$1,200" or "1,200 dollars" in English, "1 200 dollars" in French."""
    value, currency = round(10 ** dice.uniform(0.31, 4.5)), dice.randrange(len(_SIGNS))
    with_sign = dice.random() < 0.4

    def side(code: str) -> str:
        if with_sign and code == "en":
            return _SIGNS[currency] + written(value, code)
        space = "" if code in ("ja", "zh") else " "
        return written(value, code) + space + _CURRENCIES[code][currency]

    return side(languages[0]), side(languages[1])


def _time(languages: tuple[str, str], dice: random.Random) -> Pair:
    hour = dice.randint(2, 12)  # one o'clock takes another article in Spanish
    minute = 0 if dice.random() < 0.3 else 5 * dice.randint(1, 11)
    half = dice.choice(("", "", "a.m.", "p.m.")) if hour < 12 else ""
    return _clock(hour, minute, half, languages[0]), _clock(hour, minute, half, languages[1])


def _clock(hour: int, minute: int, half: str, code: str) -> str:
    """Return a time of day as a language writes it after "at". `half` is "a.m.", "p.m.", or empty."""
    of_24 = hour + 12 if half == "p.m." else hour
    if code == "en":
        return f"{hour}{f':{minute:02d}' if minute or not half else ''}{f' {half}' if half else ''}"
    if code == "fr":
        return f"{of_24} h {minute:02d}" if minute else f"{of_24} heures"
    if code in ("ja", "zh"):
        names = {"ja": ("午前", "午後", "時", "分"), "zh": ("上午", "下午", "点", "分")}[code]
        start = {"a.m.": names[0], "p.m.": names[1], "": ""}[half]
        return f"{start}{hour}{names[2]}{f'{minute}{names[3]}' if minute else ''}"
    return f"{of_24}{f':{minute:02d}' if minute else ''}"


def _date(languages: tuple[str, str], dice: random.Random) -> Pair:
    from babel.dates import format_skeleton

    day = date(dice.randint(1900, 2030), dice.randint(1, 12), dice.randint(2, 28))  # the first is "1er" in French
    skeleton = "yMMMMd" if dice.random() < 0.4 else "MMMMd"
    first, second = (format_skeleton(skeleton, day, locale=code) for code in languages)
    return first, second


_FILLERS = {
    "name": _name,
    "city": _city,
    "country": _country,
    "number": _number,
    "small": _small,
    "year": _year,
    "price": _price,
    "time": _time,
    "date": _date,
}
