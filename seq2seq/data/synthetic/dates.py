"""Written dates to ISO 8601: year, month and day change their order, and month names become numbers."""

from __future__ import annotations

import datetime
import random

from seq2seq.data.synthetic.example import Example, Part

FIRST, LAST = datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
YEAR, MONTH, DAY = "year", "month", "day"


def draw(numbers: random.Random) -> Example:
    date = FIRST + datetime.timedelta(days=numbers.randint(0, (LAST - FIRST).days))
    return Example.of(
        _write_date(date, numbers),
        [(f"{date:%Y}", (YEAR,)), ("-", ()), (f"{date:%m}", (MONTH,)), ("-", ()), (f"{date:%d}", (DAY,))],
    )


def _write_date(date: datetime.date, numbers: random.Random) -> list[Part]:
    month = numbers.choice([MONTHS[date.month - 1], MONTHS[date.month - 1][:3]])
    year: Part = (f" {date.year}", (YEAR,))
    weekday: list[Part] = [(f"{WEEKDAYS[date.weekday()]}, ", ())] if numbers.random() < 0.3 else []
    forms: list[list[Part]] = [
        [(f"{date.day}", (DAY,)), (f" {month}", (MONTH,)), year],
        [(month, (MONTH,)), (f" {date.day}", (DAY,)), (",", ()), year],
        [("the ", ()), (_ordinal(date.day), (DAY,)), (" of", ()), (f" {month}", (MONTH,)), year],
    ]
    return weekday + numbers.choice(forms)


def _ordinal(day: int) -> str:
    ending = "th" if 11 <= day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"
