"""Dictionaries of pronunciations as pairs of a word and its phonemes, for models that read letters."""

from __future__ import annotations

from seq2seq.data.public_corpora import PublicCorpus, Remote

PRONUNCIATIONS = {
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
                is_dictionary=True,
            ),
        ),
    )
}
