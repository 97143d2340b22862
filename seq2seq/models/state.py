"""States and other records whose tensors have one row for each sentence of a batch or hypothesis of a beam."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Protocol, Self

from torch import Tensor


class State(Protocol):
    """What a decoder carries from step to step. Only the decoder knows what is inside."""

    def select(self, rows: Tensor) -> State: ...

    @property
    def hidden(self) -> Tensor: ...


class PerRow:
    """For dataclasses: the first dimension of every tensor, alone or in tuples, counts rows. Other values are all rows'."""

    def select(self, rows: Tensor) -> Self:
        """The record of `rows` [R'], in that order; a row may occur many times."""
        return type(self)(**{f.name: _take(getattr(self, f.name), rows) for f in fields(self)})  # type: ignore[arg-type]


def _take(value: Any, rows: Tensor) -> Any:
    if isinstance(value, Tensor):
        return value.index_select(0, rows)
    if isinstance(value, tuple):
        return tuple(_take(part, rows) for part in value)
    return value
