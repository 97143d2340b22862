"""How much attention falls on the true alignment of a task's examples, teacher-forced."""

from __future__ import annotations

from collections.abc import Sequence

from seq2seq.data.synthetic import Example
from seq2seq.decoding.translator import Translator


def weight_on_links(translator: Translator, examples: Sequence[Example]) -> list[list[tuple[float, float]]]:
    """Return for each example, for each of its target pieces with links, the share of its attention on the linked positions,
    and the share of positions that are linked: what equal weights would have.

    Raises ValueError for a model without attention.
    """
    sources = [translator.source_ids(example.source) for example in examples]
    targets = [translator.target_ids(example.target) for example in examples]
    shares: list[list[tuple[float, float]]] = []
    for example, source, target, weights in zip(examples, sources, targets, translator.attend(sources, targets), strict=True):
        places, pieces = translator.places(source), translator.target_vocabulary.pieces(target)
        if example.regions:
            links = example.aligned_places([place.box for place in places], pieces)
        else:
            links = example.aligned([place.piece for place in places], pieces)
        linked: dict[int, list[int]] = {}
        for t, s in links:
            linked.setdefault(t, []).append(s)
        shares.append([(float(weights[t, at].sum()), len(at) / len(places)) for t, at in linked.items()])
    return shares
