"""Results that are computed once for all visitors, because they do not depend on what a visitor types."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Once(Generic[Result]):
    """A cache of one result per model. `compute(name)` yields finished shares of the work, and at the end the result. Other
    visitors wait for the first computation."""

    def __init__(self, compute: Callable[[str], Iterator[Result | float]]):
        self._compute = compute
        self._results: dict[str, Result] = {}
        self._lock = Lock()

    def of(self, names: Sequence[str]) -> Iterator[list[Result] | float]:
        """Yield the finished share of the work, and at the end the results in the order of `names`."""
        with self._lock:
            for number, name in enumerate(names):
                if name in self._results:
                    continue
                for part in self._compute(name):
                    if isinstance(part, float):
                        yield (number + part) / len(names)
                    else:
                        self._results[name] = part
        yield [self._results[name] for name in names]
