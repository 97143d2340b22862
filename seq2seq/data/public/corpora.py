"""Public parallel corpora: the addresses and licences of their archives, and how to read pairs from them."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest
from typing import IO, Any

from seq2seq.data.corpora import Pair
from seq2seq.data.lines import lines
from seq2seq.sources.languages import LANGUAGES
from seq2seq.sources.sound.voices import RECORDING, WORDS

MAX_TEXT_BYTES = 200_000_000  # limit for an unpacked archive, and for a text in it
HELD_OUT = 50  # one sentence in so many is for validation
_SPLIT_KEY = b"seq2seq-unrolled/held-out/1"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True)
class Remote:
    """An archive or a text at a public address. It contains one text in tab-separated columns, two texts with matching lines,
    dialogues, one a line, or the entries of a dictionary, one a line."""

    address: str
    file: str  # its name on disk; the ending gives the kind of archive
    members: tuple[str, ...]
    limit: int  # largest accepted size in bytes
    sha256: str | None = None  # None if its makers update the archive now and then
    turn_end: str = ""  # of dialogues: the mark after each turn
    entry: Callable[[str], Pair | None] | None = None  # of a dictionary: reads the pair in a line; None leaves the line out
    has_recordings: bool = False  # an archive of sound files, such as 7_theo_12.wav: digit, voice, number


@dataclass(frozen=True)
class PublicCorpus:
    """A corpus of one archive, which `split` divides, or of two: the makers' own training and validation pairs."""

    name: str
    title: str
    source_language: str
    target_language: str
    licence: str
    attribution: str
    files: tuple[Remote, ...]
    swapped: bool = False  # the source is the second side in the files
    settings: Mapping[str, Any] = field(default_factory=dict)  # options of `train` that suit its pairs, by name


_TATOEBA = {"fr": "fra", "es": "spa", "de": "deu", "ja": "jpn", "zh": "cmn", "it": "ita", "pt": "por"}
# The copy that torchtext uses since the first server is gone; the checksums are those of the original archives.
_MULTI30K = "https://raw.githubusercontent.com/neychev/small_DL_repo/master/datasets/Multi30k"


def _both_ways(family: str, title: str, other: str, **shared: Any) -> Iterator[PublicCorpus]:
    """Yield a corpus in both directions; the first side of its files is English."""
    for source, target, swapped in (("en", other, False), (other, "en", True)):
        languages = (LANGUAGES[source], LANGUAGES[target])
        both = f"{title}, {languages[0]} to {languages[1]}"
        yield PublicCorpus(f"{family}-{source}-{target}", both, *languages, swapped=swapped, **shared)


