"""A lesson: a question and a list of hidden or locked controls that a teacher adds to the address of a view.

It is only stored in the address parameter `lesson`. It is not a security feature: without the parameter, the whole page is
visible.
"""

from __future__ import annotations

import base64
import binascii
import json
import unicodedata
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from seq2seq.ui.kit.address import TAB
from seq2seq.ui.views import PARAMETERS, VIEWS

PARAMETER = "lesson"
DRAFT = "edit-lesson"  # the same value while a teacher edits the lesson: nothing is hidden or locked
VERSION, COMPRESSED = "1", "1z"  # plain JSON, or JSON in raw DEFLATE if that is shorter
# What a link to others may hold. Any other parameter is not the app's, and can be a secret: `__sign` of a private Space.
SHARED = (TAB, *PARAMETERS, PARAMETER)
MOST_CHARACTERS = 500  # per question
MOST_WRITTEN = 4096  # characters of the parameter; `encode` never makes so many
MOST_BYTES = 4096  # of the JSON text
MOST_ADDRESS = 15_000  # characters of a whole link: common servers refuse 16 KB
_KEYS = {"q", "h", "l"}  # question, hidden, locked
_JOINERS = "\u200c\u200d"  # no width, but necessary in Persian, Indian scripts and many emoji


@dataclass(frozen=True)
class Control:
    """A control that a lesson can hide or lock, as CSS selectors of its parts in all tabs.

    The parts in `kept` are necessary for the pictures, so they are only locked when the control is hidden.
    """

    title: str
    parts: tuple[str, ...]
    kept: tuple[str, ...] = ()


# Controls by their name in a link: title, and parts that all views share. Views add their own parts (`View.controls`). A test
# checks in all tabs that every control above a picture belongs to one of them.
_TITLES = {
    "tabs": ("Tabs", ("#tabs > .tab-wrapper",)),
    "views": ("Views of the tab", ('[id^="views-"] > .tab-wrapper',)),
    "sentence": ("Sentence", ('.ask [id$="text"]',)),
    "translation": ("Translation", ('.ask [id$="-reference"]',)),
    "go": ("Button next to the fields", (".ask button.lg.primary:not(#sentences-file)",)),
    "example": ("Examples", ('.ask [id$="example"]',)),
    "model": ("Model", ('.ask [id$="model"]',)),
    "search": ("Search and its settings", ()),
    "steps": ("Play and steps", ()),
    "candidates": ("Candidates and forks", ()),
    "tools": ("Rescue and wrong word", ()),
    "reveal": ("Reveal", ()),
    "settings": ("What is trained", ()),
    "files": ("Files", ()),
}


def _control(name: str) -> Control:
    title, common = _TITLES[name]
    own = (part for view in VIEWS for part in view.controls.get(name, ()))
    kept = (part for view in VIEWS for part in view.kept.get(name, ()))
    return Control(title, tuple(dict.fromkeys((*common, *own))), tuple(kept))


CONTROLS: dict[str, Control] = {name: _control(name) for name in _TITLES}


