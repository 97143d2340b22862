"""Dictionaries as pairs of a word and how it sounds, for models that read letters: phonemes, or katakana."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from seq2seq.data.corpora import Pair
from seq2seq.data.public.corpora import PublicCorpus, Remote

_WORD = re.compile(r"([a-z']+)(?:\(\d+\))?")  # "(2)" marks the second pronunciation
_PHONEME = re.compile(r"([A-Z]{1,2})[012]?")  # the digit of a vowel is its stress
_KATAKANA = re.compile("[ァ-ヺー]+")


def _pronunciation(line: str) -> Pair | None:
    """Read a line of the CMU Pronouncing Dictionary, without stress: "read(2) R EH1 D # past" is ("read", "R EH D").

    An entry of other characters than letters and apostrophes is None.
    """
    word, *phonemes = line.partition("#")[0].split() or [""]
    entry, sounds = _WORD.fullmatch(word), [_PHONEME.fullmatch(phoneme) for phoneme in phonemes]
    if not (entry and sounds and all(sounds)):
        return None
    return entry[1], " ".join(sound[1] for sound in sounds if sound)


def _name(line: str) -> Pair | None:
    """Read a name, its katakana with spaces, and how often it was found: "anna<tab>ア ン ナ<tab>255" is ("anna", "アンナ").

    A name with other characters than letters and apostrophes is None, and so is other writing than katakana.
    """
    name, spaced, *_ = *line.split("\t"), "", ""
    katakana = spaced.replace(" ", "")
    letters = all(c == "'" or unicodedata.category(c)[0] in "LM" for c in name)
    return (name, katakana) if name and letters and _KATAKANA.fullmatch(katakana) else None


# The settings of the bundled models; a target piece is a phoneme, or one character of katakana.
_LETTERS: dict[str, Any] = {
    "as_is": True,
    "shared_vocabulary": False,
    "source_kind": "letters",
    "embedding_size": 128,
    "encoder_size": 224,
    "decoder_size": 320,
    "attention_size": 128,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "start": "learned",
    "dropout": 0.3,
    "learning_rate": 0.003,
}
_PHONEMES = {
    **_LETTERS,
    "subject": "letters",
    "vocabulary_kind": "word",
    "epochs": 6,
    "batch_tokens": 2000,
    "warmup_updates": 500,
}
_CHARACTERS = {
    **_LETTERS,
    "subject": "names",
    "vocabulary_kind": "character",
    "epochs": 10,
    "batch_tokens": 1500,
    "warmup_updates": 300,
}

# The files of one commit, which cannot change. Their makers split them: 64% for training, 16% for validation, 20% for tests.
_COMMIT = "5d5f59e561ecea45a6d3602121e1049baa7a76c3"
_NAMES = f"https://raw.githubusercontent.com/steveash/NETransliteration-COLING2018/{_COMMIT}/data"

DICTIONARIES = {
    "letters-en": PublicCorpus(
        "letters-en",
        "The CMU Pronouncing Dictionary, without stress",
        "English letters",
        "phonemes",
        licence="BSD 2-Clause",
        attribution="The CMU Pronouncing Dictionary, Carnegie Mellon University, 1993-2015",
        files=(
            Remote(
                "https://raw.githubusercontent.com/cmusphinx/cmudict/master/cmudict.dict",
                "cmudict.txt",
                ("cmudict.txt",),
                20_000_000,
                entry=_pronunciation,
            ),
        ),
        settings=_PHONEMES,
    ),
    "names-ja": PublicCorpus(
        "names-ja",
        "Names of persons in Wikidata, in Latin letters and in katakana",
        "Latin letters",
        "katakana",
        licence="CC0 1.0",
        attribution="Names of persons from Wikidata, collected by Merhav and Ash 2018",
        files=tuple(
            Remote(f"{_NAMES}/wd_katakana_{part}", file, (file,), 20_000_000, entry=_name)
            for part, file in ((64, "katakana-names-train.txt"), (16, "katakana-names-valid.txt"))
        ),
        settings=_CHARACTERS,
    ),
}
