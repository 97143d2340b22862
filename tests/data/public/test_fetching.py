"""An archive is fetched once, checked and kept; a failed fetch leaves no file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.apps.archive_server import ARCHIVE, LIMIT, OTHER, Server, names, refusal, sha256

from seq2seq.data.public import downloads
from seq2seq.data.public.downloads import Fetched, fetch, pairs


def test_archive_is_fetched_once_and_cached_with_its_checksum(server: Server, tmp_path: Path) -> None:
    cache, corpus = tmp_path / "not" / "yet", server.corpus()
    expected = Fetched(cache / "xx-eng.zip", sha256(ARCHIVE), corpus.files[0].address)
    assert fetch(corpus, cache) == (expected,)
    assert expected.path.read_bytes() == ARCHIVE
    assert names(cache) == ["xx-eng.zip", "xx-eng.zip.sha256"]
    assert (cache / "xx-eng.zip.sha256").read_text() == sha256(ARCHIVE)
    server.sends(OTHER)
    assert fetch(corpus, cache) == (replace(expected, origin="cache"),)
    assert server.paths == ["/xx-eng.zip"] and server.agents == ["seq2seq-unrolled"]


def test_archive_with_a_known_checksum_needs_no_note(server: Server, tmp_path: Path) -> None:
    corpus = server.corpus(sha256=sha256(ARCHIVE))
    assert [fetch(corpus, tmp_path)[0].origin for _ in range(2)] == [corpus.files[0].address, "cache"]
    assert names(tmp_path) == ["xx-eng.zip"] and len(server.paths) == 1


@pytest.mark.parametrize("pinned", [None, sha256(ARCHIVE)], ids=["noted", "pinned"])
@pytest.mark.parametrize("damage", [b"", ARCHIVE[:-1], OTHER, bytes(LIMIT + 1)], ids=["empty", "cut", "other", "long"])
def test_damaged_cached_archive_is_fetched_again(damage: bytes, pinned: str | None, server: Server, tmp_path: Path) -> None:
    corpus = server.corpus(sha256=pinned)
    fetched = fetch(corpus, tmp_path)
    fetched[0].path.write_bytes(damage)
    with pytest.raises(ValueError):
        pairs(corpus, fetched)
    assert fetch(corpus, tmp_path) == fetched and len(server.paths) == 2
    assert fetched[0].path.read_bytes() == ARCHIVE


def test_cached_archive_without_a_note_is_fetched_again(server: Server, tmp_path: Path) -> None:
    (tmp_path / "xx-eng.zip").write_bytes(OTHER)
    assert fetch(server.corpus(), tmp_path)[0].sha256 == sha256(ARCHIVE)


def test_fetch_reports_its_progress(server: Server, tmp_path: Path) -> None:
    reports: list[tuple[int, int | None]] = []
    fetch(server.corpus(), tmp_path, report=lambda done, total: reports.append((done, total)))
    assert reports[0] == (0, len(ARCHIVE)) and reports[-1] == (len(ARCHIVE), len(ARCHIVE)) and reports == sorted(reports)
    reports.clear()
    server.sends(ARCHIVE, length=-1)
    fetch(server.corpus(), tmp_path / "other", report=lambda done, total: reports.append((done, total)))
    assert reports[0] == (0, None) and reports[-1] == (len(ARCHIVE), None)


def test_interrupted_fetch_leaves_no_file(server: Server, tmp_path: Path) -> None:
    def stop(done: int, total: int | None) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(server.corpus(), tmp_path, report=stop)
    assert not names(tmp_path)


def test_two_concurrent_fetches_both_succeed(server: Server, tmp_path: Path) -> None:
    corpus, inner = server.corpus(), []

    def meanwhile(done: int, total: int | None) -> None:
        if done and not inner:
            inner.append(None)
            inner[0] = fetch(corpus, tmp_path)

    assert fetch(corpus, tmp_path, report=meanwhile) == inner[0]
    assert fetch(corpus, tmp_path)[0].origin == "cache" and names(tmp_path) == ["xx-eng.zip", "xx-eng.zip.sha256"]


def test_unwritable_cache_folder_is_explained(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ValueError, match=r"^xx-eng\.zip cannot be saved: .+\."):
        fetch(server.corpus(), tmp_path / "file")


def test_failed_write_leaves_no_file(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(downloads.os, "replace", full)
    assert "cannot be saved: the disk of this machine is full: make room on it" in refusal(server.corpus(), tmp_path)
