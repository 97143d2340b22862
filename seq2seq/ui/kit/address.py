"""What a visitor asked for, and how the address bar spells it.

An address is written by anyone, so each parameter is read on its own: one that makes no sense is reported and replaced by its
default, and the others keep their meaning.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from seq2seq.decoding.strategies import STRATEGIES, Greedy
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import examples, search
from seq2seq.ui.kit.component import read as read_asset
from seq2seq.ui.kit.message import sentence

TRANSLATE, ATTENTION, TRAIN = "translate", "attention", "train"
ATTRIBUTION, EDIT, PREDICT, BEAM, BOTTLENECK = "attribution", "edit", "predict", "beam", "bottleneck"
FORCING, SCORE, SENTENCES, CURE = "teacher-forcing", "score", "sentences", "cure"
# What the address of a tab, or of a view within one, may hold. Besides, `tab` names it; the first needs no name.
PARAMETERS: dict[str, tuple[str, ...]] = {
    TRANSLATE: ("text", "model", "search", *search.SETTINGS, "prefix", "step"),
    ATTENTION: ("text", "panels", "unit", "step"),
    ATTRIBUTION: ("text", "model", "step"),
    EDIT: ("text", "model", "step", "weights"),
    PREDICT: ("text", "model", "reference", "links", "revealed"),
    BEAM: ("text", "model", *search.names_of("beam"), "step"),
    BOTTLENECK: ("family", "clauses", "sentence"),
    FORCING: ("text", "model", "reference", "rescue", "inject", "every", "step"),
    SCORE: ("text", "model", "first", "other"),
    SENTENCES: ("model",),
    CURE: (),
    TRAIN: ("run",),
}
SEPARATOR = "-"


def address(tab: str) -> dict[str, Any]:
    """What the page needs to know to write the addresses of a tab."""
    every = sorted({name for names in PARAMETERS.values() for name in names})
    return {"tab": None if tab == TRANSLATE else tab, "own": list(PARAMETERS[tab]), "all": every}


def panel(name: str, within: str | None = None) -> str:
    """The id of what a tab shows, or a view `within` a tab."""
    return f"{'view' if within else 'tab'}-{name}"


def take_address(name: str, within: str | None = None) -> str:
    """JavaScript that makes the address this tab's, or this view's `within` a tab, when it is chosen."""
    known = address(name)
    lines = read_asset("lib/address-on-tab.js").splitlines()
    function = "\n".join(line for line in lines if not line.startswith("//"))
    values = (known["tab"], known["all"], list(PARAMETERS), within and within.replace("-", ""), panel(name, within))
    given = ", ".join(map(json.dumps, values))
    return f"() => ({function})({given})"


def tab_of(query: Mapping[str, str]) -> str:
    """The tab that an address opens. Raises ValueError for one that is not there."""
    tab = query.get("tab", TRANSLATE)
    if tab not in PARAMETERS:
        raise ValueError(f"There is no tab “{tab[:40]}”. There are: {', '.join(PARAMETERS)}.")
    return tab


@dataclass(frozen=True)
class Request:
    """One translation: everything that decides what is shown. `prefix` holds the token ids that a fork forces first."""

    text: str
    model: str
    strategy: Any = field(default_factory=Greedy)
    prefix: tuple[int, ...] = ()

    @property
    def search(self) -> str:
        return next(name for name, kind in STRATEGIES.items() if isinstance(self.strategy, kind))


def items(request: Request) -> list[tuple[str, str]]:
    """The parameters of an address that opens `request`, without the step, which the page adds."""
    pairs = [
        ("text", request.text),
        ("model", request.model),
        ("search", request.search),
    ]
    pairs += [(name, str(value)) for name, value in search.settings_of(request.strategy).items()]
    if request.prefix:
        pairs.append(("prefix", SEPARATOR.join(map(str, request.prefix))))
    return pairs


class Reader:
    """Reads the parameters of an address one by one; of each that makes no sense it keeps a sentence."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def attempt(self, make: Callable[[], Any], otherwise: Any) -> Any:
        try:
            return make()
        except ValueError as error:
            self.problems.append(sentence(error))
            return otherwise


def read(query: Mapping[str, str], fallback: Request, services: Services) -> tuple[Request, int, list[str]]:
    """The request and step that `query` spells, and one sentence for each parameter that could not be used."""
    reader, request = Reader(), fallback
    if "model" in query:
        info = reader.attempt(lambda: services.info(query["model"]), services.info(fallback.model))
        request = replace(request, model=info.name, text=examples.fitting(request.text, info))
    request = replace(request, text=query.get("text", request.text))
    if "search" in query:
        strategy = reader.attempt(lambda: search.strategy(query["search"], query), fallback.strategy)
        request = replace(request, strategy=strategy)
    prefix = reader.attempt(
        lambda: tuple(whole("prefix", part) for part in query.get("prefix", "").split(SEPARATOR) if part),
        (),
    )
    step = reader.attempt(lambda: whole("step", query.get("step", "0")), 0)
    return replace(request, prefix=prefix), step, reader.problems


def whole(name: str, text: str) -> int:
    """The number that an address gives for parameter `name`. Raises ValueError that names it."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise ValueError(f"In this address, “{name}” should be a whole number, not “{text[:40]}”.")
    return int(text)
