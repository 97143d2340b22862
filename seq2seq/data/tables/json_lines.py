"""JSON Lines: one object a line, with the sides under flat keys or in an object of their own, as in {"translation": {...}}."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from seq2seq.data.lines import lines
from seq2seq.data.tables.layout import SAMPLE_ROWS, Layout, Row
from seq2seq.data.tables.parts import Source


def rows(source: Source, layout: Layout, strict: bool) -> Iterator[Row]:
    """Yield the keys as a row, then one row per object. A line that is no object gives a row without cells."""
    names = list(dict.fromkeys(key for _, record in islice(_records(source, layout, False), SAMPLE_ROWS) for key in record))
    yield Row(0, names)
    for line, record in _records(source, layout, strict):
        yield Row(line, [record.get(name, "") for name in names] if record else [])


def _records(source: Source, layout: Layout, strict: bool) -> Iterator[tuple[int, dict[str, str]]]:
    for stream in source.streams():
        for number, line in enumerate(lines(stream, layout.encoding, "strict" if strict else "replace"), start=1):
            if line.strip():
                yield number, _texts(line)


def _texts(line: str) -> dict[str, str]:
    """Return the texts of an object by their keys; an object in it gives its own keys. Empty for a line that is no object."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):  # not JSON, or brackets in brackets without end
        return {}
    found: dict[str, str] = {}
    for key, value in record.items() if isinstance(record, dict) else ():
        inner = value.items() if isinstance(value, dict) else ((key, value),)
        for name, content in inner:
            if name not in found and (text := _text(content)) is not None:
                found[name] = text
    return found


def _text(value: Any) -> str | None:
    """Return a text or a number as text. Lists, and texts with half a character, are not read."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value)
    return None if any("\ud800" <= character <= "\udfff" for character in text) else text