@dataclass(frozen=True)
class Lesson:
    """Names of `CONTROLS` are stored without repetition and in the order of `CONTROLS`."""

    question: str = ""
    hidden: tuple[str, ...] = ()
    locked: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the values. Raises ValueError with a message for the user."""
        _check_question(self.question)
        for name in ("hidden", "locked"):
            object.__setattr__(self, name, _ordered(getattr(self, name)))
        if both := [CONTROLS[name].title for name in self.hidden if name in self.locked]:
            raise ValueError(f"A control can be hidden or locked, but not both: {', '.join(both)}.")


def _check_question(question: Any) -> None:
    if not isinstance(question, str):
        raise ValueError("The question of a lesson must be text.")
    if len(question) > MOST_CHARACTERS:
        raise ValueError(f"The question has {len(question):,} characters; please keep to {MOST_CHARACTERS}.")
    if any(unicodedata.category(character) == "Cs" for character in question):
        raise ValueError("The question contains half a character. Please type its last characters again.")


def _ordered(names: Iterable[str]) -> tuple[str, ...]:
    names = list(names)
    for name in names:
        if name not in CONTROLS:
            raise ValueError(f"There is no control “{name[:40]}”. There are: {', '.join(CONTROLS)}.")
    return tuple(name for name in CONTROLS if name in names)


def encode(lesson: Lesson) -> str:
    """Return the value of the parameter: a version, a dot, and base64url. Defaults are left out."""
    values = {"q": lesson.question, "h": lesson.hidden, "l": lesson.locked}
    text = json.dumps({key: value for key, value in values.items() if value}, ensure_ascii=False, separators=(",", ":"))
    plain = text.encode("utf-8")
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(plain) + packer.flush()
    version, data = min((VERSION, plain), (COMPRESSED, packed), key=lambda both: len(both[1]))
    return f"{version}.{base64.urlsafe_b64encode(data).decode('ascii').rstrip('=')}"


def decode(text: str) -> tuple[Lesson, list[str]]:
    """Return the lesson, and a sentence about unknown controls in it. Raises only ValueError, for any other text."""
    if len(text) > MOST_WRITTEN:
        raise ValueError(f"The lesson in this address has {len(text):,} characters, more than any lesson needs.")
    version, dot, body = text.partition(".")
    if not dot or not version.isalnum():
        raise ValueError(_DAMAGED)
    if version not in (VERSION, COMPRESSED):
        raise ValueError(
            f"This lesson was made by another version of this page ({version[:10]}); this page reads version {VERSION}."
        )
    content = _content(version, body)
    if not isinstance(content, dict) or not content.keys() <= _KEYS:
        raise ValueError(_DAMAGED)
    hidden, unknown_hidden = _names(content.get("h", []))
    locked, unknown_locked = _names(content.get("l", []))
    unknown = sorted({readable(name)[:40] for name in unknown_hidden + unknown_locked})
    problem = f"The lesson names controls that this page does not have: {', '.join(unknown)[:200]}. They are ignored."
    return Lesson(content.get("q", ""), tuple(hidden), tuple(locked)), [problem] if unknown else []


_DAMAGED = "The lesson in this address is damaged. Perhaps the link was not copied completely."


def _content(version: str, body: str) -> Any:
    try:
        data = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
        if version == COMPRESSED:
            unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
            data = unpacker.decompress(
                data, MOST_BYTES
            )  # at most this many bytes, so that a small text cannot expand without limit
            if not unpacker.eof or unpacker.unused_data:
                raise ValueError("too long or incomplete")
        return json.loads(data.decode("utf-8"))
    except (ValueError, binascii.Error, zlib.error, RecursionError):
        raise ValueError(_DAMAGED) from None


def _names(given: Any) -> tuple[list[str], list[str]]:
    """Return the known and the unknown names."""
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        raise ValueError(_DAMAGED)
    return [name for name in given if name in CONTROLS], [name for name in given if name not in CONTROLS]


def readable(text: str) -> str:
    """Replace every character that is invisible or reverses the line by its code point; keep line breaks."""

    def is_safe(sign: str) -> bool:
        return sign.isprintable() or sign == "\n" or sign in _JOINERS or unicodedata.category(sign) == "Zs"

    lines = text.replace("\r\n", "\n").replace("\t", " ")
    return "".join(sign if is_safe(sign) else f"[U+{ord(sign):04X}]" for sign in lines)


def link(address: Any, lesson: Lesson) -> str:
    """Return `address` with `lesson` instead of any old one, and without parameters that are not the app's; an empty lesson is
    left out.

    Raises ValueError with a message for the user if this is not the address of a page, or if the link is too long.
    """
    if not isinstance(address, str) or not address.isascii() or not address.startswith(("http://", "https://")):
        raise ValueError("The address of this page could not be read.")
    parts = urlsplit(address)
    others = set(SHARED) - {PARAMETER}
    query = [item for item in parts.query.split("&") if item.partition("=")[0] in others]
    if lesson != Lesson():
        query.append(f"{PARAMETER}={encode(lesson)}")
    made = urlunsplit(parts._replace(query="&".join(query), fragment=""))
    if len(made) > MOST_ADDRESS:
        raise ValueError(
            f"The link has {len(made):,} characters; servers accept at most {MOST_ADDRESS:,}. Please use shorter sentences."
        )
    return made
