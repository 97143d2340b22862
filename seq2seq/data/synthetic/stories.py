"""Short stories and one sentence that sums each of them up: who did what, how often in all, and where.

The story names a hero, who goes to a place and sees, buys or sells things, in one to three amounts. Other people do the same
with other amounts, and some sentences are idle. The summary adds the hero's amounts, so its number is usually not in the text;
if the amounts are of different kinds, it names them by a word that is not in the text either: "animals" for ducks and goats.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

from seq2seq.data.synthetic.example import Example, Part

HE = ("Max", "Finn", "Tom", "Ben", "Leo", "Paul", "Omar", "Jack", "Hugo", "Adam")
SHE = ("Lena", "Mia", "Anna", "Nora", "Emma", "Zoe", "Ida", "Lucy", "Sara", "Ella")
PEOPLE = HE + SHE
PLACES = ("museum", "market", "farm", "park", "harbour", "station", "castle", "beach", "fair", "school")
PAIRS = tuple(product(PEOPLE, PLACES))
# One pair in ten: each person misses one place, each place two persons.
UNSEEN = tuple(pair for i, pair in enumerate(PAIRS) if (i // len(PLACES) + i) % len(PLACES) == 0)
SEEN = tuple(pair for pair in PAIRS if pair not in UNSEEN)

KINDS = {
    "animals": ("ducks", "cows", "goats", "rabbits", "horses", "hens"),
    "vehicles": ("cars", "buses", "trucks", "vans", "trams", "bicycles"),
    "flowers": ("roses", "tulips", "lilies", "daisies", "orchids", "poppies"),
    "toys": ("dolls", "kites", "balls", "puzzles", "robots", "marbles"),
    "tools": ("hammers", "drills", "axes", "spades", "rakes", "brushes"),
    "instruments": ("drums", "flutes", "guitars", "violins", "trumpets", "pianos"),
    "vegetables": ("carrots", "onions", "tomatoes", "cucumbers", "peppers", "leeks"),
}
Act = tuple[Callable[[str], None], str]  # what tells a sentence, and what it is about
LEAST, MOST = 2, 9  # of an amount
AMOUNTS = (1, 2, 2, 3, 3, 3)  # how many amounts a story has: sums of three are the hardest, so they are the most frequent
MOST_OTHERS = 2
IDLE, MANY_IDLE = (0, 3), (6, 9)  # idle sentences of a story: in training, and in the split that has more
SHORTEST = 3  # sentences


@dataclass(frozen=True)
class Action:
    summary: str  # the verb of the summary
    verbs: tuple[str, ...]  # verbs of the story
    groups: tuple[str, ...]  # names in KINDS of what it is done to


_GOODS = ("flowers", "toys", "tools", "instruments", "vegetables")
ACTIONS = (
    Action("counted", ("saw", "spotted", "noticed"), ("animals", "vehicles", "flowers")),
    Action("bought", ("bought", "got", "chose"), _GOODS),
    Action("sold", ("sold",), _GOODS),
)
WHO, WHERE, WHAT, NUMBER, DONE = "who", "where", "what", "number", "done"  # labels of links
HERO, AMOUNT = "{hero}", "{n}"
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
OPENINGS = (
    *(f"On {day} {HERO} {went} the {{place}}." for day in DAYS for went in ("went to", "walked to", "visited")),
    f"In the morning {HERO} visited the {{place}}.",
    f"Last week {HERO} went to the {{place}}.",
    f"Yesterday {HERO} walked to the {{place}}.",
)
# At most six words each, marks included, so that the longest story still has no more than 99 pieces.
BEFORE = (
    "It rained all morning.",
    "The sun was shining.",
    "It was a windy day.",
    "It was cold outside.",
    "The sky was grey.",
)
BETWEEN = (
    "The clock struck {n}.",
    "There were {n} clouds.",
    "The trip took {n} hours.",
    "The tickets cost {n} euros.",
    "There was a long queue.",
    "The bus was late.",
    "The shop was closed.",
    "The gate was open.",
    "The coffee was hot.",
    "Some children laughed.",
    "Music was playing.",
    f"{HERO} waited for {{n}} minutes.",
    f"{HERO} was hungry.",
    f"{HERO} felt tired.",
    f"{HERO} had no umbrella.",
    f"{HERO} met the neighbours.",
)
AFTER = (f"Finally {HERO} went home.", f"Finally {HERO} took a taxi.")


def draw(numbers: random.Random) -> Example:
    """A story as in training: a pair of person and place that is not held out, and at most three idle sentences."""
    return _draw(numbers, SEEN, IDLE)


def unseen(numbers: random.Random) -> Example:
    """A story of a person at a place where training never shows that person."""
    return _draw(numbers, UNSEEN, IDLE)


def long(numbers: random.Random) -> Example:
    """A story with more idle sentences than any in training."""
    return _draw(numbers, SEEN, MANY_IDLE)


def _draw(numbers: random.Random, pairs: Sequence[tuple[str, str]], idle: tuple[int, int]) -> Example:
    story = _Story(numbers, *numbers.choice(pairs))
    amounts, others = numbers.choice(AMOUNTS), numbers.randint(0, MOST_OTHERS)
    idles = max(numbers.randint(*idle), SHORTEST - 1 - amounts - others)
    before, between, after = story.idle(idles)
    alike = numbers.random() < 0.3
    kinds = [numbers.choice(story.kinds)] * amounts if alike else numbers.sample(story.kinds, amounts)
    # What happens after the opening: the hero's amounts in their order, the others and the idle sentences anywhere.
    acts: list[Act] = [(story.amount, kind) for kind in kinds]
    acts = _interleaved(acts, [(story.other, name) for name in story.others(others)], numbers)
    acts = _interleaved(acts, [(story.say, sentence) for sentence in between], numbers)
    for sentence in before:
        story.say(sentence)
    story.say(numbers.choice(OPENINGS))
    for act, given in acts:
        act(given)
    for sentence in after:
        story.say(sentence)
    what = kinds[0] if len(set(kinds)) == 1 else story.group
    summary: list[Part] = [(story.hero, (WHO,)), (f" {story.action.summary}", (DONE,)), (f" {story.total}", (NUMBER,))]
    summary += [(f" {what}", (WHAT,)), (" at the", ()), (f" {story.place}", (WHERE,)), (".", ())]
    kind = f"{amounts} amount{'s' if amounts > 1 else ''}"
    return Example.of(story.parts, summary, kind)


def _interleaved(ordered: list[Act], others: list[Act], numbers: random.Random) -> list[Act]:
    """Return `ordered` in its order, with each of the `others` at a random place in it."""
    mixed = list(ordered)
    for other in others:
        mixed.insert(numbers.randint(0, len(mixed)), other)
    return mixed


class _Story:
    """A story as it is told, sentence by sentence."""

    def __init__(self, numbers: random.Random, hero: str, place: str):
        self._numbers = numbers
        self.hero, self.place = hero, place
        self.action = numbers.choice(ACTIONS)
        self.group = numbers.choice(self.action.groups)
        self.kinds = KINDS[self.group]
        self.total = 0
        self.parts: list[Part] = []
        self._pronoun, self._own = ("he", "his") if hero in HE else ("she", "her")
        self._told: list[str] = []  # the kinds of the hero's amounts so far
        self._last: str | None = None  # the person named last, to whom a pronoun refers

    def others(self, count: int) -> list[str]:
        return self._numbers.sample([name for name in PEOPLE if name != self.hero], count)

    def idle(self, count: int) -> tuple[list[str], list[str], list[str]]:
        """Draw `count` idle sentences: at most one before the opening, at most one at the end."""
        before = [self._numbers.choice(BEFORE)] if count and self._numbers.random() < 0.4 else []
        after = [self._numbers.choice(AFTER)] if count > len(before) and self._numbers.random() < 0.3 else []
        between = self._numbers.sample([*BETWEEN, *(s for s in BEFORE if s not in before)], count - len(before) - len(after))
        return before, between, after

    def amount(self, kind: str) -> None:
        """Tell one of the hero's amounts."""
        verb, number = self._numbers.choice(self.action.verbs), self._numbers.randint(LEAST, MOST)
        subject = f"{HERO} {{verb}} {{amount}}"
        if kind in self._told:
            forms = [f"Then {subject} more {{kind}}."]
        elif self._told:
            forms = [f"Then {subject} {{kind}}.", f"Later {subject} {{kind}}.", f"After that {subject} {{kind}}."]
            forms += [f"{HERO} also {{verb}} {{amount}} {{kind}}."]
        else:
            forms = [f"{subject} {{kind}}.", f"There {subject} {{kind}}."]
        self._told.append(kind)
        self.total += number
        labelled = {"{verb}": (verb, DONE), "{amount}": (str(number), NUMBER), "{kind}": (kind, WHAT)}
        self.say(self._numbers.choice(forms), labelled)

    def other(self, name: str) -> None:
        """Tell what somebody else did. Nothing of it is in the summary."""
        did = f"{name} {self._numbers.choice(self.action.verbs)} {{n}} {self._numbers.choice(self.kinds)}"
        forms = [f"{did}."]
        if self._told:
            forms.append(f"{did}, too.")
        if self._last == self.hero:
            forms.append(f"{self._own.capitalize()} friend {did}.")
        self.say(self._numbers.choice(forms))
        self._last = name

    def say(self, sentence: str, labelled: dict[str, tuple[str, str]] | None = None) -> None:
        """Add a sentence. In it, "{hero}" is the name, or a pronoun if nobody else was named since."""
        words = sentence.removesuffix(".").replace(",", " ,").split(" ")
        for place, word in enumerate(words):
            text, labels = self._word(word, place == 0, labelled or {})
            space = "" if text == "," or not self.parts else " "
            self.parts.append((space + text, labels))
        self.parts.append((".", ()))

    def _word(self, word: str, first: bool, labelled: dict[str, tuple[str, str]]) -> tuple[str, tuple[str, ...]]:
        if word == HERO:
            named = self._last != self.hero or self._numbers.random() < 0.25
            self._last = self.hero
            if named:
                return self.hero, (WHO,)
            return self._pronoun.capitalize() if first else self._pronoun, ()
        if word == AMOUNT:
            return str(self._numbers.randint(LEAST, MOST)), ()
        if word == "{place}":
            return self.place, (WHERE,)
        text, *labels = labelled.get(word, (word,))
        return text, tuple(labels)
