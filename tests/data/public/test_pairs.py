"""The pairs of fetched archives: normalised, without repetition, in a training and a validation part."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.apps.archive_server import LIMIT, OTHER, Server, sha256
from support.files.archives import TABLE, tarred, zipped

from seq2seq.data.public.corpora import Remote
from seq2seq.data.public.downloads import fetch, pairs


def test_pairs_are_normalised_deduplicated_and_swapped(server: Server, tmp_path: Path) -> None:
    text = TABLE.decode() + "It’s  I.\tC’est\u202fmoi.\nIt's I.\tC'est moi.\t\nIt's I.\tMoi.\n\u200b\tnothing\n"
    server.sends(zipped({"xx.txt": text.encode()}))
    corpus = server.corpus()
    train, valid = pairs(corpus, fetch(corpus, tmp_path))
    assert train[-2:] == [("It's I.", "C'est moi."), ("It's I.", "Moi.")] and len(train) + len(valid) == 402
    assert valid and all(pair in {(f"Sentence {n}.", f"Phrase {n}.") for n in range(400)} for pair in valid)
    back = replace(corpus, swapped=True)
    assert pairs(back, fetch(back, tmp_path)) == ([(b, a) for a, b in train], [(b, a) for a, b in valid])


def test_two_archives_keep_their_makers_split(server: Server, tmp_path: Path) -> None:
    texts = [("train", b"One.\nTwo.\nTwo.\n", b"Eins.\nZwei.\nZwei.\n"), ("val", b"One.\n", b"Eins.\n")]
    files = []
    for name, english, german in texts:
        data = tarred({f"{name}.en": english, f"{name}.de": german})
        server.sends(data, path=f"/{name}.tar.gz")
        address = f"http://127.0.0.1:{server.port}/{name}.tar.gz"
        files.append(Remote(address, f"x-{name}.tar.gz", (f"{name}.en", f"{name}.de"), LIMIT, sha256(data)))
    corpus = replace(server.corpus(), files=tuple(files))
    fetched = fetch(corpus, tmp_path)
    assert [local.sha256 for local in fetched] == [remote.sha256 for remote in files]
    assert pairs(corpus, fetched) == ([("One.", "Eins."), ("Two.", "Zwei.")], [("One.", "Eins.")])


def test_changed_or_too_small_archive_is_refused(server: Server, tmp_path: Path) -> None:
    corpus = server.corpus()
    fetched = fetch(corpus, tmp_path)
    fetched[0].path.write_bytes(OTHER)
    with pytest.raises(ValueError, match=r"^xx-eng.zip has changed since it was fetched: fetch it again$"):
        pairs(corpus, fetched)
    fetched[0].path.unlink()
    with pytest.raises(ValueError, match=r"^xx-eng.zip has changed since it was fetched: fetch it again$"):
        pairs(corpus, fetched)
    server.sends(zipped({"xx.txt": b"Sentence 1.\tPhrase 1.\n"}))
    with pytest.raises(ValueError, match="Invented contains too few pairs for a training part and a validation part"):
        pairs(corpus, fetch(corpus, tmp_path))
