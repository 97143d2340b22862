"""Quality against length: a figure, its table, and the grown sentences themselves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seq2seq.analysis.bootstrap import Bootstrap, Means
from seq2seq.data.corpora import Pair
from seq2seq.views.curves import OWN, THIRD, TOLD, Curve, figure

if TYPE_CHECKING:  # the engine's record is read here, and the engine is not loaded for it
    from seq2seq.analysis.growing_sentences import Stretched

STYLES = (OWN, TOLD, THIRD)  # as many models as can be told apart
ACROSS = "words of the source, on average"


def payload(pairs: Sequence[Sequence[Pair]], found: Sequence[Stretched], names: Sequence[str], **extra: Any) -> dict[str, Any]:
    """`pairs` [C][N] are the grown sentences, `names` say what each model is."""
    words = [sum(len(source.split()) for source, _ in of_length) / len(of_length) for of_length in pairs]
    sentences = len(pairs[0])
    means = [Bootstrap(sentences).by_column([one.chrf]) for one in found]
    return {
        "says": _says(words, means, names, [one.bleu for one in found]),
        "figures": [
            {
                "name": "length",
                "title": "How much survives?",
                "note": f"chrF of {sentences} sentences at each length, free-running (greedy), and how far it would move with "
                "other sentences of the same kind (95% of 1,000 bootstrap resamples).",
                "figure": _figure(words, means, names, sentences),
            }
        ],
        "table": {
            "columns": ["clauses", "words", *(f"{kind} of {name}" for name in names for kind in ("chrF", "BLEU"))],
            "rows": [
                [
                    str(c + 1),
                    f"{words[c]:.1f}",
                    *(cell for i in range(len(found)) for cell in _cells(means[i], found[i].bleu, c)),
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
                        for name, one in zip(names, found, strict=True)
                    ],
                }
                for n, (source, reference) in enumerate(of_length)
            ]
            for c, of_length in enumerate(pairs)
        ],
        "signatures": "; ".join(
            f"{name} {signature}" for name, signature in zip(("BLEU", "chrF"), found[0].signatures, strict=True)
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


def _says(words: Sequence[float], means: Sequence[Means], names: Sequence[str], bleu: Sequence[Sequence[float]]) -> list[str]:
    """What became of each model between the shortest and the longest sentences."""
    first, last = round(words[0]), round(words[-1])
    return [
        f"{name}: from {first} to {last} words, chrF goes from {mean.values[0]:.0f} to {mean.values[-1]:.0f}, BLEU from "
        f"{scores[0]:.0f} to {scores[-1]:.0f}."
        for name, mean, scores in zip(names, means, bleu, strict=True)
    ]
