"""Copies of archives on disk are used instead of the network, and checked like downloads."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.apps.archive_server import ARCHIVE, LIMIT, OTHER, Server, names, refusal, sha256

from seq2seq.data.public.downloads import Fetched, copies_in, fetch, pairs


@pytest.mark.parametrize("pinned", [None, sha256(OTHER)], ids=["free", "pinned"])
def test_copy_is_used_instead_of_the_network(pinned: str | None, server: Server, copies: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    fetch(server.corpus(), cache)
    server.paths.clear()
    fetched = fetch(server.corpus(sha256=pinned), cache, copies=copies)
    assert fetched == (Fetched(copies / "xx-eng.zip", sha256(OTHER), "copy"),)
    assert not server.paths and names(copies) == ["xx-eng.zip"]
    assert pairs(server.corpus(), fetched)[1][0][1].startswith("Saying")


def test_archive_without_a_copy_is_fetched(server: Server, copies: Path, tmp_path: Path) -> None:
    (copies / "xx-eng.zip").unlink()
    assert fetch(server.corpus(), tmp_path / "cache", copies=copies)[0].origin == server.corpus().files[0].address
    assert not names(copies)


def test_damaged_copy_is_an_error(server: Server, copies: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    start = "The copy xx-eng.zip in the folder that SEQ2SEQ_CORPORA names cannot be used: "
    wrong = f"its SHA-256 is {sha256(OTHER)}, not {sha256(ARCHIVE)}"
    assert refusal(server.corpus(sha256=sha256(ARCHIVE)), cache, copies=copies).startswith(start + wrong)
    (copies / "xx-eng.zip.sha256").write_text(f"{sha256(ARCHIVE)}  xx-eng.zip\n")
    assert refusal(server.corpus(), cache, copies=copies).startswith(start + wrong)
    (copies / "xx-eng.zip.sha256").unlink()
    for content, why in (
        (OTHER[:-9], "it is not the expected archive"),
        (bytes(LIMIT + 1), f"xx-eng.zip has more than {LIMIT:,} bytes"),
    ):
        (copies / "xx-eng.zip").write_bytes(content)
        text = refusal(server.corpus(), cache, copies=copies)
        assert text.startswith(start + why) and text.endswith("remove it to have the file fetched.")
    (copies / "xx-eng.zip").unlink()
    (copies / "xx-eng.zip").mkdir()
    assert refusal(server.corpus(), cache, copies=copies).startswith(f"{start}xx-eng.zip cannot be read")
    assert not server.paths


def test_copies_folder_is_read_from_the_environment(tmp_path: Path) -> None:
    assert copies_in({}) is None and copies_in({"SEQ2SEQ_CORPORA": ""}) is None
    assert copies_in({"SEQ2SEQ_CORPORA": str(tmp_path)}) == tmp_path
    with pytest.raises(
        ValueError, match=r"^SEQ2SEQ_CORPORA must name a folder with copies of public corpora, but 'nowhere' is not"
    ):
        copies_in({"SEQ2SEQ_CORPORA": "nowhere"})
