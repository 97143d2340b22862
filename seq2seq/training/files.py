"""The files of a training run: sentence pairs for training and for validation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seq2seq.data.corpora import Corpus


@dataclass(frozen=True)
class Files:
    """Sentence pairs in files of any kind; columns are counted from 0 and guessed if None.

    A name is one file, or two files with matching lines. Either `valid` or `valid_share` is given.
    """

    data: str | tuple[str, ...]
    valid: str | tuple[str, ...] | None = None
    source: int | None = None
    target: int | None = None
    repeated: bool = False  # a pair counts as often as it stands in the training file
    as_is: bool = False  # tab-separated UTF-8 as this project writes it, about which nothing is guessed
    valid_share: float = 0.0  # share of the training pairs that are held out

    def __post_init__(self) -> None:
        if bool(self.valid) == bool(self.valid_share):
            raise ValueError("name a file of validation pairs, or hold out a share of the training pairs: one of the two")
        if self.valid_share and not 0 < self.valid_share < 1:
            raise ValueError(f"the share of validation pairs must be between 0 and 1, not {self.valid_share:g}")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Files:
        """Restore the files from plain values, in which two names are a list."""
        restored: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
        return cls(**restored)

    def pairs(self, alone: bool = False) -> tuple[Corpus, Corpus]:
        """Return training and validation pairs; `alone`: sentences without a source. Raises ValueError with the file and its
        error."""
        how: dict[str, Any] = {"source": self.source, "target": self.target, "as_is": self.as_is, "alone": alone}
        if self.valid is None:
            return Corpus(self.data, repeated=self.repeated, **how).split(self.valid_share)
        valid = Corpus(self.valid, **how)
        return Corpus(self.data, repeated=self.repeated, held_out=valid, **how), valid

    @property
    def held_out(self) -> str:
        """Return the name of the validation pairs."""
        if self.valid is None:
            return f"a held-out share of {self.valid_share:g} of {_file_names(self.data)}"
        return _file_names(self.valid)


def _file_names(files: str | tuple[str, ...]) -> str:
    return " and ".join(Path(file).name for file in ([files] if isinstance(files, str) else files))