def _all_corpora() -> Iterator[PublicCorpus]:
    for code, foreign in _TATOEBA.items():
        file = f"{foreign}-eng.zip"
        yield from _both_ways(
            "tatoeba",
            "Tatoeba",
            code,
            licence="CC BY 2.0 FR",
            attribution="Sentence pairs from the Tatoeba project (tatoeba.org) by way of manythings.org/anki, CC BY 2.0 FR",
            files=(Remote(f"https://www.manythings.org/anki/{file}", file, (f"{foreign}.txt",), 50_000_000),),
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


PUBLIC: dict[str, PublicCorpus] = {corpus.name: corpus for corpus in _all_corpora()}


def split(all_pairs: Iterable[Pair]) -> tuple[list[Pair], list[Pair]]:
    """Split into training and validation pairs that share no sentence on either side.

    A keyed hash of the first sentence alone decides: it selects one sentence in `HELD_OUT` for validation. So the order and
    the size of a collection do not matter, and a sentence held out of one edition is never trained on in another. Pairs whose
    second sentence also translates a held-out sentence are left out of training. Validation pairs are sorted by hash, so that
    any first part of them is a fair sample of short and long sentences; training pairs keep their order.
    """
    rest, held = [], []
    for pair in all_pairs:
        hashed = int.from_bytes(hashlib.blake2b(pair[0].encode(), key=_SPLIT_KEY, digest_size=8).digest())
        if hashed % HELD_OUT:
            rest.append(pair)
        else:
            held.append((hashed, pair))
    valid = [pair for _, pair in sorted(held)]
    taken = {second for _, second in valid}
    return [pair for pair in rest if pair[1] not in taken], valid


# --- the archives ---


def rows(remote: Remote, data: bytes) -> Iterator[Pair]:
    """Yield both sides of every non-empty line, or each turn of a dialogue with its reply, unchanged. Raises ValueError with
    the error and its line."""
    if remote.turn_end:
        for turns in dialogues(remote, data):
            yield from pairwise(turns)
        return
    if remote.entry:
        yield from _entries(remote, remote.entry, data)
        return
    if remote.has_recordings:
        yield from ((name, WORDS[int(name[0])]) for name, _ in recordings(data))
        return
    names = " and ".join(remote.members)
    texts = [_lines(data, remote, name) for name in remote.members]
    empty = True
    for number, found in enumerate(zip_longest(*texts, fillvalue=""), start=1):
        if not any(line.strip() for line in found):
            continue
        sides = found if len(texts) == 2 else found[0].split("\t")
        complete = len(sides) > 1 and bool(sides[0].strip() and sides[1].strip())
        # In columns, a missing translation affects only its own line; with two texts, a missing line shifts all later pairs.
        if not complete and (len(sides) < 2 or len(texts) == 2):
            raise ValueError(f"line {number} of {names} does not have a sentence on both sides")
        if complete:
            empty = False
            yield sides[0], sides[1]
    if empty:
        raise ValueError(f"{names} contains no sentence pair")


def dialogues(remote: Remote, data: bytes) -> Iterator[list[str]]:
    """Yield the turns of every dialogue of at least two turns. What follows the last mark in a line, after a tab, are labels.

    Raises ValueError with the error and its line, also if there is no dialogue.
    """
    (name,) = remote.members
    empty = True
    for line in _lines(data, remote, name):
        turns = [turn for part in line.partition("\t")[0].split(remote.turn_end) if (turn := part.strip())]
        if len(turns) > 1:
            empty = False
            yield turns
    if empty:
        raise ValueError(f"{name} contains no dialogue")


def _entries(remote: Remote, entry: Callable[[str], Pair | None], data: bytes) -> Iterator[Pair]:
    """Yield the pair of every line that has one. Raises ValueError if there is none."""
    (name,) = remote.members
    empty = True
    for line in _lines(data, remote, name):
        if pair := entry(line):
            empty = False
            yield pair
    if empty:
        raise ValueError(f"{name} contains no entry of the expected dictionary")


def recordings(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of each recording in a zip archive. Raises ValueError if there is none, or with the
    error."""
    empty, left = True, MAX_TEXT_BYTES
    with _reading():
        archive = zipfile.ZipFile(io.BytesIO(data))
        for info in archive.infolist():
            name = info.filename.rpartition("/")[2]
            if RECORDING.fullmatch(name):
                left -= info.file_size
                if left < 0 or info.compress_type not in _METHODS:
                    raise ValueError(f"more than {MAX_TEXT_BYTES:,} bytes, or an unusual compression")
                empty = False
                yield name, archive.read(info)
    if empty:
        raise ValueError("it contains no recording of a digit")


class _Limited:
    """A text in an archive, read step by step: nothing is unpacked to disk. Raises ValueError after MAX_TEXT_BYTES."""

    def __init__(self, text: IO[bytes]):
        self._text, self._left = text, MAX_TEXT_BYTES

    def read1(self, size: int, /) -> bytes:
        with _reading():
            chunk = self._text.read(size)
        self._left -= len(chunk)
        if self._left < 0:
            raise ValueError(f"it has more than {MAX_TEXT_BYTES:,} bytes")
        return chunk


def _lines(data: bytes, remote: Remote, name: str) -> Iterator[str]:
    """Yield the lines of a text in the archive."""
    with _reading():
        readers = {".zip": _in_zip, ".txt": _plain}
        member = readers.get(remote.file[-4:], _in_tar)(data, name)
    if member is None:
        raise ValueError(f"it does not contain {name}")
    try:
        yield from lines(_Limited(member))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _plain(data: bytes, _: str) -> IO[bytes] | None:
    return io.BytesIO(data)


def _in_zip(data: bytes, name: str) -> IO[bytes] | None:
    archive = zipfile.ZipFile(io.BytesIO(data))
    for info in archive.infolist():
        if info.filename.rpartition("/")[2] == name:
            if info.compress_type not in _METHODS:  # other methods may need any amount of memory
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
    """Turn every error of the archive readers into one sentence."""
    try:
        yield
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        raise ValueError(f"it is not the expected archive, or it is damaged ({str(error)[:100]})") from None
