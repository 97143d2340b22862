"""Archives with an invalid list of files are refused in a sentence and leave no file."""

from __future__ import annotations

import io
import os
import pickle
import shutil
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.files.crafted import contents_of, craft, plain, refusal
from support.small import make_checkpoint, make_model, small_config

from seq2seq.models.saved import checkpoint
from seq2seq.runs import archive
from seq2seq.runs.archive import pack, unpack
from seq2seq.sources.text import Tokenizer


def also(name: str, content: bytes = b"{}", mode: int = 0, method: int = zipfile.ZIP_DEFLATED) -> Callable[[Path], None]:
    """Add one more file with the given mode."""

    def harm(file: Path) -> None:
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        info.compress_type = method
        with zipfile.ZipFile(file, "a") as out:
            out.writestr(info, content)

    return harm


def patched(name: str, field: tuple[int, int], value: bytes) -> Callable[[Path], None]:
    """Overwrite a field in both headers of the file, at its offsets in the local and in the central header."""

    def harm(file: Path) -> None:
        data = bytearray(file.read_bytes())
        path = f"small/{name}".encode()
        local, central = data.index(path) - 30, data.rindex(path) - 46
        assert data[local : local + 4] == b"PK\3\4" and data[central : central + 4] == b"PK\1\2"
        for start, offset in zip((local, central), field, strict=True):
            data[start + offset : start + offset + len(value)] = value
        file.write_bytes(data)

    return harm


def hidden_name(file: Path) -> None:
    """A name that some readers take for comparison.json, because they stop at the NUL character."""
    also("small/comparison.json~py")(file)
    file.write_bytes(file.read_bytes().replace(b".json~py", b".json\0py"))


def no_text(file: Path) -> None:
    """A name that is marked as UTF-8, but is not."""
    patched("README.md", FLAGS, b"\0\x08")(file)
    file.write_bytes(file.read_bytes().replace(b"README.md", b"READ\xff\xff.md"))


def beyond(file: Path) -> None:
    """A file that starts 2**63 bytes into the archive."""
    info = zipfile.ZipInfo(f"small/{EXTRA}")
    info.extra = struct.pack("<HHQ", 1, 8, 2**63)
    with zipfile.ZipFile(file, "a") as out:
        out.writestr(info, b"{}")
    patched(EXTRA, (22, 42), b"\xff" * 4)(file)


def two_names(file: Path) -> None:
    """A file with different long names in its two headers."""
    craft(file, [(name.replace("small", "y" * 5000), content) for name, content in contents_of(file).items()])
    data = bytearray(file.read_bytes())
    data[30] = ord("z")
    file.write_bytes(data)


def garbled(file: Path) -> None:
    data = bytearray(file.read_bytes())
    start = data.index(b"small/tokenizer.model") + 21
    data[start : start + 50] = b"\xff" * 50
    file.write_bytes(data)


FLAGS, SIZES, SIZE = (6, 8), (18, 20), (22, 24)  # SIZES: packed, followed by unpacked
EXTRA = "comparison.json"
STRANGE = (
    ["small/setup.py", "small/training.safetensors", "/comparison.json", "/etc/comparison.json", "../comparison.json"]
    + ["small/../comparison.json", "./comparison.json", "..\\comparison.json", "small\\sub/comparison.json"]
    + ["C:/comparison.json", "C:comparison.json", "small/sub/comparison.json", "small/sub/", "small//comparison.json"]
    + ["small\n/comparison.json", "small/CONFIG.JSON", "../", "x" * 60_000]
)


@pytest.mark.parametrize("name", STRANGE, ids=lambda name: repr(name[:30]))
def test_unknown_file_name_is_refused(name: str, file: Path, destination: Path) -> None:
    also(name, b"")(file)
    message = f"The archive contains {name[:80]!r}; a model may contain, in one folder, config.json, model.safetensors, "
    assert refusal(file, destination).startswith(message)


LISTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "no zip": (lambda f: f.write_bytes(b"\x80\x04" + bytes(5000)), "is not a zip file, or is damaged"),
    "empty file": (lambda f: f.write_bytes(b""), "is not a zip file, or is damaged"),
    "pickle": (lambda f: f.write_bytes(pickle.dumps({"a": 1})), "is not a zip file, or is damaged"),
    "truncated": (lambda f: os.truncate(f, f.stat().st_size // 2), "is not a zip file, or is damaged"),
    "gone": (lambda f: f.unlink(), "The archive cannot be read"),
    "nothing in it": (lambda f: craft(f, []), "The archive contains no config.json"),
    "no weights": (plain(lambda c: c.pop("model.safetensors")), "The archive contains no model.safetensors"),
    "file as folder": (also("small/", b"content"), "contains 'small/'; a model may contain"),
    "hidden name": (hidden_name, "contains 'small/comparison.json\\x00py'; a model may contain"),
    "two folders": (also("other/comparison.json"), "more than one folder"),
    "folder in other case": (also("SMALL/comparison.json"), "more than one folder"),
    "half in a folder": (also("comparison.json"), "more than one folder"),
    "twice": (also("small/config.json"), "contains config.json twice"),
    "link": (also(f"small/{EXTRA}", b"/etc/passwd", stat.S_IFLNK | 0o777), f"contains 'small/{EXTRA}' as a link or device"),
    "linked folder": (also("small/", b"", stat.S_IFLNK | 0o777), "contains 'small/' as a link or device"),
    "device": (also(f"small/{EXTRA}", b"", stat.S_IFCHR | 0o666), "as a link or device"),
    "folder instead": (also(f"small/{EXTRA}", b"", stat.S_IFDIR | 0o755), "as a link or device"),
    "encrypted": (patched("README.md", FLAGS, b"\1\0"), "is encrypted: pack it without a password"),
    "strongly encrypted": (patched("README.md", FLAGS, b"\x40\0"), "damaged (strong encryption"),
    "method": (also(f"small/{EXTRA}", b"{}", method=zipfile.ZIP_LZMA), "is compressed by method 14: pack it with method 8"),
    "many": (lambda f: craft(f, [(f"small/{i}", b"") for i in range(99)]), "contains 99 files; a model has at most 12"),
    "very many": (lambda f: craft(f, [(f"small/{i}", b"") for i in range(5000)]), "its list of files is too long"),
    "text bomb": (
        plain(lambda c: c.update({"README.md": bytes(50_000_000)})),
        "README.md has 50,000,000 bytes; at most 1,000,000",
    ),
    "bomb": (
        plain(lambda c: c.update({"model.safetensors": bytes(150_000_000)})),
        "model.safetensors has 150,000,000 bytes; at",
    ),
    "no text": (no_text, "damaged ('utf-8' codec"),
    "two names": (two_names, "damaged (File name in directory"),
    "garbled": (garbled, "damaged (Error -3 while decompressing"),
    "beyond": (beyond, "damaged (cannot fit"),
    "cut off": (patched("model.safetensors", SIZES, struct.pack("<II", 10**7, 10**7)), "is not a zip file, or is damaged"),
    "says less": (patched("README.md", SIZE, struct.pack("<I", 3)), "damaged (Bad CRC-32 for file 'small/README.md'"),
    "says more": (patched("README.md", SIZE, struct.pack("<I", 99)), "lists README.md with 99 bytes, but its size differs"),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("case", LISTS)
def test_invalid_file_list_is_refused(case: str, file: Path, destination: Path) -> None:
    harm, message = LISTS[case]
    harm(file)
    text = refusal(file, destination)
    assert text.startswith("The archive") and message in text, text


def test_sizes_are_limited_packed_and_unpacked(file: Path, destination: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    total = sum(map(len, contents_of(file).values()))
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", total - 1)
    assert f"The archive unpacks to {total:,} bytes; at most {total - 1:,} can be loaded" in refusal(file, destination)
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", total)
    size = file.stat().st_size
    monkeypatch.setattr(archive, "MAX_ARCHIVE_BYTES", size - 1)
    assert f"The archive has {size:,} bytes; at most {size - 1:,} can be loaded" in refusal(file, destination)
    monkeypatch.setattr(archive, "MAX_ARCHIVE_BYTES", size)
    unpack(file, destination)


def test_unpack_writes_no_more_than_declared(file: Path, destination: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even a zip reader that returns more bytes than the headers declare must not fill the disk."""
    reads: list[int] = []

    class Long(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            reads.append(size or 0)
            return super().read(size)

    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: Long(bytes(10_000_000)))
    assert "The archive lists config.json with" in refusal(file, destination)
    assert len(reads) == 1


@pytest.fixture(scope="module")
def packed(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("packed")
    checkpoint.save(make_checkpoint(make_model(small_config()), tokenizer), base / "small")
    pack(base / "small", base / "small.zip")
    (base / "loaded").mkdir()
    return base / "small.zip"


@given(st.lists(st.tuples(st.integers(1, 400), st.integers(0, 255)), min_size=1, max_size=3))
def test_damaged_index_is_refused_or_harmless(packed: Path, changes: list[tuple[int, int]]) -> None:
    data, file, destination = (
        bytearray(packed.read_bytes()),
        packed.with_name("damaged.zip"),
        packed.parent / "loaded" / "theirs",
    )
    for back, value in changes:
        data[-back] = value
    file.write_bytes(data)
    try:
        unpack(file, destination)
    except ValueError:
        assert refusal(file, destination).startswith("The archive")
    else:
        assert contents_of(packed) == {f"small/{path.name}": path.read_bytes() for path in destination.iterdir()}
        shutil.rmtree(destination)
