"""Get archives of public corpora: from a folder of copies, from the cache, or from the network. Each archive is checked.

SEQ2SEQ_CORPORA   a folder with copies of the archives; they are used instead of the network
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
from seq2seq.data.public.corpora import PublicCorpus, Remote, rows, split
from seq2seq.sources.normalise import normalise

FOLDER = "SEQ2SEQ_CORPORA"
USER_AGENT = "seq2seq-unrolled"  # manythings.org answers 406 to Python's default user agent
TIMEOUT_SECONDS = 30.0
CHUNK_BYTES = 1 << 16

Report = Callable[[int, int | None], object]


@dataclass(frozen=True)
class Fetched:
    """An archive on disk. `origin` says where it came from: "copy", "cache" or its address."""

    path: Path
    sha256: str
    origin: str


def copies_in(environment: Mapping[str, str]) -> Path | None:
    """Return the folder of copies, or None if the variable is not set. Raises ValueError if it is not a folder."""
    if not (name := environment.get(FOLDER)):
        return None
    if not Path(name).is_dir():
        raise ValueError(f"{FOLDER} must name a folder with copies of public corpora, but {name!r} is not a folder")
    return Path(name)


def fetch(
    corpus: PublicCorpus,
    cache: Path,
    *,
    copies: Path | None = None,
    report: Report = lambda done, total: None,
    timeout: float = TIMEOUT_SECONDS,
) -> tuple[Fetched, ...]:
    """Return the archives of a corpus: from the folder `copies`, else from `cache`, else from their addresses.

    Each archive is checked against its SHA-256 and read completely before it is saved. If no SHA-256 is known, the one of the
    first download is written to a note next to the archive and is required from then on; a note next to a copy works the same
    way. A cached archive that does not match is downloaded again. During a download, `report` receives the bytes done and the
    total (None if unknown); any exception from it stops the download, and no file is left. The server must send data within
    `timeout` seconds.

    Raises ValueError with a sentence that can be shown to users.
    """
    return tuple(
        (copies and _find_copy(remote, copies)) or _find_cached(remote, cache) or _fetch_again(remote, cache, report, timeout)
        for remote in corpus.files
    )


def pairs(corpus: PublicCorpus, fetched: Sequence[Fetched]) -> tuple[list[Pair], list[Pair]]:
    """Return training and validation pairs: both sides normalised, duplicates removed. `split` divides a single archive.

    Raises ValueError for an archive that has changed since the download, or contains too few pairs.
    """
    parts = []
    for remote, local in zip(corpus.files, fetched, strict=True):
        data = _contents(remote, local.path)
        if data is None or _digest(data) != local.sha256:
            raise ValueError(f"{remote.file} has changed since it was fetched: fetch it again")
        sides = ((normalise(first), normalise(second)) for first, second in rows(remote, data))
        parts.append(list(dict.fromkeys(pair for pair in sides if all(pair))))
    train, valid = split(parts[0]) if len(parts) == 1 else parts
    if not train or not valid:
        raise ValueError(f"{corpus.title} contains too few pairs for a training part and a validation part")
    if corpus.swapped:
        return [pair[::-1] for pair in train], [pair[::-1] for pair in valid]
    return train, valid


# --- on disk ---


def _find_copy(remote: Remote, folder: Path) -> Fetched | None:
    path = folder / remote.file
    try:
        if (data := _contents(remote, path)) is None:
            return None
        sha256 = _check_archive(remote, data, remote.sha256 or _read_note(path))
    except ValueError as error:
        raise ValueError(
            f"The copy {remote.file} in the folder that {FOLDER} names cannot be used: {error}. "
            "Replace it with an intact copy, or remove it to have the file fetched."
        ) from None
    return Fetched(path, sha256, "copy")


def _find_cached(remote: Remote, cache: Path) -> Fetched | None:
    path = cache / remote.file
    try:
        data = _contents(remote, path)
    except ValueError:
        return None
    sha256 = data and _digest(data)
    return Fetched(path, sha256, "cache") if sha256 and sha256 == (remote.sha256 or _read_note(path)) else None


def _fetch_again(remote: Remote, cache: Path, report: Report, timeout: float) -> Fetched:
    data = _download(remote, report, timeout)
    path = cache / remote.file
    try:
        sha256 = _check_archive(remote, data, remote.sha256)
    except ValueError as error:
        raise _unusable(remote, str(error)) from None
    try:
        cache.mkdir(parents=True, exist_ok=True)
        _write(path, data)
        if remote.sha256 is None:  # a process killed before this line leaves no note, so the archive is downloaded again
            _write(_note_of(path), sha256.encode())
    except OSError as error:
        raise ValueError(f"{remote.file} cannot be saved: {files.advice(error) or error.strerror}.") from None
    return Fetched(path, sha256, remote.address)


def _write(path: Path, data: bytes) -> None:
    """Write the complete file or nothing, even if another process writes it at the same time."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}.partial")
    try:
        partial.write_bytes(data)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _contents(remote: Remote, path: Path) -> bytes | None:
    """Read the file; return None if it does not exist. Raises ValueError if it is too large or cannot be read."""
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


def _check_archive(remote: Remote, data: bytes, expected: str | None) -> str:
    """Return the SHA-256. Raises ValueError if it is not `expected`, or if the archive cannot be read to its end."""
    sha256 = _digest(data)
    if expected is not None and sha256 != expected:
        raise ValueError(f"its SHA-256 is {sha256}, not {expected}")
    for _ in rows(remote, data):
        pass
    return sha256


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _note_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _read_note(path: Path) -> str | None:
    """Return the SHA-256 from the note next to an archive: its first 64 characters, as in the output of `sha256sum`."""
    try:
        with open(_note_of(path), encoding="ascii", errors="replace") as file:
            return file.read(64)
    except OSError:
        return None


# --- the network ---


class _Redirects(urllib.request.HTTPRedirectHandler):
    max_redirections = 3

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        """Refuse a redirect from https to an unencrypted connection, because others could change its data."""
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
    """Turn every network error into one sentence. It never quotes the server, because anybody may have written its text."""
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
    ssl.SSLError: "its server has no valid certificate, or no secure connection can be made",
    ConnectionRefusedError: "its server refuses the connection",
    http.client.HTTPException: "the response is incomplete, or not HTTP",
}


def _failed(remote: Remote, why: str) -> ValueError:
    return ValueError(f"The archive {remote.address} cannot be fetched: {why}. {_otherwise(remote)}")


def _unusable(remote: Remote, why: str) -> ValueError:
    fault = f"The file from {remote.address} was not kept: {why}. It was damaged in transfer, or has been replaced."
    return ValueError(f"{fault} {_otherwise(remote)}")


def _otherwise(remote: Remote) -> str:
    return f"Try again later, or put a copy named {remote.file} into the folder that {FOLDER} names."
