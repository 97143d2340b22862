"""What a visitor gives, as the input of a model; and for each source position a place that can be shown.

A kind of source has a Reader (no torch) and a Front (a module of the model, saved with it):

    given -> Reader.read -> input [positions, ..] -> Front -> vectors [S, E] -> encoder
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

NO_TOKEN = -1  # the token of a position that is not a piece of a vocabulary


class TooLong(ValueError):
    """The error for a source that is longer than the model can read."""


@dataclass(frozen=True, slots=True)
class Place:
    """One source position as a view shows it: a piece of text, or a part of a picture or a sound."""

    token: int
    piece: str  # of the tokenizer, or the name of the place: "row 2, column 3"
    word: int  # index of its word or group
    box: tuple[float, ...] | None = None  # shares of the picture: left, top, right, bottom; or seconds: from, to


class Reader(Protocol):
    """Reads one kind of source for one model."""

    def read(self, given: str | bytes, readable: bool = False) -> Any:
        """Return the input of the model: ids, or an array whose first axis is padded in a batch.

        With `readable`, also refuse what the model can read but knows nothing about. Raises ValueError with one sentence.
        """

    def places(self, source: Any) -> Sequence[Place]:
        """Return the source positions of an input."""

    def media(self, given: str | bytes, source: Any) -> str | None:
        """Return what a view draws under the attention weights, as a data URL; None for text."""

    def regions(self, source: Any) -> list[list[int]]:
        """Return the positions that are hidden together to see what the model needs: each word of a text, and each position of
        another source with its neighbours."""

    def without(self, source: Any, positions: Collection[int]) -> Any:
        """Return a copy of the input that hides these positions: a text gets shorter, others are filled with what is empty to
        the model."""
