"""Grow a sentence clause by clause, to find the length from which a model fails.

The sentences are synthetic: own main clauses in a random order, joined by "and". Nobody talks like that, but it gives a correct
translation for any length, and only the length changes. Symbols: N sentences, C clauses.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from seq2seq.data.corpora import Pair
from seq2seq.decoding.metrics import chrf_of_each, quality
from seq2seq.decoding.translator import Translator

SENTENCES = 24  # N
MOST_CLAUSES = 8  # C
SEED = 1


@dataclass(frozen=True)
class Parts:
    """Main clauses with their translations, and the joining word in each language."""

    joint: Pair
    clauses: tuple[Pair, ...]


# Keys are source language, target language and subject, as in a checkpoint.
PARTS: dict[tuple[str, str, str], Parts] = {
    ("English", "French", "everyday"): Parts(
        (", and ", ", et "),
        (
            ("I have a new book", "j'ai un nouveau livre"),
            ("my sister lives in Paris", "ma sœur vit à Paris"),
            ("the children are playing in the garden", "les enfants jouent dans le jardin"),
            ("my father works in a bank", "mon père travaille dans une banque"),
            ("the door is open", "la porte est ouverte"),
            ("we are going to the station", "nous allons à la gare"),
            ("he drinks coffee every morning", "il boit du café tous les matins"),
            ("the dog sleeps under the table", "le chien dort sous la table"),
            ("she speaks three languages", "elle parle trois langues"),
            ("it is raining today", "il pleut aujourd'hui"),
            ("my brother has never seen the sea", "mon frère n'a jamais vu la mer"),
            ("they bought a red car", "ils ont acheté une voiture rouge"),
            ("I am looking for my keys", "je cherche mes clés"),
            ("the soup is too hot", "la soupe est trop chaude"),
            ("our teacher is tired", "notre professeur est fatigué"),
            ("the cat is afraid of the rain", "le chat a peur de la pluie"),
        ),
    ),
    ("German", "English", "captions"): Parts(
        (", und ", ", and "),
        (
            ("ein Mann liest eine Zeitung", "a man is reading a newspaper"),
            ("eine Frau trägt einen roten Hut", "a woman is wearing a red hat"),
            ("zwei Kinder spielen im Sand", "two children are playing in the sand"),
            ("ein Hund läuft über die Wiese", "a dog is running across the grass"),
            ("ein Junge springt ins Wasser", "a boy is jumping into the water"),
            ("ein Mädchen isst ein Eis", "a girl is eating an ice cream"),
            ("drei Männer sitzen auf einer Bank", "three men are sitting on a bench"),
            ("eine alte Frau verkauft Blumen", "an old woman is selling flowers"),
            ("ein Musiker spielt Gitarre", "a musician is playing the guitar"),
            ("ein Arbeiter steht auf einer Leiter", "a worker is standing on a ladder"),
            ("ein Kind fährt auf einem Fahrrad", "a child is riding a bicycle"),
            ("eine Familie wartet auf den Bus", "a family is waiting for the bus"),
        ),
    ),
}


@dataclass(frozen=True)
class Stretched:
    """The translations of one model for sentences of growing length."""

    model: str
    hypotheses: tuple[tuple[str, ...], ...]  # [C][N]: free-running, greedy
    chrf: np.ndarray  # [N, C]: chrF of each sentence, 0 to 100
    bleu: tuple[float, ...]  # C: BLEU over the N sentences of one length
    signatures: tuple[str, str]  # of BLEU and of chrF


def grown(parts: Parts) -> list[list[Pair]]:
    """Return [C][N]: each of N sentences with its first 1, 2, … clauses."""
    orders = [random.Random(f"{SEED}/{n}").sample(parts.clauses, MOST_CLAUSES) for n in range(SENTENCES)]
    return [
        [(_sentence(order[:count], parts, 0), _sentence(order[:count], parts, 1)) for order in orders] for count in counts()
    ]


def counts() -> range:
    """Return the numbers of clauses, from short to long."""
    return range(1, MOST_CLAUSES + 1)


def _sentence(clauses: list[Pair], parts: Parts, side: int) -> str:
    text = parts.joint[side].join(clause[side] for clause in clauses)
    return f"{text[:1].upper()}{text[1:]}."


def stretch(translator: Translator, pairs: list[list[Pair]]) -> Iterator[Stretched | float]:
    """Yield the finished share of the work after each length, and at the end the result."""
    language, hypotheses, bleu, columns, signatures = translator.info.target_language, [], [], [], ("", "")
    for count, of_length in zip(counts(), pairs, strict=True):
        sources, references = [source for source, _ in of_length], [target for _, target in of_length]
        translations = dict(translator.translate_lines(sources, workers=1))
        written = tuple(translations[i] for i in range(len(sources)))
        scores = quality(sources, written, [[reference] for reference in references], language=language)
        hypotheses.append(written)
        bleu.append(scores.bleu)
        columns.append(chrf_of_each(written, references))
        signatures = (scores.bleu_signature, scores.chrf_signature)
        yield count / MOST_CLAUSES
    yield Stretched(translator.name, tuple(hypotheses), np.array(columns).T, tuple(bleu), signatures)
