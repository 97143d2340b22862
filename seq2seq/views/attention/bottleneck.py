"""Quality against sentence length: a figure, its table, and the grown sentences."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seq2seq.analysis.bootstrap import Bootstrap, Means
from seq2seq.data.corpora import Pair
from seq2seq.views.curves import OWN, REFERENCE, THIRD, Curve, figure

if TYPE_CHECKING:  # for the annotation only: the views do not load the engine
    from seq2seq.analysis.forcing.growing_sentences import Stretched

STYLES = (OWN, REFERENCE, THIRD)  # at most this many models in one figure
ACROSS = "mean number of source words"


def payload(
    pairs: Sequence[Sequence[Pair]], results: Sequence[Stretched], names: Sequence[str], **extra: Any
) -> dict[str, Any]:
    """Return the data of the view. `pairs` [C][N] are the grown sentences; `names` are the display names of the models."""
    words = [sum(len(source.split()) for source, _ in of_length) / len(of_length) for of_length in pairs]
    sentences = len(pairs[0])
    means = [Bootstrap(sentences).by_column([one.chrf]) for one in results]
    return {
        "says": _summaries(words, means, names, [one.bleu for one in results]),
        "figures": [
            {
                "name": "length",
                "title": "Quality by length",
                "note": f"chrF of {sentences} sentences at each length, free-running (greedy). The band is the 95% interval of "
                "1,000 bootstrap resamples of the sentences.",
                "figure": _figure(words, means, names, sentences),
            }
        ],
        "table": {
            "columns": ["clauses", "words", *(f"{kind}, {name}" for name in names for kind in ("chrF", "BLEU"))],
            "rows": [
                [
                    str(c + 1),
                    f"{words[c]:.1f}",
                    *(cell for i in range(len(results)) for cell in _cells(means[i], results[i].bleu, c)),
                ]
                for c in range(len(pairs))
            ],
        },
        "sentences": [
            [
                {
                    "source": source,
                    "reference": reference,
                    "written": [
                        {"name": name, "model": one.model, "text": one.hypotheses[c][n], "chrf": round(one.chrf[n, c], 1)}
                        for name, one in zip(names, results, strict=True)
                    ],
                }
                for n, (source, reference) in enumerate(of_length)
            ]
            for c, of_length in enumerate(pairs)
        ],
        "signatures": "; ".join(
            f"{name} {signature}" for name, signature in zip(("BLEU", "chrF"), results[0].signatures, strict=True)
        ),
        **extra,
    }


def _cells(means: Means, bleu: Sequence[float], c: int) -> list[str]:
    band = means.columns("chrf")
    return [f"{band['chrf'][c]:.1f} ({band['chrf_low'][c]:.1f} to {band['chrf_high'][c]:.1f})", f"{bleu[c]:.1f}"]


def _figure(words: Sequence[float], means: Sequence[Means], names: Sequence[str], sentences: int) -> dict[str, Any]:
    lines = []
    for mean, name, style in zip(means, names, STYLES, strict=False):
        columns = mean.columns("chrf")
        table = [
            {"words": words[c], "sentences": sentences, **{key: values[c] for key, values in columns.items()}}
            for c in range(len(words))
        ]
        lines.append(Curve(table, "chrf", name, style, name))
    drawn: dict[str, Any] = json.loads(figure(lines, "words", ACROSS, "chrF", (0, 100)).to_json())
    return drawn


def _summaries(
    words: Sequence[float], means: Sequence[Means], names: Sequence[str], bleu: Sequence[Sequence[float]]
) -> list[str]:
    """Say for each model how its scores change from the shortest to the longest sentences."""
    first, last = round(words[0]), round(words[-1])
    return [
        f"{name}: from {first} to {last} words, chrF goes from {mean.values[0]:.0f} to {mean.values[-1]:.0f}, BLEU from "
        f"{scores[0]:.0f} to {scores[-1]:.0f}."
        for name, mean, scores in zip(names, means, bleu, strict=True)
    ]
