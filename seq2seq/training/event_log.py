"""Write the events of a run as lines of JSON in its folder during training, and read them at any time.

At most a few updates per second are written: curves need no more, and the file of a long run stays small. When a run
continues from an earlier state, later lines are removed, so that the file always describes one uninterrupted run.
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
STEP_SECONDS = 0.25  # minimum time between two written updates
KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Event)}


def logged(events: Iterable[Event], folder: Path) -> Iterator[Event]:
    """Yield the same events; each is first written to the file in `folder`."""
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
    """Return one line of JSON. NaN and infinity, which JSON does not have, become null."""
    values = {name: _plain(getattr(event, name)) for name in (field.name for field in dataclasses.fields(event))}
    return json.dumps({"event": type(event).__name__, **values}, ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _restore(value: Any, kind: Any) -> Any:
    """Turn lists into tuples, and null into NaN unless the field is optional.

    Raises TypeError for a value of another type, and UnicodeEncodeError for invalid text.
    """
    if isinstance(kind, UnionType):  # a type or None
        return None if value is None else _restore(value, get_args(kind)[0])
    if get_origin(kind) is tuple and isinstance(value, list):
        return tuple(_restore(part, get_args(kind)[0]) for part in value)
    if kind is float and value is None:
        return math.nan
    if type(value) is kind or (kind is float and type(value) is int):
        if kind is str:
            value.encode()  # JSON can spell half a surrogate pair, which no page can show
        return value
    raise TypeError(f"{value!r} is not of type {kind}")


@cache
def _fields(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind)


def from_json(line: str) -> Event:
    """Read one event. Raises ValueError for any other line."""
    try:
        values = json.loads(line)
        kind = choose("event", values.pop("event"), KINDS)
        fields = _fields(kind)
        if unknown := sorted(values.keys() - fields.keys()):
            raise TypeError(f"unknown field {unknown[0]!r}")
        return kind(**{name: _restore(value, fields[name]) for name, value in values.items()})
    except (AttributeError, KeyError, TypeError, RecursionError, UnicodeEncodeError, json.JSONDecodeError) as error:
        raise ValueError(f"not an event: {str(error)[:100]}") from None


class Place(NamedTuple):
    """The position up to which a file has been read. A run that continues replaces its file by a new one."""

    file: int = 0  # inode
    offset: int = 0  # bytes


START = Place()


def read(folder: Path, place: Place = START) -> tuple[list[Event], Place]:
    """Return the events after `place`, and the place after them. In a new file, read from its beginning. Leave a half-written
    last line for the next call.

    Raises ValueError for lines that are not events.
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
    """Keep only the events up to `update` updates; the run will write the later ones again."""
    if not path.exists():
        return
    kept = bytearray()
    with open(path, "rb") as file:
        for line in file:
            try:
                event = from_json(line.decode("utf-8"))
            except ValueError:  # half a line, after a kill
                break
            if event.update > update or (isinstance(event, Started) and event.update == update and kept):
                break
            kept += line
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(kept)
    os.replace(partial, path)
