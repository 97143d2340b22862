"""Tests of archives: a model survives packing and unpacking; any other archive is refused in a sentence and leaves no file."""

import errno
import io
import json
import os
import pickle
import shutil
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load, save
from support.files.crafted import Contents, becomes, contents_of, craft, names, plain, refusal
from support.small import CONFIGS, make_checkpoint, make_model, small_config

from seq2seq.decoding.translator import Translator
from seq2seq.models import checkpoint
from seq2seq.models.architectures import ARCHITECTURES
from seq2seq.runs import archive
from seq2seq.runs.archive import pack, unpack
from seq2seq.sources.text import Tokenizer
from seq2seq.training import event_log
from seq2seq.training.events import Finished

EVENT = event_log.to_json(Finished(update=9, epochs=1.0, best_loss=2.0, seconds=3.0)) + "\n"
FILES = ["config.json", "model.safetensors", "tokenizer.model", "README.md", "results.json", "exposure.json", "events.jsonl"]


@pytest.fixture
def folder(tmp_path: Path, tokenizer: Tokenizer) -> Path:
    """Return a run's folder with the model, its texts, and private files that must not be packed."""
    folder = tmp_path / "made" / "small"
    checkpoint.save(make_checkpoint(make_model(small_config()), tokenizer), folder)
    (folder / "README.md").write_text("# A café\n", encoding="utf-8")
    (folder / "results.json").write_text('{"training": {}, "evaluations": []}')
    (folder / "exposure.json").write_text("{}")
    (folder / "events.jsonl").write_text(EVENT)
    for other in ("training.safetensors", "source.model", ".config.json.partial", "notes.txt"):
        (folder / other).write_text("a secret")
    (folder / "sub").mkdir()
    (folder / "sub" / "config.json").write_text("a secret")
    return folder


@pytest.fixture
def file(folder: Path, tmp_path: Path) -> Path:
    pack(folder, tmp_path / "small.zip")
    return tmp_path / "small.zip"


@pytest.fixture
def destination(tmp_path: Path) -> Path:
    """Return the folder for the unpacked model; its parent is empty before, and after a failure."""
    (tmp_path / "loaded").mkdir()
    return tmp_path / "loaded" / "theirs"


# --- pack and unpack ---


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_unpacked_model_translates_exactly_the_same(architecture: str, tokenizer: Tokenizer, tmp_path: Path) -> None:
    made = tmp_path / "small"
    checkpoint.save(make_checkpoint(make_model(CONFIGS[f"{architecture}-usual"]), tokenizer), made)
    pack(made, tmp_path / "a.zip")
    before = Translator.load(made).translate("the cat likes a red boat.")
    shutil.rmtree(made)
    assert Translator(unpack(tmp_path / "a.zip", made)).translate("the cat likes a red boat.") == before
    assert Translator.load(made).translate("the cat likes a red boat.") == before


def test_two_vocabularies_are_packed(pairs: list[tuple[str, str]], tmp_path: Path) -> None:
    apart = Tokenizer.train(pairs, 290, shared=False)
    config = small_config(source_vocabulary=290, target_vocabulary=290, shared_vocabulary=False, tied_embeddings=False)
    checkpoint.save(make_checkpoint(make_model(config), apart), tmp_path / "small")
    pack(tmp_path / "small", tmp_path / "a.zip")
    assert unpack(tmp_path / "a.zip", tmp_path / "theirs").tokenizer.files() == apart.files()


def test_archive_contains_only_the_files_of_the_model(folder: Path, file: Path, destination: Path) -> None:
    assert contents_of(file) == {f"small/{name}": (folder / name).read_bytes() for name in FILES}
    assert unpack(file, destination).name == "theirs"
    assert {path.name: path.read_bytes() for path in destination.iterdir()} == {n: (folder / n).read_bytes() for n in FILES}
    assert names(destination.parent) == ["theirs"] and stat.S_IMODE(destination.stat().st_mode) & stat.S_IRUSR
    assert names(file.parent) == ["loaded", "made", "small.zip"]  # no partial file


