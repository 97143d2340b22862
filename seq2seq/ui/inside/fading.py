"""How it fades: what is left of a piece in the encoder's state, by the steps since it was read, for several cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seq2seq.analysis.forcing.growing_sentences import PARTS, grown
from seq2seq.analysis.inside.reach import Fading, fading
from seq2seq.decoding.model_info import Family
from seq2seq.ui.inside.reach import kinds
from seq2seq.ui.kit.by_family import ByFamily
from seq2seq.ui.kit.view import View
from seq2seq.views.inside import fading as view


class Fades(ByFamily[Fading]):
    doing = "Measuring"
    prefix = "fading"

    def models(self, family: Family) -> list[str]:
        """Return one recurrent model for each cell, with and without attention."""
        first = next((info.name for info in self.services.infos.values() if info.family == family), None)
        names = kinds(self.services, first) if first else []
        return [name for name in names if "Transformer" not in self.services.info(name).architecture]

    def measure(self, model: str, family: Family) -> Iterator[Fading | float]:
        return fading(self.services.translator(model), sentences(family))

    def payload(
        self, family: Family, results: Sequence[Fading], titles: Sequence[str], values: Mapping[str, Any]
    ) -> dict[str, Any]:
        return view.payload(results, titles, len(sentences(family)))


VIEW = View(
    name="fading",
    title="How it fades",
    tab="inside",
    part="inside/fading",
    element="fading",
    build=Fades.open,
    parameters=Fades.parameters,
    controls={"model": ("#fading-family",)},
)


def sentences(family: Family) -> list[str]:
    """Return our own sentences of growing length in the source language."""
    return [source for of_length in grown(PARTS[family]) for source, _ in of_length]
