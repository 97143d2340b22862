"""Time actions on this machine, and keep the figures."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import torch

ROUNDS = 15


@dataclass(frozen=True)
class Measure:
    """One figure. `loop` is the plain loop's value in the same unit; `roofline` is the share of time for matrix products."""

    what: str
    value: float
    unit: str
    loop: float | None = None
    to_loop: float | None = None  # speed relative to the loop
    roofline: float | None = None
    cpu_to_loop: float | None = None  # the same in seconds of the processor, which other programs do not lengthen


class Spent(NamedTuple):
    """Milliseconds of the clock, and of the processor (all threads)."""

    wall: float
    cpu: float


class Stopwatch:
    """The time since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def spent(self) -> Spent:
        return Spent(1000 * (time.perf_counter() - self._wall), 1000 * (time.process_time() - self._cpu))


def medians(*actions: Callable[[], Any], rounds: int = ROUNDS) -> list[float]:
    """Return the median milliseconds of each action. Actions alternate, so a drift affects all."""

    def timed(action: Callable[[], Any]) -> Spent:
        watch = Stopwatch()
        action()
        return watch.spent()

    return [one.wall for one in median_spent(*(partial(timed, action) for action in actions), rounds=rounds)]


def median_spent(*actions: Callable[[], Spent], rounds: int = ROUNDS) -> list[Spent]:
    """Return the medians of what each action says that it spent. Actions alternate, so a drift affects all."""
    times: list[list[Spent]] = [[] for _ in actions]
    for action in actions:  # warm up
        action()
    for _ in range(rounds):
        for action, own in zip(actions, times, strict=True):
            own.append(action())
    return [Spent(*map(statistics.median, zip(*own, strict=True))) for own in times]


def gemm(dtype: torch.dtype, device: torch.device, size: int = 1024) -> float:
    """Return the speed of one large product, in billions of floating-point operations per second."""
    a, b = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))

    def product() -> None:
        a @ b
        wait(device)

    return 2 * size**3 / medians(product)[0] / 1e6


def wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
