"""What the tabs work with: the models, loaded once and shared by all visitors (they never change)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import torch

from seq2seq.translator import Translator, available

PREFERRED = "en-fr-additive"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Services:
    """`translators` by name, in the order in which they are offered."""

    translators: Mapping[str, Translator]

    @classmethod
    def load(cls) -> Services:
        torch.set_num_threads(1)  # a decode's products are small: two visitors on two cores beat one visitor on both
        names = available()
        if not names:
            raise ValueError("no model found: train one with `python -m seq2seq train`, or restore the folder checkpoints/")
        translators = {}
        for name in names:
            try:
                translators[name] = Translator.load(name)
            except ValueError as error:  # one bad folder must not keep the others from being shown
                _log.error("%s", error)
        if not translators:
            raise ValueError("no model could be loaded: restore the folder checkpoints/")
        return cls(translators)

    @property
    def first(self) -> str:
        """The model that a visitor meets: the one that the examples are written for, where it is there."""
        return PREFERRED if PREFERRED in self.translators else next(iter(self.translators))

    def translator(self, name: str) -> Translator:
        if name not in self.translators:
            raise ValueError(f"There is no model “{name}”. There are: {', '.join(self.translators)}.")
        return self.translators[name]
