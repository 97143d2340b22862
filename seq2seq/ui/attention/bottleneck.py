"""The bottleneck: sentences grown clause by clause, translated by models with and without attention."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seq2seq.analysis.forcing.growing_sentences import PARTS, Stretched, grown, stretch
from seq2seq.decoding.model_info import Family
from seq2seq.ui.attention import panels
from seq2seq.ui.kit import address
from seq2seq.ui.kit.by_family import ByFamily
from seq2seq.ui.kit.view import View
from seq2seq.views.attention import bottleneck as view

OPENING = 3  # clauses; models with attention still translate them well


class Bottleneck(ByFamily[Stretched]):
    doing = "Decoding"
    prefix = "bottleneck"
    parameters = (address.FAMILY, address.number("clauses"), address.number("sentence"))

    def models(self, family: Family) -> list[str]:
        """Return one model with attention, one without, and one of another architecture."""
        infos = self.services.infos.values()
        first = next((info for info in infos if info.family == family and info.has_attention), None)
        return [first.name, *panels.companions(self.services, first)] if first else []

    def measure(self, model: str, family: Family) -> Iterator[Stretched | float]:
        return stretch(self.services.translator(model), grown(PARTS[family]))

    def payload(
        self, family: Family, results: Sequence[Stretched], titles: Sequence[str], values: Mapping[str, Any]
    ) -> dict[str, Any]:
        pairs = grown(PARTS[family])
        start = {
            "clauses": min(max(1, values.get("clauses", OPENING)), len(pairs)),  # both are counted from 1
            "sentence": min(max(1, values.get("sentence", 1)), len(pairs[0])),
        }
        return view.payload(pairs, results, titles, start=start)


VIEW = View(
    name="bottleneck",
    title="The bottleneck",
    tab="attention",
    part="attention/bottleneck",
    element="bottleneck",
    build=Bottleneck.open,
    parameters=Bottleneck.parameters,
    controls={"model": ("#bottleneck-family",)},
)
