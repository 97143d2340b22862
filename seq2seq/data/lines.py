"""The lines of a text file, the same for all readers.

A line ends with "\\n", "\\r\\n" or "\\r" and nowhere else; the last line may lack its end. A byte order mark at the start of
the file and Ctrl-Z at its end, as DOS programs write, are no text.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from typing import Protocol

MAX_LINE = 1_000_000  # characters; so a file without line ends cannot fill the memory
CHUNK_BYTES = 1 << 16
DOS_END = "\x1a"  # Ctrl-Z


class ByteStream(Protocol):
    """A file or a pipe. `read1` returns what is there, so that the lines of a pipe arrive one by one."""

    def read1(self, size: int, /) -> bytes: ...


def lines(stream: ByteStream, encoding: str = "utf-8", errors: str = "strict") -> Iterator[str]:
    """Yield the lines without their ends. Memory holds one line and one chunk.

    Raises ValueError with the number of a line that is not in `encoding` or has more than MAX_LINE characters.
    """
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)(errors), translate=True)
    number, rest, begun = 1, "", False
    while True:
        chunk = stream.read1(CHUNK_BYTES)
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            # The decoder may also hold bytes of the chunk before, which then are part of `error.object`.
            good = chunk[: max(0, error.start + len(chunk) - len(error.object))]
            number += decoder.decode(good).count("\n") + (decoder.getstate()[1] & 1)  # 1: a "\r" whose "\n" may follow
            raise ValueError(
                f"line {number:,} is not {encoding.upper()} text: the file is in another encoding, or mixes two."
                " Correct this line and save the file as UTF-8, or choose another encoding"
            ) from None
        if text and not begun:
            text, begun = text.removeprefix("\ufeff"), True
        *whole, rest = (rest + text).split("\n")
        yield from whole
        number += len(whole)
        if len(rest) > MAX_LINE:
            raise ValueError(f"line {number:,} has more than {MAX_LINE:,} characters: delete it, or cut it into several lines")
        if not chunk:
            if rest := rest.rstrip(DOS_END):
                yield rest
            return
