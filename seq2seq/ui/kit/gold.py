"""Manual word alignments of our examples: the files of `assets/gold/`."""

from __future__ import annotations

from functools import cache

from seq2seq.analysis.alignment import Aligned, read_aligned
from seq2seq.decoding.model_info import ModelInfo
from seq2seq.sources.words import join
from seq2seq.ui.kit import examples
from seq2seq.ui.kit.component import ASSETS

FOLDER = ASSETS / "gold"
# By languages and subject, like `examples.REFERENCES`.
FILES: dict[tuple[str, str, str], str] = {
    ("English", "French", examples.EVERYDAY): "en-fr-everyday.tsv",
    ("English", "Spanish", examples.EVERYDAY): "en-es-everyday.tsv",
    ("English", "German", examples.EVERYDAY): "en-de-everyday.tsv",
    ("German", "English", examples.CAPTIONS): "de-en-captions.tsv",
    ("English", "German", examples.CAPTIONS): "en-de-captions.tsv",
}


def find(text: str, translation: str, info: ModelInfo) -> Aligned | None:
    """Return the manual alignment of an example and its reference, in the languages of a model; None if there is none."""
    by_text = _sentences(info.source_language, info.target_language)
    return by_text.get((text.strip(), translation.strip()))


@cache
def _sentences(source: str, target: str) -> dict[tuple[str, str], Aligned]:
    by_text = {}
    for (read, written, _), name in FILES.items():
        if (read, written) == (source, target):
            for gold in read_aligned(FOLDER / name):
                by_text[join(gold.source, source).text, join(gold.target, target).text] = gold
    return by_text
