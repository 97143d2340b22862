"""The mixture of corpora that the everyday models are trained on: everyday sentences, chat, longer texts, our phrasebook."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from seq2seq.data.augmentation import lists, patterns
from seq2seq.data.corpora import Pair, PairFile
from seq2seq.sources.normalise import normalise

GENERATED = 16_000  # pairs made from the patterns of the phrasebook
MOST_WORDS = 60
MOST_RATIO = 2.5  # of the characters of the two sides; a larger one is rarely a translation
_MARKUP = re.compile(r"https?:|[<>{}\\_`|*#=@^~]|%\w|\w\(\)")
_OPEN_APOSTROPHE = re.compile(r"(?<=\b[cdjlmnst])' (?=\w)|(?<=\bqu)' (?=\w)", re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """A corpus of the mixture. Its file has two columns, English first."""

    name: str
    attribution: str  # the corpus and its licence, for the model card
    times: int = 1  # how often each pair is in the mixture
    limit: int | None = None  # largest number of pairs, drawn at random


_TATOEBA = "CC BY 2.0 FR"
PARTS = (
    Part("tatoeba", f"Tatoeba, by way of manythings.org/anki, 2017 to 2021 ({_TATOEBA})"),
    Part("tatoeba-2019-04", f"Tatoeba, by way of manythings.org/anki, 2019-04-07 ({_TATOEBA})"),
    Part("tatoeba-manythings", f"Tatoeba, by way of manythings.org/anki, 2018-04 and 2021-06 ({_TATOEBA})"),
    Part("tatoeba-test-2021-08", f"Tatoeba, by way of the test sets of the Tatoeba Challenge 2021-08 ({_TATOEBA})", 2),
    Part("diabla", "DiaBLa, Bawden et al. 2020 (CC BY-SA 4.0)", 3),
    Part("europarl-slice", "Europarl v7, Koehn 2005 (European Parliament)"),
    Part("ud-pud", "Universal Dependencies PUD (CC BY-SA 3.0)", 2),
    Part("tico19", "TICO-19 (CC0)"),
    Part("mgsm", "MGSM (CC BY 4.0)", 2),
    Part("python-docs", "Python's documentation in translation (CC0 contributions, PSF licence)", 1, 4_000),
    Part("gnome-user-docs", "GNOME Documentation Project (CC BY-SA 3.0)", 1, 3_000),
    Part("mozilla-www", "Mozilla localisers (MPL 2.0)", 1),
    Part("privacyguides", "Privacy Guides (CC BY-SA 4.0)", 1),
    Part("debian-ddtp", "Debian Description Translation Project (each package's free licence)", 1, 6_000),
    Part("cldr-names", "Unicode CLDR (Unicode License v3)", 2),
    Part("refugee-phrasebook", "Refugee Phrasebook (MIT)", 2),
    Part("wikiotics-phrasebook", "wikiotics.org (CC BY-SA 3.0)", 3),
    Part("phrasebook", "the phrasebook of this project (Apache License 2.0)", 15),
    Part("words", "the word list of this project (Apache License 2.0)", 6),
    Part("patterns", "pairs made from the patterns of this project (Apache License 2.0)"),
)


# By name: the public corpus with the base of the mixture. The base also has the held-out pairs.
EVERYDAY = {
    f"everyday-{source}-{target}": f"tatoeba-{source}-{target}"
    for other in patterns.CODES
    if other != "en"
    for source, target in (("en", other), (other, "en"))
}

# Options of `train` that suit a mixture: those of the bundled model en-fr-additive.
SETTINGS: dict[str, Any] = {
    "as_is": True,
    "repeated": True,
    "augment": "names,numbers,concat,form,typos",
    "vocabulary_size": 8000,
    "vocabulary_split_digits": True,
    "start": "learned",
    "embedding_size": 256,
    "encoder_size": 288,
    "decoder_size": 448,
    "epochs": 6,
    "dropout": 0.15,
    "batch_tokens": 2000,
    "warmup_updates": 500,
}


@dataclass(frozen=True)
class Mixed:
    """A part of a mixture and the number of its pairs, each counted as often as it is in the mixture."""

    part: Part
    pairs: int


def origin(parts: Iterable[Mixed]) -> dict[str, str]:
    """Return title, attribution and licence for the card of a model that is trained on a mixture."""
    attributions = "; ".join(mixed.part.attribution for mixed in parts if mixed.pairs)
    return {"title": "Everyday sentences", "attribution": attributions, "licence": "as the strictest of its data"}


def mixture(name: str, base: Sequence[Pair], valid: Sequence[Pair], folder: Path | None) -> tuple[list[Pair], list[Mixed]]:
    """Return the training pairs of an entry of EVERYDAY, in its direction, and the size of each part.

    `base` and `valid` are the training and held-out pairs of its public corpus. The other corpora are read from files such as
    `diabla.en-fr.tsv` in `folder`, English first; a file that does not exist is left out. A pair whose source or target is held
    out is left out as well.
    """
    source, target = name.split("-")[1:]
    swapped = target == "en"
    other = source if swapped else target

    def read(part: Part) -> Iterable[Pair]:
        if part is PARTS[0]:
            return ((pair[1], pair[0]) if swapped else pair for pair in base)
        path = folder / f"{part.name}.en-{other}.tsv" if folder else None
        return PairFile.open(path, 0, 1, as_is=True) if path and path.is_file() else ()

    held_out = ({source for source, _ in valid}, {target for _, target in valid})
    train: list[Pair] = []
    parts = []
    for part, pairs in mix(other, read):
        turned = ((pair[1], pair[0]) if swapped else pair for pair in pairs)
        kept = [pair for pair in turned if pair[0] not in held_out[0] and pair[1] not in held_out[1]]
        train += kept
        parts.append(Mixed(part, len(kept)))
    return train, parts


def mix(other: str, read: Callable[[Part], Iterable[Pair]], seed: int = 1) -> Iterator[tuple[Part, list[Pair]]]:
    """Yield each part with its pairs, English first: normalised, unsuitable ones removed, each as often as its part says.

    `other` is the code of the second language. `read(part)` yields the pairs of a corpus, or none if it does not exist for
    this language.
    """
    for part in PARTS:
        dice = random.Random(f"{seed}/{part.name}")
        raw = _own(part.name, other, seed) or read(part)
        clean = [pair for pair in dict.fromkeys(_tidy(pair, other) for pair in raw) if _suits(pair, other)]
        if part.limit and len(clean) > part.limit:
            clean = dice.sample(clean, part.limit)
        yield part, clean * part.times


def _own(name: str, other: str, seed: int) -> list[Pair]:
    """Return the pairs that this project makes itself."""
    languages = ("en", other)
    if other not in patterns.CODES:
        return []
    if name == "patterns":
        return list(islice(patterns.generate(languages, GENERATED, seed), GENERATED))
    tables = {"phrasebook": "phrases", "words": "words"}
    return list(lists.pairs_of(tables[name], *languages)) if name in tables else []


def _tidy(pair: Pair, other: str) -> Pair:
    source, target = normalise(pair[0]), normalise(pair[1])
    if other == "fr":  # tokenised corpora write "l' eau"
        target = _OPEN_APOSTROPHE.sub("'", target)
    return source, target


def _suits(pair: Pair, other: str) -> bool:
    """Whether a pair can be a sentence and its translation: not empty, not markup, not too long, sides of similar length."""
    source, target = pair
    if not source or not target or any(_MARKUP.search(side) for side in pair) or len(source.split()) > MOST_WORDS:
        return False
    # A Chinese or Japanese character stands for about three letters.
    weight = 3 if other in ("ja", "zh") else 1
    longer, shorter = sorted((len(source) + 12, weight * len(target) + 12), reverse=True)
    return longer / shorter <= MOST_RATIO
