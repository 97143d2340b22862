"""A model survives packing and unpacking; an archive contains the files of the model and no others."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import zipfile
from pathlib import Path

import pytest
from support.files.crafted import contents_of, craft, names, refusal
from support.small import CONFIGS, make_checkpoint, make_model, small_config

from seq2seq.decoding.translator import Translator
from seq2seq.models.architectures import ARCHITECTURES
from seq2seq.models.saved import checkpoint
from seq2seq.runs import archive
from seq2seq.runs.archive import pack, unpack
from seq2seq.sources.text import Tokenizer

FILES = [
    "config.json",
    "model.safetensors",
    "tokenizer.model",
    "README.md",
    "results.json",
    "exposure.json",
    "alignment.json",
    "replies.json",
    "events.jsonl",
]


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
    with pytest.raises(ValueError, match=r"'small' has [0-9,]+ bytes; at most 10,000 can be loaded again: copy its folder"):
        pack(folder, file)
    monkeypatch.undo()
    size = (folder / "events.jsonl").stat().st_size
    monkeypatch.setitem(archive.LIMITS, "events.jsonl", size - 1)  # events too large: the model is packed without them
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
