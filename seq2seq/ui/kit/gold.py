"""Word alignments of our own examples, made by hand: the files of `assets/gold/`."""

from __future__ import annotations

from functools import cache

from seq2seq.analysis.alignment import Aligned, read_aligned
from seq2seq.decoding.translator import ModelInfo
from seq2seq.sources.words import join
from seq2seq.ui.kit import examples
from seq2seq.ui.kit.component import ASSETS

FOLDER = ASSETS / "gold"
# By languages and subject, as `examples.REFERENCES` has them.
FILES: dict[tuple[str, str, str], str] = {
    ("English", "French", examples.EVERYDAY): "en-fr-everyday.tsv",
    ("English", "Spanish", examples.EVERYDAY): "en-es-everyday.tsv",
    ("German", "English", examples.CAPTIONS): "de-en-captions.tsv",
    ("English", "German", examples.CAPTIONS): "en-de-captions.tsv",
}


def find(text: str, translation: str, info: ModelInfo) -> Aligned | None:
    """How the words of an example and its reference are linked, in the languages of a model; None where nobody has done it."""
    known = _sentences(info.source_language, info.target_language)
    return known.get((text.strip(), translation.strip()))


@cache
def _sentences(source: str, target: str) -> dict[tuple[str, str], Aligned]:
    found = {}
    for (read, written, _), name in FILES.items():
        if (read, written) == (source, target):
            for gold in read_aligned(FOLDER / name):
                found[join(gold.source, source).text, join(gold.target, target).text] = gold
    return found
