"""A local server of archives, and the error messages of fetches from it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from seq2seq.data.public.corpora import PublicCorpus, Remote
from seq2seq.data.public.downloads import fetch
from support.files.archives import TABLE, zipped

ARCHIVE = zipped({"xx.txt": TABLE, "_about.txt": b"Hello"})
OTHER = zipped({"xx.txt": TABLE.replace(b"Phrase", b"Saying")})
LIMIT = 100_000
HINT = "put a copy named xx-eng.zip into the folder that SEQ2SEQ_CORPORA names."


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass
class Server:
    """A local server: its answers by path, and the paths and user agents of its requests."""

    port: int = 0
    answers: dict[str, Callable[[BaseHTTPRequestHandler], object]] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)
    agents: list[str | None] = field(default_factory=list)

    def corpus(self, path: str = "/xx-eng.zip", sha256: str | None = None) -> PublicCorpus:
        remote = Remote(f"http://127.0.0.1:{self.port}{path}", "xx-eng.zip", ("xx.txt",), LIMIT, sha256)
        return PublicCorpus("x", "Invented", "English", "Xish", "CC0", "Nobody", (remote,))

    def sends(self, data: bytes, status: int = 200, length: int | None = None, path: str = "/xx-eng.zip", **more: str) -> None:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            if length != -1:
                handler.send_header("Content-Length", str(len(data) if length is None else length))
            for name, value in more.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.end_headers()
            handler.wfile.write(data)

        self.answers[path] = answer


def refusal(corpus: PublicCorpus, cache: Path, **options: object) -> str:
    """Return the error message of a fetch; check that the fetch leaves no file."""
    before = names(cache)
    with pytest.raises(ValueError) as caught:
        fetch(corpus, cache, **options)  # type: ignore[arg-type]
    text = str(caught.value)
    assert names(cache) == before and text.isprintable() and len(text) < 500 and str(cache) not in text
    return text


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []
