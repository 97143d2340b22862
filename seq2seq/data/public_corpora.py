"""Parallel corpora that anybody may fetch: where their archives lie, under which licence, and how pairs are read from them."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from typing import IO, Any

from seq2seq.data.corpora import Pair

MAX_TEXT_BYTES = 200_000_000  # of an archive or of a text in it, unpacked
MAX_LINE_BYTES = 100_000
CHUNK_BYTES = 1 << 16
HELD_OUT = 50  # of so many sentences, one is for validation
_SPLIT_KEY = b"seq2seq-unrolled/held-out/1"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True)
class Remote:
    """An archive at a public address. Of it, one text in tab-separated columns is read, or two texts line by line."""

    address: str
    file: str  # its name on disk; the ending says of which kind the archive is
    members: tuple[str, ...]
    limit: int  # bytes, no more of which are accepted
    sha256: str | None = None  # None where its makers replace it now and then


@dataclass(frozen=True)
class PublicCorpus:
    """One archive, which is split here, or two: its makers' own training and validation pairs."""

    name: str
    title: str
    source_language: str
    target_language: str
    licence: str
    attribution: str
    files: tuple[Remote, ...]
    swapped: bool = False  # the source is the second side of the files


_LANGUAGES = {
    "en": "English",
    "fr": "French",
    "es": "Spanish",
    "de": "German",
    "ja": "Japanese",
    "zh": "Chinese",
    "it": "Italian",
    "pt": "Portuguese",
}
_TATOEBA = {"fr": "fra", "es": "spa", "de": "deu", "ja": "jpn", "zh": "cmn", "it": "ita", "pt": "por"}
# The copy that torchtext fetches since the first server is gone; the checksums are those of the archives on that server.
_MULTI30K = "https://raw.githubusercontent.com/neychev/small_DL_repo/master/datasets/Multi30k"


def _both_ways(family: str, title: str, other: str, **shared: Any) -> Iterator[PublicCorpus]:
    """A corpus whose files have English as their first side, in its two directions."""
    for source, target, swapped in (("en", other, False), (other, "en", True)):
        languages = (_LANGUAGES[source], _LANGUAGES[target])
        both = f"{title}, {languages[0]} to {languages[1]}"
        yield PublicCorpus(f"{family}-{source}-{target}", both, *languages, swapped=swapped, **shared)


def _known() -> Iterator[PublicCorpus]:
    for code, abroad in _TATOEBA.items():
        file = f"{abroad}-eng.zip"
        yield from _both_ways(
            "tatoeba",
            "Tatoeba",
            code,
            licence="CC BY 2.0 FR",
            attribution="Sentence pairs from the Tatoeba project (tatoeba.org) by way of manythings.org/anki, CC BY 2.0 FR",
            files=(Remote(f"https://www.manythings.org/anki/{file}", file, (f"{abroad}.txt",), 50_000_000),),
        )
    train = "20140d013d05dd9a72dfde46478663ba05737ce983f478f960c1123c6671be5e"
    valid = "a7aa20e9ebd5ba5adce7909498b94410996040857154dab029851af3a866da8c"
    yield from _both_ways(
        "multi30k",
        "Multi30k image captions",
        "de",
        licence="for non-commercial research and education (Flickr30k terms)",
        attribution="Multi30k (Elliott, Frank, Sima'an, Specia 2016), descriptions of Flickr30k images and their translations",
        files=(
            Remote(f"{_MULTI30K}/training.tar.gz", "multi30k-training.tar.gz", ("train.en", "train.de"), 5_000_000, train),
            Remote(f"{_MULTI30K}/validation.tar.gz", "multi30k-validation.tar.gz", ("val.en", "val.de"), 5_000_000, valid),
        ),
    )


PUBLIC: dict[str, PublicCorpus] = {corpus.name: corpus for corpus in _known()}


