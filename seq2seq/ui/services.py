"""What the tabs work with: the models, loaded once and shared by all visitors (they never change)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from seq2seq.translator import Translator, available


@dataclass(frozen=True)
class Services:
    """`translators` by name, in the order in which they are offered; the first is the one that a visitor meets."""

    translators: Mapping[str, Translator]

    @classmethod
    def load(cls) -> Services:
        torch.set_num_threads(1)  # a decode's products are small: two visitors on two cores beat one visitor on both
        names = available()
        if not names:
            raise ValueError("no model found: train one with `python -m seq2seq train`, or restore the folder checkpoints/")
        return cls({name: Translator.load(name) for name in names})

    @property
    def first(self) -> str:
        return next(iter(self.translators))

    def translator(self, name: str) -> Translator:
        if name not in self.translators:
            raise ValueError(f"There is no model “{name}”. There are: {', '.join(self.translators)}.")
        return self.translators[name]
