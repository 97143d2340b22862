"""Addresses: the parameters that the address bar may hold, read with distrust and written back.

Anyone may write an address, so each parameter is read on its own: one that makes no sense is reported and replaced by its
default; the others keep their meaning. Parameters that several views use are here; a view adds its own. `ui/views.py` has the
table of all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import search
from seq2seq.ui.kit.message import sentence

SEPARATOR = "-"
TAB = "tab"  # names the view; the first view needs no name

Items = list[tuple[str, str]]  # the parameters of an address, in order


@dataclass(frozen=True)
class Parameter:
    """One parameter of an address. `read` raises ValueError, fit to be shown, for text that makes no sense."""

    name: str
    read: Callable[[str, Services], Any]
    write: Callable[[Any], str] = str


def whole(name: str, text: str) -> int:
    """The number that an address gives for the parameter `name`. Raises ValueError that names it."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise ValueError(f"In this address, “{name}” should be a whole number, not “{text[:40]}”.")
    return int(text)


def number(name: str) -> Parameter:
    """A parameter that is one whole number."""
    return Parameter(name, lambda text, _: whole(name, text))


def numbers(name: str, most: int, too_many: str) -> Parameter:
    """A parameter of whole numbers with a hyphen between; more than `most` are refused: `too_many` says why."""

    def read(text: str, _: Services) -> tuple[int, ...]:
        parts = text.split(SEPARATOR) if text else []
        if len(parts) > most:
            raise ValueError(f"In this address, “{name}” has {len(parts)} numbers; {too_many}.")
        return tuple(whole(name, part) for part in parts)

    return Parameter(name, read, lambda values: SEPARATOR.join(map(str, values)))


def words(name: str) -> Parameter:
    """A parameter that is any text."""
    return Parameter(name, lambda text, _: text)


def _setting(name: str) -> Parameter:
    return Parameter(name, lambda text, _: search.number(name, text))


TEXT = words("text")
MODEL = Parameter("model", lambda text, services: services.info(text).name)
STEP = number("step")
REFERENCE = words("reference")
SETTINGS = {name: _setting(name) for name in search.SETTINGS}


def read(parameters: Iterable[Parameter], query: Mapping[str, str], services: Services) -> tuple[dict[str, Any], list[str]]:
    """The values that `query` gives, by name, and one sentence for each parameter that makes no sense."""
    values, problems = {}, []
    for parameter in parameters:
        if parameter.name not in query:
            continue
        try:
            values[parameter.name] = parameter.read(query[parameter.name], services)
        except ValueError as error:
            problems.append(sentence(error))
    return values, problems


def write(parameters: Iterable[Parameter], values: Mapping[str, Any]) -> Items:
    """The parameters that have a value, in the order of `parameters`. None is no value."""
    return [(p.name, p.write(values[p.name])) for p in parameters if values.get(p.name) is not None]
