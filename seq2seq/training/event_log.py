"""A run's events as lines of JSON in its folder: written while it trains, read by whoever wants to see it, then or later.

Of the updates only some are kept, at most a few a second: curves need no more, and a long run's file stays small. The file is
cut back where a run goes on from an earlier state, so that it always tells one uninterrupted story.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import time
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

from seq2seq.config import choose
from seq2seq.training.events import Event, Started, StepDone

FILE = "events.jsonl"
STEP_SECONDS = 0.25  # between two updates that are kept, at least
KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Event)}


def logged(events: Iterable[Event], folder: Path) -> Iterator[Event]:
    """The same events, each passed on once it is in the folder's file."""
    path, last = folder / FILE, -math.inf
    file = None
    try:
        for event in events:
            if file is None:
                cut_back(path, event.update)
                file = open(path, "a", encoding="utf-8")  # noqa: SIM115 - closed below, whenever the consumer stops
            now = time.monotonic()
            if not isinstance(event, StepDone) or now - last >= STEP_SECONDS:
                last = now if isinstance(event, StepDone) else last
                file.write(to_json(event) + "\n")
                file.flush()
            yield event
    finally:
        if file is not None:
            file.close()


def to_json(event: Event) -> str:
    """Numbers that JSON has no word for, of a run that diverges, become null."""
    values = {name: _plain(getattr(event, name)) for name in (field.name for field in dataclasses.fields(event))}
    return json.dumps({"event": type(event).__name__, **values}, ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _restored(value: Any, kind: Any) -> Any:
    """Lists as the tuples they were, and null as no number, but where it means that there is nothing.

    Raises TypeError for a value that is of another kind, and UnicodeEncodeError for text that is none.
    """
    if isinstance(kind, UnionType):  # of something and None
        return None if value is None else _restored(value, get_args(kind)[0])
    if get_origin(kind) is tuple and isinstance(value, list):
        return tuple(_restored(part, get_args(kind)[0]) for part in value)
    if kind is float and value is None:
        return math.nan
    if type(value) is kind or (kind is float and type(value) is int):
        if kind is str:
            value.encode()  # half a character, which JSON can spell, could be sent to no page
        return value
    raise TypeError(f"{value!r} is not of type {kind}")


@cache
def _fields(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind)


def from_json(line: str) -> Event:
    """Raises ValueError for what is no event."""
    try:
        values = json.loads(line)
        kind = choose("event", values.pop("event"), KINDS)
        fields = _fields(kind)
        if unknown := sorted(values.keys() - fields.keys()):
            raise TypeError(f"unknown field {unknown[0]!r}")
        return kind(**{name: _restored(value, fields[name]) for name, value in values.items()})
    except (AttributeError, KeyError, TypeError, RecursionError, UnicodeEncodeError, json.JSONDecodeError) as error:
        raise ValueError(f"no event: {str(error)[:100]}") from None


class Place(NamedTuple):
    """Up to where a file has been read. A run that goes on cuts its file back, and it is another file then."""

    file: int = 0  # inode
    offset: int = 0  # bytes


START = Place()


def read(folder: Path, place: Place = START) -> tuple[list[Event], Place]:
    """The events behind `place`, and where the next ones will be; of another file than that, all. A line half written is left
    for later.

    Raises ValueError where the file holds something else.
    """
    try:
        with open(folder / FILE, "rb") as file:
            inode = os.fstat(file.fileno()).st_ino
            offset = place.offset if place.file == inode else 0
            file.seek(offset)
            content = file.read()
    except FileNotFoundError:
        return [], START
    whole = content[: content.rfind(b"\n") + 1]
    try:
        return [from_json(line) for line in whole.decode("utf-8").split("\n")[:-1]], Place(inode, offset + len(whole))
    except UnicodeDecodeError:
        raise ValueError(f"{folder.name}: {FILE} is damaged") from None


def cut_back(path: Path, update: int) -> None:
    """Leave what led to the state after `update` updates; what came behind it will be told again."""
    if not path.exists():
        return
    kept = bytearray()
    with open(path, "rb") as file:
        for line in file:
            try:
                event = from_json(line.decode("utf-8"))
            except ValueError:  # half a line, by a kill
                break
            if event.update > update or (isinstance(event, Started) and event.update == update and kept):
                break
            kept += line
    beside = path.with_name(f".{path.name}.partial")
    beside.write_bytes(kept)
    os.replace(beside, path)
