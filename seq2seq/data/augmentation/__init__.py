"""Changes to training pairs: a model then also reads what a corpus lacks, such as capitals, rare names and large numbers.

Both sides change together, so the pair stays right. A change is drawn again in each epoch, and the unchanged pair stays
possible. To add a change, write it in a module of this folder and add an entry to `CHANGES`. The command line, the Train tab
and the tests read this registry.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from seq2seq.config import choose
from seq2seq.data.augmentation import concatenation, form, names, numbers, typos
from seq2seq.data.corpora import Pair
from seq2seq.errors import SettingError
from seq2seq.sources.languages import code_of

Partner = Callable[[], Pair]


@dataclass(frozen=True)
class Change:
    """One kind of change. `apply(pair, languages, partner, dice)` returns the changed pair, or the same if nothing fits.

    `languages` are the codes of source and target, such as ("en", "fr"); an empty code is an unknown language. `partner()`
    draws another training pair.
    """

    title: str
    share: float  # of the pairs that are offered to the change, unless the user names another share
    apply: Callable[[Pair, tuple[str, str], Partner, random.Random], Pair]


# In the order in which they are applied: the form of a sentence changes after its words.
CHANGES: dict[str, Change] = {
    "names": Change("names of people and places become other ones", 0.5, names.exchange),
    "numbers": Change("numbers, weekdays and months become other ones", 0.5, numbers.exchange),
    "concat": Change("two short pairs become one", 0.12, concatenation.join_two),
    "form": Change("no final mark, lower case, capitals, exclamation marks, an emoji", 0.3, form.change),
    "typos": Change("letters of the source are exchanged, left out or doubled", 0.06, typos.make),
}


NONE = "none"


def shares(text: str) -> dict[str, float]:
    """Read a list of changes with their shares: "form,names=0.2" -> {"names": 0.2, "form": 0.3}, "none" -> {}.

    Raises ValueError for an unknown change and for a share that is not between 0 and 1.
    """
    given: dict[str, float] = {}
    if text == NONE:
        return given
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, share = part.partition("=")
        kind = choose("augment", name, CHANGES)
        try:
            given[name] = float(share) if share else kind.share
        except ValueError:
            given[name] = -1.0
        if not 0 <= given[name] <= 1:
            raise SettingError(f"{{augment}}: the share of {name!r} must be between 0 and 1, not {share!r}")
    return {name: given[name] for name in CHANGES if name in given}


class Augmenter:
    """Changes pairs of two languages. The same `dice` give the same changes."""

    def __init__(self, changes: Mapping[str, float], languages: tuple[str, str] = ("", "")):
        """`changes` are those of `shares`; `languages` are names, such as ("English", "French")."""
        self._changes = [(CHANGES[name], share) for name, share in changes.items()]
        self._languages = (code_of(languages[0]), code_of(languages[1]))

    def __bool__(self) -> bool:
        return bool(self._changes)

    def __call__(self, pair: Pair, partner: Partner, dice: random.Random) -> Pair:
        """Return the pair with the changes that were drawn for it."""
        for change, share in self._changes:
            if dice.random() < share:
                pair = change.apply(pair, self._languages, partner, dice)
        return pair

    def all(self, pairs: Iterable[Pair], seed: int) -> Iterator[Pair]:
        """Yield each pair once, changed as in an epoch. A pair is joined only with pairs before it, so none is stored twice."""
        dice = random.Random(f"augment/{seed}")
        recent: list[Pair] = []
        for pair in pairs:
            yield self(pair, partial(_one_of, recent, pair, dice), dice)
            if len(recent) < 1000:
                recent.append(pair)
            else:
                recent[dice.randrange(1000)] = pair


UNCHANGED = Augmenter({})


def _one_of(pairs: Sequence[Pair], otherwise: Pair, dice: random.Random) -> Pair:
    return dice.choice(pairs) if pairs else otherwise
