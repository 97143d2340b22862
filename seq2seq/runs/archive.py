"""A trained model as one file: a zip of its checkpoint folder to download, and such a zip from a stranger, read with distrust.

An archive is unpacked beside its place, within limits, under names and into sizes that were known before; only once its model
has loaded and given numbers does it move there. Whatever is wrong is one ValueError with one sentence, and leaves nothing.
"""

from __future__ import annotations

import io
import json
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from seq2seq.config import EOS, UNK
from seq2seq.data.batches import pad
from seq2seq.files import FULL, replace_file
from seq2seq.models import checkpoint
from seq2seq.models.checkpoint import CONFIG, MAX_CONFIG_BYTES, MAX_TOKENIZER_BYTES, TOKENIZERS, UNUSABLE, WEIGHTS, Checkpoint
from seq2seq.runs.card import COMPARISON, EXPOSURE, MAX_KEPT_BYTES, RESULTS
from seq2seq.training import event_log

MAX_ARCHIVE_BYTES = 100_000_000
MAX_UNPACKED_BYTES = 99_000_000  # of all files together: with a zip's headers, what `pack` writes can always be read back
CARD = "README.md"
TEXTS = (CARD, RESULTS, EXPOSURE, COMPARISON)
LIMITS = {  # the files of a model, and how many bytes each may have
    CONFIG: MAX_CONFIG_BYTES,
    WEIGHTS: MAX_UNPACKED_BYTES,
    **{name: MAX_TOKENIZER_BYTES for names in TOKENIZERS.values() for name in names},
    CARD: 1_000_000,
    RESULTS: MAX_KEPT_BYTES,
    EXPOSURE: MAX_KEPT_BYTES,
    COMPARISON: MAX_KEPT_BYTES,
    event_log.FILE: 10_000_000,  # three hours of training; brackets alone would become half a gigabyte of events
}
MAX_MEMBERS = len(LIMITS) + 1  # and the folder
MAX_READ_BYTES = 1 << 17  # that the zip reader may ask for at once: its search for the index takes half of it
CHUNK_BYTES = 1 << 16
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can name
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def pack(folder: Path, file: Path, name: str = "") -> None:
    """Write the model of a checkpoint folder to `file`, in a folder called `name` (its own name, where empty).

    The same content gives the same bytes. Only files that a model consists of are taken, and no links; what explains the model
    is left out where it is larger than `unpack` would take, such as the events of a run of many hours. Raises ValueError for a
    model that is not there or too large, and where the disk is full.
    """
    folder = folder.resolve()
    top = name or folder.name
    if not _is_name(top):
        raise ValueError(
            f"a model cannot be packed as {top[:80]!r}: give a name without slashes, colons and control characters"
        )
    if not folder.is_dir():
        raise ValueError(f"the model {top!r} is not there: it was deleted, or has not been saved yet")
    tokenizers = TOKENIZERS[checkpoint.outline(folder).model.config.shared_vocabulary]
    needed = (CONFIG, WEIGHTS, *tokenizers)
    contents = {}
    for known in [*needed, *TEXTS, event_log.FILE]:
        content, limit = _plain_file(folder / known, LIMITS[known] + 1), LIMITS[known]
        if content is not None and len(content) <= limit:
            contents[known] = content
        elif known in needed:
            fault = "missing or no plain file" if content is None else f"larger than {limit:,} bytes: copy its folder instead"
            raise ValueError(f"the model {top!r} cannot be packed: {known} is {fault}")
    if (size := sum(map(len, contents.values()))) > MAX_UNPACKED_BYTES:
        raise ValueError(
            f"the model {top!r} has {size:,} bytes, and an archive holds {MAX_UNPACKED_BYTES:,}: copy its folder instead"
        )

    def write(beside: Path) -> None:
        with zipfile.ZipFile(beside, "w") as archive:
            for known, content in contents.items():
                about = zipfile.ZipInfo(f"{top}/{known}", _EPOCH)
                about.create_system, about.external_attr = 3, (stat.S_IFREG | 0o644) << 16  # on any system, as on Unix
                # Weights are noise to a compressor: a tenth less for most of the time.
                about.compress_type = zipfile.ZIP_STORED if known == WEIGHTS else zipfile.ZIP_DEFLATED
                archive.writestr(about, content, compresslevel=6)

    with _room():
        replace_file(file, write)


def _plain_file(path: Path, most: int) -> bytes | None:
    """Its first `most` bytes; None where there is no file, or a link or device instead of one."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return None
        with open(path, "rb") as file:
            return file.read(most)
    except FileNotFoundError:
        return None


def unpack(file: Path, folder: Path) -> Checkpoint:
    """Make a checkpoint folder of an archive, and load it. The parent of `folder` must be there, `folder` itself must not.

    Raises ValueError with a sentence fit to be shown; then nothing is left behind.
    """
    if folder.exists():
        raise ValueError(f"there is a model {folder.name!r} already: give another name")
    with _room(), TemporaryDirectory(prefix=".", suffix=".partial", dir=folder.parent) as beside:
        unpacked = Path(beside) / folder.name
        unpacked.mkdir()
        _extract(file, unpacked)
        loaded = _used(unpacked)
        unpacked.rename(folder)
    return loaded


# --- the zip ---


class _Bounded(io.BufferedReader):
    """A file of which no more is read at once than a small archive's index: the zip reader believes any length it finds."""

    def read(self, size: int | None = -1, /) -> bytes:
        most = MAX_READ_BYTES + 1
        data = super().read(most if size is None or size < 0 else min(size, most))
        if len(data) == most:
            raise zipfile.BadZipFile("its list of files is too long")
        return data


