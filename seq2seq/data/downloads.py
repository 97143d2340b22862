"""Archives of public corpora: copies on disk, archives kept from before, or the network, and each is checked before it counts.

SEQ2SEQ_CORPORA   a folder with copies of the archives, which are preferred to the network
"""

from __future__ import annotations

import hashlib
import http.client
import os
import secrets
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from seq2seq import files
from seq2seq.data.corpora import Pair
from seq2seq.data.public_corpora import PublicCorpus, Remote, rows, split
from seq2seq.sources.text import normalise

FOLDER = "SEQ2SEQ_CORPORA"
USER_AGENT = "seq2seq-unrolled"  # manythings.org answers Python's usual one with 406
TIMEOUT_SECONDS = 30.0
CHUNK_BYTES = 1 << 16

Report = Callable[[int, int | None], object]


@dataclass(frozen=True)
class Fetched:
    """An archive on disk. `origin` is where it was found: "copy", "cache" or its address."""

    path: Path
    sha256: str
    origin: str


def copies_in(environment: Mapping[str, str]) -> Path | None:
    """The folder of copies, if one is named. Raises ValueError where it is no folder."""
    if not (name := environment.get(FOLDER)):
        return None
    if not Path(name).is_dir():
        raise ValueError(f"{FOLDER} must name a folder with copies of public corpora, and {name!r} is none")
    return Path(name)


def fetch(
    corpus: PublicCorpus,
    cache: Path,
    *,
    copies: Path | None = None,
    report: Report = lambda done, total: None,
    timeout: float = TIMEOUT_SECONDS,
) -> tuple[Fetched, ...]:
    """The archives of a corpus: from the folder `copies`, else as kept in `cache`, else from their addresses.

    Each is checked against its SHA-256, and read through before it is kept. Where none is known beforehand, that of the first
    fetch is noted beside the archive and holds from then on; a note beside a copy holds likewise. A kept archive that no longer
    fits is fetched anew. `report` is told of each archive that is fetched how many bytes of how many (None: not known) have
    come; whatever it raises breaks the fetch off, and nothing is left. The server must go on within `timeout` seconds.

    Raises ValueError with a sentence fit to be shown.
    """
    return tuple(
        (copies and _copy(remote, copies)) or _kept(remote, cache) or _anew(remote, cache, report, timeout)
        for remote in corpus.files
    )


def pairs(corpus: PublicCorpus, fetched: Sequence[Fetched]) -> tuple[list[Pair], list[Pair]]:
    """Training and validation pairs: both sides normalised, exact duplicates once. One archive is split by `split`.

    Raises ValueError for archives that have changed since they were fetched, or hold too little.
    """
    parts = []
    for remote, local in zip(corpus.files, fetched, strict=True):
        data = _contents(remote, local.path)
        if data is None or _digest(data) != local.sha256:
            raise ValueError(f"{remote.file} has changed since it was fetched: fetch it again")
        found = ((normalise(first), normalise(second)) for first, second in rows(remote, data))
        parts.append(list(dict.fromkeys(pair for pair in found if all(pair))))
    train, valid = split(parts[0]) if len(parts) == 1 else parts
    if not train or not valid:
        raise ValueError(f"{corpus.title} holds too few pairs to train on some and to hold out others")
    if corpus.swapped:
        return [pair[::-1] for pair in train], [pair[::-1] for pair in valid]
    return train, valid


# --- on disk ---


def _copy(remote: Remote, folder: Path) -> Fetched | None:
    path = folder / remote.file
    try:
        if (data := _contents(remote, path)) is None:
            return None
        found = _checked(remote, data, remote.sha256 or _noted(path))
    except ValueError as error:
        raise ValueError(
            f"The copy {remote.file} in the folder that {FOLDER} names cannot be used: {error}. "
            "Put a sound one there, or remove it to have the file fetched."
        ) from None
    return Fetched(path, found, "copy")


def _kept(remote: Remote, cache: Path) -> Fetched | None:
    path = cache / remote.file
    try:
        data = _contents(remote, path)
    except ValueError:
        return None
    found = data and _digest(data)
    return Fetched(path, found, "cache") if found and found == (remote.sha256 or _noted(path)) else None


