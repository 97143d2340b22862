"""A small grammar of English sentences and their French translations: agreement, elision, adjectives after their nouns, and
ne … pas around the verb. Each sentence has one translation, and each target word has known source words."""

from __future__ import annotations

import random
from dataclasses import dataclass

from seq2seq.data.synthetic.example import Example, Part

VOWELS = "aeiouhéêœ"  # French elides before these letters; every h in this grammar is mute


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
    before_vowel: str = ""  # special masculine form before a noun that begins with a vowel: un vieil arbre
    first: bool = False  # True if it comes before its noun


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
THIRD = 2  # the third person singular form of a verb
# English; then French: masculine, feminine, form before a vowel.
DETERMINERS = (
    ("the", "le", "la", "l'"),
    ("a", "un", "une", ""),
    ("my", "mon", "ma", "mon"),
    ("this", "ce", "cette", ""),
)
CET = "cet"  # form of "ce" before a vowel

Words = list[tuple[str, str]]  # words with their labels; equal labels are aligned


def draw(numbers: random.Random) -> Example:
    if numbers.random() < 0.5:
        english, french, form = numbers.choice(PRONOUNS)
        subject: tuple[Words, Words] = ([(english, "subject")], [(french, "subject")])
    else:
        subject, form = _phrase(numbers, PEOPLE, OF_PEOPLE, "subject"), THIRD
    verb, negated = numbers.choice(VERBS), numbers.random() < 0.4
    objects = _phrase(numbers, THINGS, OF_THINGS, "object")
    third = form == THIRD
    english_verb: Words = [(verb.english + "s" * third, "verb")]
    french_verb: Words = [(verb.french[form], "verb")]
    if negated:
        english_verb = [("does" if third else "do", "not"), ("not", "not"), (verb.english, "verb")]
        french_verb = [("ne", "not"), *french_verb, ("pas", "not")]
    return Example.of(_joined(subject[0] + english_verb + objects[0]), _joined(_elided(subject[1] + french_verb + objects[1])))


def _phrase(
    numbers: random.Random, nouns: tuple[Noun, ...], adjectives: tuple[Adjective, ...], role: str
) -> tuple[Words, Words]:
    """Draw a determiner, a noun and sometimes an adjective; return them in English and in French."""
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
    label = f"{role} determiner"
    an = article == "a" and english[0][0][0] in "aeiou"
    return [("an" if an else article, label), *english], [(word, label), *french]


def _elided(words: Words) -> Words:
    """Replace the e of "je" and "ne" by an apostrophe before a vowel."""
    following_words = [*(word for word, _ in words[1:]), "."]
    return [
        (word[0] + "'" if word in ("je", "ne") and following[0] in VOWELS else word, label)
        for (word, label), following in zip(words, following_words, strict=True)
    ]


def _joined(words: Words) -> list[Part]:
    """Add spaces (not after an apostrophe), a capital letter and a full stop."""
    before = ["'", *(word for word, _ in words[:-1])]
    parts: list[Part] = [
        (word if previous.endswith("'") else f" {word}", (label,))
        for (word, label), previous in zip(words, before, strict=True)
    ]
    first, label = parts[0]
    return [(first[0].upper() + first[1:], label), *parts[1:], (".", ())]
