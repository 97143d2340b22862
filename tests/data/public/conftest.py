"""A local server of archives, and a folder of copies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.apps.archive_server import ARCHIVE, OTHER, Server
from support.apps.listening import Handler, listening


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    state = Server()

    class Archives(Handler):
        def do_GET(self) -> None:
            state.paths.append(self.path)
            state.agents.append(self.headers["User-Agent"])
            try:
                state.answers[self.path](self)
            except ConnectionError:  # the client has closed the connection
                self.close_connection = True

    with listening(Archives) as port:
        state.port = port
        state.sends(ARCHIVE)
        yield state


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    folder = tmp_path / "copies"
    folder.mkdir()
    (folder / "xx-eng.zip").write_bytes(OTHER)
    return folder
