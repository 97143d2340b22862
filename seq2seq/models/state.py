"""States and other records whose tensors have one row per sentence of a batch or hypothesis of a beam."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Protocol, Self

from torch import Tensor


class State(Protocol):
    """The state of a decoder between two steps. Only the decoder knows its content."""

    def select(self, rows: Tensor) -> State: ...

    @property
    def hidden(self) -> Tensor: ...


class PerRow:
    """A base for dataclasses: the first dimension of every tensor, also in tuples, is the row. Other values belong to all
    rows."""

    def select(self, rows: Tensor) -> Self:
        """Return the record of `rows` [R'] in this order; a row can occur several times."""
        return type(self)(**{f.name: _take(getattr(self, f.name), rows) for f in fields(self)})  # type: ignore[arg-type]


def _take(value: Any, rows: Tensor) -> Any:
    if isinstance(value, Tensor):
        return value.index_select(0, rows)
    if isinstance(value, tuple):
        return tuple(_take(part, rows) for part in value)
    return value
