"""Pack a model's checkpoint folder into a zip file, and unpack such a zip from an untrusted source.

An archive is unpacked into a temporary folder, within fixed limits on names and sizes. The model moves to its place only after
it has been loaded and has computed finite values. Every error is one ValueError with one sentence, and leaves no file.
"""

from __future__ import annotations

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
from seq2seq.files import FULL, BoundedReader, replace_file
from seq2seq.models.saved import checkpoint
from seq2seq.models.saved.checkpoint import (
    CONFIG,
    MAX_CONFIG_BYTES,
    MAX_TOKENIZER_BYTES,
    TOKENIZERS,
    UNUSABLE,
    WEIGHTS,
    Checkpoint,
)
from seq2seq.runs import reports
from seq2seq.runs.card import RESULTS
from seq2seq.sources.kinds import kind_of
from seq2seq.training import event_log

MAX_ARCHIVE_BYTES = 100_000_000
MAX_UNPACKED_BYTES = 99_000_000  # of all files together; below the limit above, so that `unpack` accepts what `pack` writes
CARD = "README.md"
TEXTS = (CARD, RESULTS, *reports.FILES)
LIMITS = {  # the files of a model, and the maximum bytes of each
    CONFIG: MAX_CONFIG_BYTES,
    WEIGHTS: MAX_UNPACKED_BYTES,
    **{name: MAX_TOKENIZER_BYTES for names in TOKENIZERS.values() for name in names},
    CARD: 1_000_000,
    **dict.fromkeys((RESULTS, *reports.FILES), reports.MAX_BYTES),
    event_log.FILE: 10_000_000,  # three hours of training; a file of brackets would parse into half a gigabyte of objects
}
MAX_MEMBERS = len(LIMITS) + 1  # the files and the folder
MAX_READ_BYTES = 1 << 17  # the most that the zip reader may request at once; its search for the index needs half of it
CHUNK_BYTES = 1 << 16
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date of the zip format
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def pack(folder: Path, file: Path, name: str = "") -> None:
    """Write the model of a checkpoint folder to `file`, in a folder called `name` (default: the name of `folder`).

    The same content gives the same bytes. Only a model's own files are packed, and no links. Files that the model does not need
    are left out if they are too large for `unpack`, such as the events of a run of many hours. Raises ValueError for a model
    that does not exist or is too large, and if the disk is full.
    """
    top = name or folder.resolve().name
    if not _is_name(top):
        raise ValueError(
            f"a model cannot be packed as {top[:80]!r}: choose a name without slashes, colons and control characters"
        )
    packed = contents(folder, top, ": copy its folder instead")

    def write(partial: Path) -> None:
        with zipfile.ZipFile(partial, "w") as archive:
            for file_name, content in packed.items():
                about = zipfile.ZipInfo(f"{top}/{file_name}", _EPOCH)
                about.create_system, about.external_attr = 3, (stat.S_IFREG | 0o644) << 16  # the same bytes on every system
                # Weights are close to noise: compression would save a tenth and take most of the time.
                about.compress_type = zipfile.ZIP_STORED if file_name == WEIGHTS else zipfile.ZIP_DEFLATED
                archive.writestr(about, content, compresslevel=6)

    with _report_full_disk():
        replace_file(file, write)


def contents(folder: Path, top: str, instead: str = "") -> dict[str, bytes]:
    """Return the files of the model in a checkpoint folder, by name, as far as `unpack` would accept them.

    Files that the model does not need are left out if they are too large. Raises ValueError, which calls the model `top`, for a
    model that does not exist, is incomplete, or is too large; then it says what to do `instead`.
    """
    folder = folder.resolve()
    if not folder.is_dir():
        raise ValueError(f"the model {top!r} does not exist: it was deleted, or has not been saved yet")
    tokenizers = TOKENIZERS[checkpoint.outline(folder).model.config.shared_vocabulary]
    needed = (CONFIG, WEIGHTS, *tokenizers)
    found = {}
    for file_name in [*needed, *TEXTS, event_log.FILE]:
        content, limit = _plain_file(folder / file_name, LIMITS[file_name] + 1), LIMITS[file_name]
        if content is not None and len(content) <= limit:
            found[file_name] = content
        elif file_name in needed:
            fault = "missing or no regular file" if content is None else f"larger than {limit:,} bytes{instead}"
            raise ValueError(f"the model {top!r} cannot be packed: {file_name} is {fault}")
    if (size := sum(map(len, found.values()))) > MAX_UNPACKED_BYTES:
        raise ValueError(f"the model {top!r} has {size:,} bytes; at most {MAX_UNPACKED_BYTES:,} can be loaded again{instead}")
    return found


def _plain_file(path: Path, most: int) -> bytes | None:
    """Return the first `most` bytes of a regular file; None if it does not exist or is a link or device."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return None
        with open(path, "rb") as file:
            return file.read(most)
    except FileNotFoundError:
        return None


def unpack(file: Path, folder: Path) -> Checkpoint:
    """Unpack an archive into a new checkpoint folder and load the model. The parent of `folder` must exist, `folder` must not.

    Raises ValueError with a sentence for users; then no file is left.
    """
    if folder.exists():
        raise ValueError(f"there is a model {folder.name!r} already: choose another name")
    with _report_full_disk(), TemporaryDirectory(prefix=".", suffix=".partial", dir=folder.parent) as partial:
        unpacked = Path(partial) / folder.name
        unpacked.mkdir()
        _extract(file, unpacked)
        loaded = load_checked(unpacked)
        unpacked.rename(folder)
    return loaded


# --- the zip ---


@contextmanager
def _reading() -> Iterator[None]:
    """Turn every error of the zip reader into one sentence."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError) as error:
        raise ValueError(f"The archive is not a zip file, or is damaged ({str(error)[:100]}): get a new copy") from None
    except OSError:  # its message contains the path
        raise ValueError("The archive cannot be read: get a new copy") from None


