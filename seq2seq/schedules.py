"""Schedules that lower the teacher-forcing ratio during a run (Bengio et al. 2015, section 2.4)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from seq2seq.errors import SettingError

THOUSANDTHS = 1000  # the paper's i counts updates; here it counts thousandths of a run: the same shape for any length


def _constant(last: float, i: float) -> float:
    return last


def _linear(last: float, i: float) -> float:
    return 1 - (1 - last) * i / THOUSANDTHS


def _exponential(last: float, i: float) -> float:
    """k ^ i with k below 1."""
    return last ** (i / THOUSANDTHS)


def _inverse_sigmoid(last: float, i: float) -> float:
    """k / (k + exp(i / k)) with k of at least 1."""
    k = _steepness(last)
    return k / (k + math.exp(i / k))


@cache
def _steepness(last: float) -> float:
    """Find the k with which the inverse sigmoid ends at `last`, by bisection: a larger k gives a higher end."""
    low, high = 10.0, 1e7
    for _ in range(100):
        k = math.sqrt(low * high)
        low, high = (k, high) if k / (k + math.exp(THOUSANDTHS / k)) < last else (low, k)
    return high


@dataclass(frozen=True)
class Schedule:
    ratio: Callable[[float, float], float]  # (ratio at the end of the run, progress i) -> ratio at i
    reaches_zero: bool = True
    falls: bool = True  # it starts at 1, so an end of 1 would have no effect


SCHEDULES: dict[str, Schedule] = {
    "constant": Schedule(_constant, falls=False),
    "linear": Schedule(_linear),
    "exponential": Schedule(_exponential, reaches_zero=False),
    "inverse-sigmoid": Schedule(_inverse_sigmoid, reaches_zero=False),
}
_LEAST = 0.001


def teacher_forcing_ratio(schedule: str, last: float, share: float) -> float:
    """Return the probability of feeding the reference at a step, after `share` (0 to 1) of the run."""
    return SCHEDULES[schedule].ratio(last, THOUSANDTHS * share)


def check(schedule: str, last: float) -> None:
    """Raises ValueError for an unknown schedule, one without effect, or one that cannot reach `last`."""
    if schedule not in SCHEDULES:
        raise SettingError(f"{{teacher_forcing_schedule}} must be one of {', '.join(SCHEDULES)}, not {schedule!r}")
    if SCHEDULES[schedule].falls and last == 1:
        raise SettingError(
            f"{{teacher_forcing_schedule}} {schedule!r} falls to {{teacher_forcing_ratio}}: set that below 1, not to 1"
        )
    if not SCHEDULES[schedule].reaches_zero and last < _LEAST:
        raise SettingError(
            f"{{teacher_forcing_schedule}} {schedule!r} never reaches {last:g}: "
            f"{{teacher_forcing_ratio}} must be at least {_LEAST}"
        )
