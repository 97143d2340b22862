"""What a visitor asked for, and how the address bar spells it.

An address is written by anyone, so each parameter is read on its own: one that makes no sense is reported and replaced by its
default, and the others keep their meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from seq2seq.decoding import STRATEGIES, Greedy
from seq2seq.ui import examples, search
from seq2seq.ui.message import sentence
from seq2seq.ui.services import Services

PARAMETERS = ("text", "model", "search", *search.SETTINGS, "prefix", "step")
SEPARATOR = "-"


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


def read(query: Mapping[str, str], fallback: Request, services: Services) -> tuple[Request, int, list[str]]:
    """The request and step that `query` spells, and one sentence for each parameter that could not be used."""
    problems: list[str] = []

    def attempt(make: Callable[[], Any], otherwise: Any) -> Any:
        try:
            return make()
        except ValueError as error:
            problems.append(sentence(error))
            return otherwise

    request = fallback
    if "model" in query:
        info = attempt(lambda: services.info(query["model"]), services.info(fallback.model))
        request = replace(request, model=info.name, text=examples.fitting(request.text, info))
    request = replace(request, text=query.get("text", request.text))
    if "search" in query:
        request = replace(
            request,
            strategy=attempt(lambda: search.strategy(query["search"], query), fallback.strategy),
        )
    prefix = attempt(
        lambda: tuple(_whole("prefix", part) for part in query.get("prefix", "").split(SEPARATOR) if part),
        (),
    )
    step = attempt(lambda: _whole("step", query.get("step", "0")), 0)
    return replace(request, prefix=prefix), step, problems


def _whole(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise ValueError(f"In this address, “{name}” should be a whole number, not “{text[:40]}”.")
    return int(text)