def _extract(file: Path, folder: Path) -> None:
    with _reading():
        opened = BoundedReader(file, MAX_READ_BYTES)
    with opened as archive:
        if (size := os.fstat(archive.fileno()).st_size) > MAX_ARCHIVE_BYTES:
            raise ValueError(f"The archive has {size:,} bytes; at most {MAX_ARCHIVE_BYTES:,} can be loaded")
        with _reading():
            index = zipfile.ZipFile(archive)
        with index:
            for name, info in _members(index.infolist()).items():
                _copy(index, info, folder / name)


def _members(infos: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """Return the archive's files by their names in a checkpoint folder, after checking names, kinds and sizes."""
    if len(infos) > MAX_MEMBERS:
        raise ValueError(f"The archive contains {len(infos):,} files; a model has at most {len(LIMITS)}")
    members: dict[str, zipfile.ZipInfo] = {}
    folders = set()
    for info in infos:
        path = info.orig_filename  # the full name; `filename` ends at a NUL character
        top, slash, name = path.rpartition("/")
        folders.add(top)
        is_folder = bool(slash) and not name and not info.file_size
        if (slash and not _is_name(top)) or not (is_folder or name in LIMITS):
            raise ValueError(f"The archive contains {path[:80]!r}; a model may contain, in one folder, {', '.join(LIMITS)}")
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFDIR if is_folder else stat.S_IFREG):
            raise ValueError(f"The archive contains {path[:80]!r} as a link or device; a model has regular files only")
        if info.flag_bits & _ENCRYPTED:
            raise ValueError("The archive is encrypted: pack it without a password")
        if info.compress_type not in _METHODS:
            raise ValueError(f"The archive is compressed by method {info.compress_type}: pack it with method 8, deflate")
        if is_folder:
            continue
        if name in members:
            raise ValueError(f"The archive contains {name} twice")
        if info.file_size > LIMITS[name]:
            raise ValueError(f"The archive's {name} has {info.file_size:,} bytes; at most {LIMITS[name]:,} can be loaded")
        members[name] = info
    if len(folders) > 1:
        raise ValueError("The archive contains more than one folder; put the model's files into one")
    if missing := [name for name in (CONFIG, WEIGHTS) if name not in members]:
        raise ValueError(f"The archive contains no {missing[0]}: it is not a model of this app")
    if (total := sum(info.file_size for info in members.values())) > MAX_UNPACKED_BYTES:
        raise ValueError(f"The archive unpacks to {total:,} bytes; at most {MAX_UNPACKED_BYTES:,} can be loaded")
    return members


def _copy(index: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
    """Copy a file. Raises ValueError unless it has exactly as many bytes as the index says, which is within the limits."""
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
                    f"The archive lists {target.name} with {info.file_size:,} bytes, but its size differs: get a new copy"
                )
            if not chunk:
                return
            out.write(chunk)


def _is_name(text: str) -> bool:
    """Return whether the text is a valid name for one folder on any system."""
    return text not in ("", ".", "..") and text.isprintable() and not set(text) & set("/\\:")


@contextmanager
def _report_full_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise ValueError("There is no room for the archive on this machine's disk: make room, or try again later") from None


# --- the unpacked model ---


def load_checked(folder: Path, whole: str = "The archive") -> Checkpoint:
    """Load the model, run it once, and check that all files with it can be read.

    Raises ValueError with a sentence about `whole`, the place that the folder came from.
    """
    try:
        _check_texts(folder)
        loaded = checkpoint.load(folder)
        _check_use(loaded, folder)
    except (ValueError, RuntimeError) as error:  # RuntimeError: PyTorch cannot convert a number type
        reason = str(error).removeprefix(f"checkpoint {folder.name!r}{UNUSABLE}")
        raise ValueError(f"{whole} cannot be used: {_short(reason, folder)}") from None
    return loaded


def _short(reason: str, folder: Path) -> str:
    """Return the reason without the temporary folder's name, and at most 250 characters long."""
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
    """Return whether the JSON is an object. Raises ValueError for invalid JSON, or half a surrogate pair in it."""
    values = json.loads(text)
    json.dumps(values, ensure_ascii=False).encode()
    return isinstance(values, dict)


def _check_use(loaded: Checkpoint, folder: Path) -> None:
    if spare := sorted({path.name for path in folder.glob("*.model")} - loaded.tokenizer.files().keys()):
        raise ValueError(f"it contains {spare[0]}, but the model has another tokenizer")
    ids = [UNK + 1, UNK + 2, EOS]  # two pieces that every vocabulary has
    kind = kind_of(loaded.model.config)
    source = ids if kind.is_text else kind.reader(loaded.tokenizer.source, "", True).read(kind.example)
    with torch.inference_mode():
        scores = loaded.model(*pad([source]), pad([ids])[0])
    if not scores.isfinite().all():
        raise ValueError("the model computes values that are not finite numbers: its weights are damaged")