def test_same_content_gives_the_same_bytes(folder: Path, file: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere" / "small"
    moved.mkdir(parents=True)
    for path in sorted(folder.glob("*.*"), reverse=True):
        shutil.copyfile(path, moved / path.name)
        os.utime(moved / path.name, (1e9, 1e9))
        (moved / path.name).chmod(0o600)
    pack(moved, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == file.read_bytes()
    pack(moved, tmp_path / "again.zip", name="my model")
    assert set(contents_of(tmp_path / "again.zip")) == {f"my model/{name}" for name in FILES}


def test_unpack_reads_archives_of_other_programs(file: Path, destination: Path) -> None:
    contents = contents_of(file)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        out.comment = b"from elsewhere" * 4000
        out.mkdir("small")
        for name, content in contents.items():
            out.writestr(name, content)
    unpack(file, destination)
    craft(file, [(name.rpartition("/")[2], content) for name, content in contents.items()], zipfile.ZIP_STORED)
    unpack(file, destination.with_name("flat"))


# --- packing ---


def test_pack_does_not_follow_links(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("of this machine")
    (folder / "README.md").unlink()
    (folder / "README.md").symlink_to(tmp_path / "secret")
    pack(folder, tmp_path / "a.zip")
    assert set(contents_of(tmp_path / "a.zip")) == {f"small/{name}" for name in FILES if name != "README.md"}
    (folder / "tokenizer.model").rename(tmp_path / "moved.model")
    (folder / "tokenizer.model").symlink_to(tmp_path / "moved.model")
    with pytest.raises(ValueError, match=r"'small' cannot be packed: tokenizer.model is missing or no regular file"):
        pack(folder, tmp_path / "b.zip")
    assert not (tmp_path / "b.zip").exists()


def test_pack_refuses_what_unpack_would_refuse(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.zip"
    with pytest.raises(ValueError, match="cannot be packed as 'a/b': choose a name without slashes"):
        pack(folder, file, "a/b")
    with pytest.raises(ValueError, match=r"^the model 'nowhere' does not exist: "):
        pack(tmp_path / "nowhere", file)
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 10_000)
    with pytest.raises(ValueError, match=r"'small' has [0-9,]+ bytes; an archive holds at most 10,000: copy its folder"):
        pack(folder, file)
    monkeypatch.undo()
    monkeypatch.setitem(archive.LIMITS, "events.jsonl", len(EVENT) - 1)  # events too large: the model is packed without them
    pack(folder, file)
    assert set(contents_of(file)) == {f"small/{name}" for name in FILES if name != "events.jsonl"}
    monkeypatch.setitem(archive.LIMITS, "model.safetensors", 9000)
    with pytest.raises(ValueError, match=r"cannot be packed: model.safetensors is larger than 9,000 bytes: copy its folder"):
        pack(folder, file)


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device", "/secret/path")


def test_full_disk_is_explained_and_leaves_no_file(
    folder: Path, file: Path, destination: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "_copy", full)
    assert refusal(file, destination).startswith("There is no room for the archive on this machine's disk")
    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(ValueError, match="There is no room for the archive"):
        pack(folder, tmp_path / "made" / "b.zip")
    assert names(tmp_path / "made") == ["small"]


def test_other_disk_errors_are_not_blamed_on_the_archive(
    file: Path, destination: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(archive, "_copy", denied)
    with pytest.raises(PermissionError):
        unpack(file, destination)
    assert not names(destination.parent)


# --- hostile lists of files ---


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
    "many": (lambda f: craft(f, [(f"small/{i}", b"") for i in range(99)]), "contains 99 files; a model has at most 10"),
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


# --- hostile contents ---


def weights(change: Callable[[dict[str, torch.Tensor]], object]) -> Callable[[Path], None]:
    def change_file(contents: Contents) -> None:
        state = load(contents["model.safetensors"])
        change(state)
        contents["model.safetensors"] = save(state)

    return plain(change_file)


def of_kind_f4(contents: Contents) -> None:
    """Store the same shapes as numbers of four bits, which PyTorch knows but cannot convert."""
    header, end = {}, 0
    for name, tensor in load(contents["model.safetensors"]).items():
        start, end = end, end + tensor.numel() // 2
        header[name] = {"dtype": "F4", "shape": list(tensor.shape), "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    contents["model.safetensors"] = struct.pack("<Q", len(text)) + text + bytes(end)


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch exploded",)


def in_large_fp32(state: dict[str, torch.Tensor]) -> None:
    """Write all parameters in fp32, so large that the model's sums overflow."""
    for name in [name for name in state if not name.endswith(".scale")]:
        state.pop(f"{name}.scale", None)
        state[name] = state[name].float() * 1e36


CONTENTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "pickled weights": (becomes("model.safetensors", pickle.dumps(Bomb())), "model.safetensors is truncated or of"),
    "cut weights": (plain(lambda c: c.update({"model.safetensors": c["model.safetensors"][:9000]})), "truncated or of another"),
    "not a number": (weights(lambda s: s["output.bias"].fill_(float("nan"))), "not finite, in output.bias"),
    "infinite": (weights(lambda s: s["output.bias"].fill_(float("inf"))), "not finite, in output.bias"),
    "overflow": (weights(in_large_fp32), "values that are not finite"),
    "four bits": (plain(of_kind_f4), ""),
    "other config": (becomes("config.json", b"{}"), "config.json is not of format"),
    "endless setting": (
        plain(lambda c: c.update({"config.json": c["config.json"].replace(b'"gru"', b'"' + b"g" * 9000 + b'"')})),
        "cell must be one of",
    ),
    "no tokenizer": (plain(lambda c: c.pop("tokenizer.model")), "cannot be used: tokenizer.model is missing"),
    "spare tokenizer": (becomes("source.model", b"a secret"), "contains source.model, but the model has another"),
    "card": (becomes("README.md", b"\xff\xfe"), "README.md is not text in UTF-8"),
    "results": (becomes("results.json", b"[]"), "results.json is not a JSON object"),
    "results of text": (becomes("results.json", b"{'a': 1}"), "results.json is not a JSON object"),
    "deep comparison": (becomes("comparison.json", b"[" * 100_000), "comparison.json is not a JSON object"),
    "binary exposure": (becomes("exposure.json", b"\xff"), "exposure.json is not a JSON object"),
    "events": (becomes("events.jsonl", b"{}\n"), "events.jsonl cannot be read (not an event"),
    "unknown event": (
        becomes("events.jsonl", b'{"event": "' + b"x\\n" * 9000 + b'"}\n'),
        "events.jsonl cannot be read (event must",
    ),
    "odd field": (becomes("events.jsonl", b'{"event": "Finished", "a\\nb": 1}\n'), r"not an event: unknown field 'a\nb'"),
    "binary events": (becomes("events.jsonl", b"\xff\n"), "events.jsonl cannot be read"),
}


@pytest.mark.parametrize("case", CONTENTS)
def test_invalid_model_is_refused(case: str, file: Path, destination: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    harm, message = CONTENTS[case]
    harm(file)
    text = refusal(file, destination)
    assert text.startswith("The archive cannot be used: ") and message in text and "theirs" not in text, text
    assert not (file.parent / "exploded").exists()


def test_unpack_does_not_overwrite_a_model(file: Path, destination: Path) -> None:
    destination.mkdir()
    with pytest.raises(ValueError, match="there is a model 'theirs' already: choose another name"):
        unpack(file, destination)
    assert destination.is_dir() and names(destination.parent) == ["theirs"]


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