@contextmanager
def _reading() -> Iterator[None]:
    """Whatever the zip reader stumbles over is one sentence."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError) as error:
        raise ValueError(f"The archive is not a zip file, or is damaged ({str(error)[:100]}): get it anew") from None
    except OSError:  # its text would name the path
        raise ValueError("The archive cannot be read: get it anew") from None


def _extract(file: Path, folder: Path) -> None:
    with _reading():
        opened = io.FileIO(file)
    with _Bounded(opened) as archive:
        if (size := os.fstat(archive.fileno()).st_size) > MAX_ARCHIVE_BYTES:
            raise ValueError(f"The archive has {size:,} bytes; at most {MAX_ARCHIVE_BYTES:,} can be loaded")
        with _reading():
            index = zipfile.ZipFile(archive)
        with index:
            for name, info in _members(index.infolist()).items():
                _copy(index, info, folder / name)


def _members(infos: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The archive's files by their names in a checkpoint folder, if they are a model's and of allowed sizes."""
    if len(infos) > MAX_MEMBERS:
        raise ValueError(f"The archive holds {len(infos):,} files; a model has at most {len(LIMITS)}")
    members: dict[str, zipfile.ZipInfo] = {}
    folders = set()
    for info in infos:
        path = info.orig_filename  # `filename` is what is left of it in front of a NUL
        top, slash, name = path.rpartition("/")
        folders.add(top)
        is_folder = bool(slash) and not name and not info.file_size
        if (slash and not _is_name(top)) or not (is_folder or name in LIMITS):
            raise ValueError(f"The archive holds {path[:80]!r}; a model's may hold, in one folder, {', '.join(LIMITS)}")
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFDIR if is_folder else stat.S_IFREG):
            raise ValueError(f"The archive holds {path[:80]!r} as a link or device; a model's holds plain files only")
        if info.flag_bits & _ENCRYPTED:
            raise ValueError("The archive is encrypted: pack it without a password")
        if info.compress_type not in _METHODS:
            raise ValueError(f"The archive is compressed by method {info.compress_type}: pack it with deflate, as is usual")
        if is_folder:
            continue
        if name in members:
            raise ValueError(f"The archive holds {name} twice")
        if info.file_size > LIMITS[name]:
            raise ValueError(f"The archive's {name} has {info.file_size:,} bytes; at most {LIMITS[name]:,} can be loaded")
        members[name] = info
    if len(folders) > 1:
        raise ValueError("The archive holds more than one folder; a model's files lie in one")
    if missing := [name for name in (CONFIG, WEIGHTS) if name not in members]:
        raise ValueError(f"The archive holds no {missing[0]}: it is not a model of this app")
    if (total := sum(info.file_size for info in members.values())) > MAX_UNPACKED_BYTES:
        raise ValueError(f"The archive unpacks to {total:,} bytes; at most {MAX_UNPACKED_BYTES:,} can be loaded")
    return members


def _copy(index: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
    """Exactly as many bytes as the index says, which is within the limits, whatever else comes out."""
    copied = 0
    with _reading():
        member = index.open(info)
    with member, open(target, "xb") as out:
        while True:
            with _reading():
                chunk = member.read(CHUNK_BYTES)
            copied += len(chunk)
            if copied > info.file_size or (not chunk and copied < info.file_size):
                raise ValueError(
                    f"The archive says that {target.name} has {info.file_size:,} bytes, which is not so: get it anew"
                )
            if not chunk:
                return
            out.write(chunk)


def _is_name(text: str) -> bool:
    """A single folder's, on any system."""
    return text not in ("", ".", "..") and text.isprintable() and not set(text) & set("/\\:")


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise ValueError("There is no room for the archive on this machine's disk: make room, or try again later") from None


# --- what was in it ---


def _used(folder: Path) -> Checkpoint:
    """The model, once it has been tried and all that lies with it can be read."""
    try:
        _check_texts(folder)
        loaded = checkpoint.load(folder)
        _check_use(loaded, folder)
    except (ValueError, RuntimeError) as error:  # PyTorch's for a kind of number that it cannot convert
        reason = str(error).removeprefix(f"checkpoint {folder.name!r}{UNUSABLE}")
        raise ValueError(f"The archive cannot be used: {_short(reason, folder)}") from None
    return loaded


def _short(reason: str, folder: Path) -> str:
    """Without the name of a folder that nobody has seen, and not as long as a stranger makes it."""
    return " ".join(reason.removeprefix(f"{folder.name}: ").split())[:250]


def _check_texts(folder: Path) -> None:
    for name in TEXTS:
        try:
            text = (folder / name).read_text(encoding="utf-8") if (folder / name).exists() else "{}"
            readable = name == CARD or _is_table(text)
        except (ValueError, RecursionError):
            readable = False
        if not readable:
            raise ValueError(f"{name} is not " + ("text in UTF-8" if name == CARD else "a JSON object"))
    try:
        event_log.read(folder)
    except ValueError as error:
        raise ValueError(f"{event_log.FILE} cannot be read ({_short(str(error), folder)})") from None


def _is_table(text: str) -> bool:
    """Raises ValueError for what is no JSON, or spells half a character, which could be sent to no page."""
    values = json.loads(text)
    json.dumps(values, ensure_ascii=False).encode()
    return isinstance(values, dict)


def _check_use(loaded: Checkpoint, folder: Path) -> None:
    if spare := sorted({path.name for path in folder.glob("*.model")} - loaded.tokenizer.files().keys()):
        raise ValueError(f"{spare[0]} is there, but the model has another tokenizer")
    ids, lengths = pad([[UNK + 1, UNK + 2, EOS]])  # two pieces of any vocabulary
    with torch.inference_mode():
        scores = loaded.model(ids, lengths, ids)
    if not scores.isfinite().all():
        raise ValueError("the model gives values that are not numbers: its weights are damaged")
