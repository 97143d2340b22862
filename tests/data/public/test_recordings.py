"""An archive of recordings is unpacked into a folder of voices."""

import io
import zipfile
from pathlib import Path

import pytest
from support.shell import run

from seq2seq.data.public.corpora import recordings
from seq2seq.data.public.downloads import FOLDER
from seq2seq.sources.sound import voices
from seq2seq.sources.sound.reader import wav


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            digit = int(Path(name).name[0]) if Path(name).name[0].isdigit() else 0
            file.writestr(name, wav(voices.clip("amy", voices.WORDS[digit], 0)))
    return buffer.getvalue()


def test_recordings_are_unpacked_and_become_a_voice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copies = tmp_path / "copies"
    copies.mkdir()
    names = [f"digits-master/recordings/{digit}_ada_3.wav" for digit in range(10)]
    (copies / "free-spoken-digit-dataset.zip").write_bytes(archive(*names, "digits-master/README.md", "../../0_bad_1.wav"))
    monkeypatch.setenv(FOLDER, str(copies))
    printed = run(capsys, "fetch", "digits-spoken", "--out", str(tmp_path / "out"))
    folder = tmp_path / "out" / "recordings"
    assert f"{voices.FOLDER}={folder}" in printed and "CC BY-SA 4.0" in printed
    # A name in the archive cannot lead out of the folder.
    assert {path.name for path in folder.iterdir()} == {f"{digit}_ada_3.wav" for digit in range(10)} | {"0_bad_1.wav"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copies", "out"]
    monkeypatch.setenv(voices.FOLDER, str(folder))
    assert voices.recorded() == {"ada": (3,)}


def test_an_archive_without_recordings_is_refused() -> None:
    for content in (archive("notes.txt"), b"no archive"):
        with pytest.raises(ValueError, match=r"no recording of a digit|not the expected archive"):
            list(recordings(content))
