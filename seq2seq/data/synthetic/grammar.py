"""A small grammar of English sentences and their French: agreement, elision, adjectives behind their nouns, ne … pas around the
verb. Every sentence has one translation, whose words are known to come from which."""

from __future__ import annotations

import random
from dataclasses import dataclass

from seq2seq.data.synthetic.example import Example, Part

VOWELS = "aeiouhéêœ"  # before which French elides; every h of this grammar is mute


@dataclass(frozen=True)
class Noun:
    english: str
    french: str
    feminine: bool


@dataclass(frozen=True)
class Adjective:
    english: str
    masculine: str
    feminine: str
    before_vowel: str = ""  # masculine, where it stands before its noun and differs there: un vieil arbre
    first: bool = False  # it stands before its noun


@dataclass(frozen=True)
class Verb:
    english: str
    french: tuple[str, str, str, str, str]  # je, tu, il, nous, ils


PEOPLE = (
    Noun("man", "homme", False),
    Noun("woman", "femme", True),
    Noun("girl", "fille", True),
    Noun("boy", "garçon", False),
    Noun("neighbour", "voisin", False),
    Noun("sister", "sœur", True),
)
THINGS = (
    Noun("house", "maison", True),
    Noun("boat", "bateau", False),
    Noun("tree", "arbre", False),
    Noun("door", "porte", True),
    Noun("book", "livre", False),
    Noun("dog", "chien", False),
    Noun("umbrella", "parapluie", False),
    Noun("church", "église", True),
    Noun("window", "fenêtre", True),
    Noun("bird", "oiseau", False),
)
OF_ALL = (
    Adjective("small", "petit", "petite", first=True),
    Adjective("big", "grand", "grande", first=True),
    Adjective("old", "vieux", "vieille", before_vowel="vieil", first=True),
)
OF_PEOPLE = (
    *OF_ALL,
    Adjective("polite", "poli", "polie"),
    Adjective("tired", "fatigué", "fatiguée"),
    Adjective("happy", "heureux", "heureuse"),
)
OF_THINGS = (
    *OF_ALL,
    Adjective("new", "nouveau", "nouvelle", before_vowel="nouvel", first=True),
    Adjective("red", "rouge", "rouge"),
    Adjective("green", "vert", "verte"),
    Adjective("white", "blanc", "blanche"),
    Adjective("black", "noir", "noire"),
    Adjective("heavy", "lourd", "lourde"),
)
VERBS = (
    Verb("see", ("vois", "vois", "voit", "voyons", "voient")),
    Verb("like", ("aime", "aimes", "aime", "aimons", "aiment")),
    Verb("find", ("trouve", "trouves", "trouve", "trouvons", "trouvent")),
    Verb("paint", ("peins", "peins", "peint", "peignons", "peignent")),
    Verb("sell", ("vends", "vends", "vend", "vendons", "vendent")),
    Verb("draw", ("dessine", "dessines", "dessine", "dessinons", "dessinent")),
    Verb("admire", ("admire", "admires", "admire", "admirons", "admirent")),
)
PRONOUNS = (("I", "je", 0), ("you", "tu", 1), ("he", "il", 2), ("she", "elle", 2), ("we", "nous", 3), ("they", "ils", 4))
THIRD = 2  # the verb's form for one person spoken of
# English; French masculine, feminine, and before a vowel.
DETERMINERS = (
    ("the", "le", "la", "l'"),
    ("a", "un", "une", ""),
    ("my", "mon", "ma", "mon"),
    ("this", "ce", "cette", ""),
)
CET = "cet"  # ce, before a vowel

Words = list[tuple[str, str]]  # each with the name of what it stands for


def draw(numbers: random.Random) -> Example:
    if numbers.random() < 0.5:
        english, french, form = numbers.choice(PRONOUNS)
        subject: tuple[Words, Words] = ([(english, "subject")], [(french, "subject")])
    else:
        subject, form = _phrase(numbers, PEOPLE, OF_PEOPLE, "subject"), THIRD
    verb, negated = numbers.choice(VERBS), numbers.random() < 0.4
    objects = _phrase(numbers, THINGS, OF_THINGS, "object")
    third = form == THIRD
    told: Words = [(verb.english + "s" * third, "verb")]
    said: Words = [(verb.french[form], "verb")]
    if negated:
        told = [("does" if third else "do", "not"), ("not", "not"), (verb.english, "verb")]
        said = [("ne", "not"), *said, ("pas", "not")]
    return Example.of(_joined(subject[0] + told + objects[0]), _joined(_elided(subject[1] + said + objects[1])))


def _phrase(
    numbers: random.Random, nouns: tuple[Noun, ...], adjectives: tuple[Adjective, ...], role: str
) -> tuple[Words, Words]:
    """Determiner, noun and perhaps an adjective, in English and in French."""
    noun, determiner = numbers.choice(nouns), numbers.choice(DETERMINERS)
    adjective = numbers.choice(adjectives) if numbers.random() < 0.6 else None
    head, name = (noun.french, f"{role} noun"), f"{role} adjective"
    english: Words = [(noun.english, head[1])]
    french: Words = [head]
    if adjective is not None:
        english.insert(0, (adjective.english, name))
        form = adjective.feminine if noun.feminine else adjective.masculine
        if adjective.first and not noun.feminine and noun.french[0] in VOWELS:
            form = adjective.before_vowel or form
        french.insert(0 if adjective.first else 1, (form, name))
    article, *forms = determiner
    masculine, feminine, elided = forms
    word = feminine if noun.feminine else masculine
    if french[0][0][0] in VOWELS:
        word = elided or (CET if word == "ce" else word)
    place = f"{role} determiner"
    an = article == "a" and english[0][0][0] in "aeiou"
    return [("an" if an else article, place), *english], [(word, place), *french]


def _elided(words: Words) -> Words:
    """Je and ne lose their e before a vowel."""
    behind = [*(word for word, _ in words[1:]), "."]
    return [
        (word[0] + "'" if word in ("je", "ne") and following[0] in VOWELS else word, thing)
        for (word, thing), following in zip(words, behind, strict=True)
    ]


def _joined(words: Words) -> list[Part]:
    """With a capital, spaces, none of them behind an apostrophe, and a full stop."""
    before = ["'", *(word for word, _ in words[:-1])]
    parts: list[Part] = [
        (word if previous.endswith("'") else f" {word}", (thing,))
        for (word, thing), previous in zip(words, before, strict=True)
    ]
    first, thing = parts[0]
    return [(first[0].upper() + first[1:], thing), *parts[1:], (".", ())]
