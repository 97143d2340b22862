"""Translation memories (TMX, an XML format). Read step by step; a file that declares entities is refused."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any
from xml.parsers import expat

from seq2seq.data.lines import CHUNK_BYTES, MAX_LINE
from seq2seq.data.tables.layout import SAMPLE_ROWS, Layout, Row
from seq2seq.data.tables.parts import Source

_CODES = ("bpt", "ept", "ph", "it", "ut")  # elements in a segment that hold formatting, not text


def rows(source: Source, layout: Layout, strict: bool) -> Iterator[Row]:
    """Yield the languages as a row, then one row per translation unit, with the first segment of each language.

    Raises ValueError with the line for XML that is not well-formed or declares entities.
    """
    names = list(dict.fromkeys(language for _, unit in islice(_units(source), SAMPLE_ROWS) for language in unit))
    yield Row(0, names)
    for line, unit in _units(source):
        yield Row(line, [unit.get(name, "") for name in names])


def _units(source: Source) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line and segments of each unit by language."""
    reader = _Reader()
    for stream in source.streams():
        while True:
            chunk = stream.read(CHUNK_BYTES)
            reader.feed(chunk)
            yield from reader.done
            reader.done.clear()
            if not chunk:
                return


class _Reader:
    """The state of reading: `done` collects the finished units."""

    def __init__(self) -> None:
        self.done: list[tuple[int, dict[str, str]]] = []
        self._unit: dict[str, str] = {}
        self._line, self._language, self._codes = 1, "", 0
        self._text: list[str] | None = None  # the segment that is being read
        self._size = 0
        parser = self._parser = expat.ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._characters
        parser.EntityDeclHandler = self._refuse
        parser.SkippedEntityHandler = lambda name, is_parameter: self._characters(f"&{name};")
        # Files from outside are never read: expat leaves them out unless it has a handler for them.

    def feed(self, chunk: bytes) -> None:
        try:
            self._parser.Parse(chunk, not chunk)
        except expat.ExpatError as error:
            raise ValueError(
                f"line {error.lineno:,} is not well-formed XML ({expat.ErrorString(error.code)}): export the memory again"
            ) from None
        except LookupError:
            raise ValueError("the XML names an unknown encoding: save the file as UTF-8") from None

    def _refuse(self, *_: Any) -> None:
        raise ValueError(f"line {self._parser.CurrentLineNumber:,} declares an XML entity, which is refused: delete it")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "tu":
            self._unit, self._line = {}, self._parser.CurrentLineNumber
        elif name == "tuv":
            language = attributes.get("xml:lang") or attributes.get("lang") or ""
            self._language = language.replace("_", "-").lower()
        elif name == "seg":
            self._text, self._size, self._codes = [], 0, 0
        elif name in _CODES:
            self._codes += 1

    def _characters(self, text: str) -> None:
        if self._text is None or self._codes:
            return
        self._text.append(text)
        self._size += len(text)
        if self._size > MAX_LINE:
            raise ValueError(f"line {self._parser.CurrentLineNumber:,} has a segment of more than {MAX_LINE:,} characters")

    def _end(self, name: str) -> None:
        if name == "tu":
            self.done.append((self._line, self._unit))
        elif name == "seg" and self._text is not None:
            self._unit.setdefault(self._language, "".join(self._text))
            self._text = None
        elif name in _CODES:
            self._codes -= 1