def _anew(remote: Remote, cache: Path, report: Report, timeout: float) -> Fetched:
    data = _download(remote, report, timeout)
    path = cache / remote.file
    try:
        found = _checked(remote, data, remote.sha256)
    except ValueError as error:
        raise _unusable(remote, str(error)) from None
    try:
        cache.mkdir(parents=True, exist_ok=True)
        _place(path, data)
        if remote.sha256 is None:  # a kill in front of this leaves an archive without its note, which is fetched anew
            _place(_note_of(path), found.encode())
    except OSError as error:
        raise ValueError(f"{remote.file} cannot be kept: {files.advice(error) or error.strerror}.") from None
    return Fetched(path, found, remote.address)


def _place(path: Path, data: bytes) -> None:
    """The file whole or not at all, whoever else writes it at the same time."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}.partial")
    try:
        beside.write_bytes(data)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _contents(remote: Remote, path: Path) -> bytes | None:
    """None where there is no such file. Raises ValueError for one that is too large or cannot be read."""
    try:
        with open(path, "rb") as file:
            data = file.read(remote.limit + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ValueError(f"{remote.file} cannot be read ({error.strerror})") from None
    if len(data) > remote.limit:
        raise ValueError(f"{remote.file} has more than {remote.limit:,} bytes")
    return data


def _checked(remote: Remote, data: bytes, expected: str | None) -> str:
    """The SHA-256. Raises ValueError if another is expected, or the archive cannot be read from beginning to end."""
    found = _digest(data)
    if expected is not None and found != expected:
        raise ValueError(f"its SHA-256 is {found}, not {expected}")
    for _ in rows(remote, data):
        pass
    return found


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _note_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _noted(path: Path) -> str | None:
    """The SHA-256 that stands first in the note beside an archive, as `sha256sum` writes it, too."""
    try:
        with open(_note_of(path), encoding="ascii", errors="replace") as file:
            return file.read(64)
    except OSError:
        return None


# --- the network ---


class _Redirects(urllib.request.HTTPRedirectHandler):
    max_redirections = 3

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        """Never from https to a connection that others can write into."""
        if urlsplit(newurl).scheme not in (req.type, "https"):
            raise urllib.error.HTTPError(newurl, code, msg, headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _download(remote: Remote, report: Report, timeout: float) -> bytes:
    request = urllib.request.Request(remote.address, headers={"User-Agent": USER_AGENT, "Accept": "*/*"})
    with _network(remote, timeout):
        response = urllib.request.build_opener(_Redirects).open(request, timeout=timeout)
    with response:
        total: int | None = response.length
        chunks: list[bytes] = []
        done = 0
        while True:
            if max(done, total or 0) > remote.limit:
                raise _unusable(remote, f"it has more than {remote.limit:,} bytes")
            report(done, total)
            with _network(remote, timeout):
                chunk = response.read1(CHUNK_BYTES)
            if not chunk:
                break
            chunks.append(chunk)
            done += len(chunk)
    if total is not None and done < total:
        raise _failed(remote, f"the connection broke off after {done:,} of {total:,} bytes")
    return b"".join(chunks)


@contextmanager
def _network(remote: Remote, timeout: float) -> Iterator[None]:
    """Whatever goes wrong on the way is one sentence. None of it is the server's own words, which anybody may have written."""
    try:
        yield
    except urllib.error.HTTPError as error:
        error.close()
        if error.code // 100 == 3:
            raise _failed(remote, "it redirects too often, or to an unsafe address") from None
        raise _failed(remote, f"the server answers {error.code} {http.client.responses.get(error.code, '')}".strip()) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        why = next((why for kind, why in _FAULTS.items() if isinstance(reason, kind)), "the connection failed")
        raise _failed(remote, why.format(timeout)) from None


_FAULTS: dict[type[Exception], str] = {
    TimeoutError: "no answer came within {:g} seconds",
    socket.gaierror: "its server cannot be found; perhaps this machine is offline",
    ssl.SSLError: "its server cannot prove who it is, or no safe connection can be made",
    ConnectionRefusedError: "its server refuses the connection",
    http.client.HTTPException: "the answer is broken off, or is none",
}


def _failed(remote: Remote, why: str) -> ValueError:
    return ValueError(f"The archive {remote.address} cannot be fetched: {why}. {_otherwise(remote)}")


def _unusable(remote: Remote, why: str) -> ValueError:
    fault = f"What {remote.address} sends was not kept: {why}. It was damaged on its way, or has been replaced."
    return ValueError(f"{fault} {_otherwise(remote)}")


def _otherwise(remote: Remote) -> str:
    return f"Try again later, or put a copy named {remote.file} into the folder that {FOLDER} names."
