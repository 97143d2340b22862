"""Limits that a host sets for its visitors, by environment variables.

SEQ2SEQ_TRAIN_MINUTES   longest run; 0 turns training off (5 on a Space, a day elsewhere)
SEQ2SEQ_TRAIN_RUNS      number of runs that a visitor may keep (5 on a Space, 50 elsewhere)
SEQ2SEQ_DATA            folder for runs and downloaded corpora (temporary on a Space, ~/.seq2seq-unrolled elsewhere)
SEQ2SEQ_CORPORA         folder with copies of public corpora, which are then not downloaded
SEQ2SEQ_PASSWORD        user:password that every visitor must enter (none by default)
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from seq2seq.data.public import downloads

NAME = "seq2seq-unrolled"
UNLIMITED = 24 * 60  # minutes; from here on the page treats runs as unlimited


@dataclass(frozen=True)
class Limits:
    minutes: float
    runs: int
    folder: Path
    corpora: Path | None = None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Limits:
        """Read the limits from environment variables. Raises ValueError that names the variable."""
        space = "SPACE_ID" in environment
        folder = Path(tempfile.gettempdir(), NAME) if space else Path.home() / f".{NAME}"
        return cls(
            minutes=_number(environment, "SEQ2SEQ_TRAIN_MINUTES", 5 if space else UNLIMITED),
            runs=int(_number(environment, "SEQ2SEQ_TRAIN_RUNS", 5 if space else 50)),
            folder=Path(environment.get("SEQ2SEQ_DATA") or folder),
            corpora=downloads.copies_in(environment),
        )


def password(environment: Mapping[str, str]) -> tuple[str, str] | None:
    """Return user and password for all visitors, or None. Raises ValueError without the secret in its message."""
    text = environment.get("SEQ2SEQ_PASSWORD", "")
    user, _, word = text.partition(":")
    if text and not (user and word):
        raise ValueError("SEQ2SEQ_PASSWORD must have the form user:password, and neither part may be empty")
    return (user, word) if text else None


def _number(environment: Mapping[str, str], name: str, otherwise: float) -> float:
    text = environment.get(name, "")
    try:
        value = float(text) if text else otherwise
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise ValueError(f"{name} must be a number from 0, not {text!r}")
    return value