def split(all_pairs: Iterable[Pair]) -> tuple[list[Pair], list[Pair]]:
    """Training and validation pairs, without a sentence in common on either side.

    Whether a pair is held out is decided by a keyed hash of its first sentence alone, which takes one sentence in `HELD_OUT`:
    neither the order nor the size of a collection matters, and what one edition of it holds out, no other trains on. Pairs
    whose second sentence also translates a held-out one are left out of training. The validation pairs stand in the hash's
    order, so that any first part of them is a fair sample of short and long sentences; training pairs keep theirs.
    """
    rest, held = [], []
    for pair in all_pairs:
        drawn = int.from_bytes(hashlib.blake2b(pair[0].encode(), key=_SPLIT_KEY, digest_size=8).digest())
        if drawn % HELD_OUT:
            rest.append(pair)
        else:
            held.append((drawn, pair))
    valid = [pair for _, pair in sorted(held)]
    taken = {second for _, second in valid}
    return [pair for pair in rest if pair[1] not in taken], valid


# --- the archives ---


def rows(remote: Remote, data: bytes) -> Iterator[Pair]:
    """The two sides as written, of every line that is not empty. Raises ValueError that names what is wrong and where."""
    names = " and ".join(remote.members)
    texts = [_lines(data, remote, name) for name in remote.members]
    empty = True
    for number, lines in enumerate(zip_longest(*texts, fillvalue=""), start=1):
        if not any(line.strip() for line in lines):
            continue
        sides = lines if len(texts) == 2 else lines[0].split("\t")
        whole = len(sides) > 1 and bool(sides[0].strip() and sides[1].strip())
        # In columns, a sentence without its translation harms no other; of two texts, one has lost or won a line.
        if not whole and (len(sides) < 2 or len(texts) == 2):
            raise ValueError(f"line {number} of {names} does not give a sentence on both sides")
        if whole:
            empty = False
            yield sides[0], sides[1]
    if empty:
        raise ValueError(f"{names} gives no sentence pair")


def _lines(data: bytes, remote: Remote, name: str) -> Iterator[str]:
    """The lines of a text in the archive, which is read as they are asked for, and nowhere unpacked to."""
    with _reading():
        member = (_in_zip if remote.file.endswith(".zip") else _in_tar)(data, name)
    if member is None:
        raise ValueError(f"it holds no {name}")
    rest, size, number = b"", 0, 0
    while True:
        with _reading():
            chunk = member.read(CHUNK_BYTES)
        size += len(chunk)
        *lines, rest = (rest + chunk).split(b"\n")
        if size > MAX_TEXT_BYTES or len(rest) > MAX_LINE_BYTES:
            raise ValueError(f"{name} has more than {MAX_TEXT_BYTES:,} bytes, or {MAX_LINE_BYTES:,} in a line")
        for line in lines if chunk else [rest]:
            number += 1
            try:
                yield line.decode()
            except UnicodeDecodeError:
                raise ValueError(f"line {number} of {name} is not UTF-8 text") from None
        if not chunk:
            return


def _in_zip(data: bytes, name: str) -> IO[bytes] | None:
    archive = zipfile.ZipFile(io.BytesIO(data))
    for info in archive.infolist():
        if info.filename.rpartition("/")[2] == name:
            if info.compress_type not in _METHODS:  # others may take any amount of memory
                raise ValueError(f"compression method {info.compress_type}")
            return archive.open(info)
    return None


def _in_tar(data: bytes, name: str) -> IO[bytes] | None:
    unpacked = gzip.GzipFile(fileobj=io.BytesIO(data)).read(MAX_TEXT_BYTES + 1)
    if len(unpacked) > MAX_TEXT_BYTES:
        raise ValueError(f"more than {MAX_TEXT_BYTES:,} bytes")
    with tarfile.open(fileobj=io.BytesIO(unpacked), mode="r:") as archive:
        for entry in archive:
            if entry.isreg() and entry.name.rpartition("/")[2] == name:
                return archive.extractfile(entry)
    return None


@contextmanager
def _reading() -> Iterator[None]:
    """Whatever the readers of archives stumble over is one sentence."""
    try:
        yield
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        raise ValueError(f"it is not the archive it should be, or is damaged ({str(error)[:100]})") from None
