"""Time actions on this machine, and keep the figures."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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


def medians(*actions: Callable[[], Any], rounds: int = ROUNDS) -> list[float]:
    """Return the median milliseconds of each action, or of the values it returns. Actions alternate, so a drift affects all."""
    times: list[list[float]] = [[] for _ in actions]
    for action in actions:  # warm up
        action()
    for _ in range(rounds):
        for action, own in zip(actions, times, strict=True):
            start = time.perf_counter()
            measured = action()
            own.append(measured if isinstance(measured, float) else 1000 * (time.perf_counter() - start))
    return [statistics.median(own) for own in times]


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
