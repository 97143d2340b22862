"""Parameters of the page's address: read them with checks, and write them.

Anyone can write an address, so each parameter is checked separately: an invalid one is reported and replaced by its default,
and the others are used. This module has the parameters that several views share; a view adds its own. `ui/views.py` has all of
them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from seq2seq.ui.host.services import Services
from seq2seq.ui.kit.form import search
from seq2seq.ui.kit.message import sentence

SEPARATOR = "-"
MOST_CHARACTERS = 20_000  # of an address; the longest text of a visitor fits, percent-encoded
TAB = "tab"  # names the view; the first view needs no name

Items = list[tuple[str, str]]  # the parameters of an address, in order


@dataclass(frozen=True)
class Parameter:
    """One parameter of an address. `read` raises ValueError with a message for the user if the text is invalid."""

    name: str
    read: Callable[[str, Services], Any]
    write: Callable[[Any], str] = str


def whole(name: str, text: str) -> int:
    """Read the number in the parameter `name`. Raises ValueError that names the parameter."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise ValueError(f"In this address, “{name}” should be a whole number, not “{text[:40]}”.")
    return int(text)


def number(name: str) -> Parameter:
    """Return a parameter with one whole number."""
    return Parameter(name, lambda text, _: whole(name, text))


def numbers(name: str, most: int, too_many: str) -> Parameter:
    """Return a parameter with whole numbers separated by hyphens. More than `most` are refused with the reason `too_many`."""

    def read(text: str, _: Services) -> tuple[int, ...]:
        parts = text.split(SEPARATOR) if text else []
        if len(parts) > most:
            raise ValueError(f"In this address, “{name}” has {len(parts)} numbers; {too_many}.")
        return tuple(whole(name, part) for part in parts)

    return Parameter(name, read, lambda values: SEPARATOR.join(map(str, values)))


def words(name: str) -> Parameter:
    """Return a parameter with any text."""
    return Parameter(name, lambda text, _: text)


def _setting(name: str) -> Parameter:
    return Parameter(name, lambda text, _: search.number(name, text))


TEXT = words("text")
MODEL = Parameter("model", lambda text, services: services.info(text).name)
STEP = number("step")
REFERENCE = words("reference")
FAMILY = words("family")  # languages and subject of sentences, such as "english-french-everyday"
SETTINGS = {name: _setting(name) for name in search.SETTINGS}


def read(parameters: Iterable[Parameter], query: Mapping[str, str], services: Services) -> tuple[dict[str, Any], list[str]]:
    """Return the values in `query` by name, and one sentence for each invalid parameter."""
    values, problems = {}, []
    for parameter in parameters:
        if parameter.name not in query:
            continue
        try:
            values[parameter.name] = parameter.read(query[parameter.name], services)
        except ValueError as error:
            problems.append(sentence(error))
    return values, problems


def query_of(search: Any) -> dict[str, str]:
    """Return the parameters of the part of an address after "?". Anything else than a text of usual length is empty."""
    if not isinstance(search, str) or len(search) > MOST_CHARACTERS:
        return {}
    return dict(parse_qsl(search.removeprefix("?"), keep_blank_values=True))


def write(parameters: Iterable[Parameter], values: Mapping[str, Any]) -> Items:
    """Return the parameters that have a value other than None, in the order of `parameters`."""
    return [(p.name, p.write(values[p.name])) for p in parameters if values.get(p.name) is not None]
