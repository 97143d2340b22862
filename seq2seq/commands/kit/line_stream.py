"""Read the lines of a file or of standard input, and write their translations in the same order."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TextIO, cast

from seq2seq.data.lines import ByteStream, lines
from seq2seq.sources.normalise import printable

LINES_AT_ONCE = 2000  # so many lines are sorted by length and translated in batches
STANDARD = "-"  # the name of standard input and standard output
_END = None


def lines_of(path: str) -> Iterator[list[str]]:
    """Yield the lines of a UTF-8 file in lists of at most LINES_AT_ONCE; those of standard input as soon as they arrive.

    Bytes that are not UTF-8 become lone surrogates, so that only their line is refused. Raises ValueError with the file's name
    if it cannot be read.
    """
    if path == STANDARD:
        yield from _as_they_arrive(cast(ByteStream, sys.stdin.buffer))
        return
    try:
        with open(path, "rb") as file:
            read = lines(file, errors="surrogateescape")
            while chunk := list(islice(read, LINES_AT_ONCE)):
                if any("\0" in line for line in chunk):
                    raise ValueError(f"{path} contains NUL bytes, so it is perhaps UTF-16: save it as UTF-8")
                yield chunk
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None


def _as_they_arrive(stream: ByteStream) -> Iterator[list[str]]:
    """Yield what has arrived: one line from a keyboard, many from a pipe."""
    arrived: queue.Queue[str | None] = queue.Queue(2 * LINES_AT_ONCE)

    def read() -> None:
        for line in lines(stream, errors="surrogateescape"):
            arrived.put(line)
        arrived.put(_END)

    threading.Thread(target=read, daemon=True).start()
    while (line := arrived.get()) is not _END:
        found = [line]
        while len(found) < LINES_AT_ONCE and not arrived.empty():
            if (line := arrived.get()) is _END:
                yield found
                return
            found.append(line)
        yield found


@contextmanager
def writer(path: str) -> Iterator[TextIO]:
    """Open a file for translations, or standard output for "-". Raises ValueError with the file's name."""
    if path == STANDARD:
        yield sys.stdout
        return
    try:
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            yield file
    except OSError as error:
        raise ValueError(f"{path} cannot be written: {error.strerror}") from None


def write_line(file: TextIO, text: str) -> None:
    """Write one line without control characters, which a terminal would obey."""
    file.write(printable(text) + "\n")
