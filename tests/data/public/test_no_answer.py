"""A server that cannot be reached, is silent or cannot be trusted is explained in one sentence."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from support.apps.archive_server import ARCHIVE, HINT, Server, refusal

from seq2seq.data.public.downloads import fetch


def test_refused_connection_is_explained(server: Server, tmp_path: Path) -> None:
    with socket.socket() as closed:  # bound, so that no other process takes the port, but not listening
        closed.bind(("127.0.0.1", 0))
        corpus = replace(server, port=closed.getsockname()[1]).corpus()
        text = refusal(corpus, tmp_path)
    address = corpus.files[0].address
    assert text == f"The archive {address} cannot be fetched: its server refuses the connection. Try again later, or {HINT}"


def test_silent_server_times_out(server: Server, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        corpus = replace(server, port=silent.getsockname()[1]).corpus()
        assert "cannot be fetched: no answer came within 0.1 seconds" in refusal(corpus, tmp_path, timeout=0.1)


def test_server_that_stops_sending_times_out(server: Server, tmp_path: Path) -> None:
    over = threading.Event()

    def stall(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"PK")
        over.wait()

    server.answers["/xx-eng.zip"] = stall
    try:
        assert "cannot be fetched: no answer came within 0.1 seconds" in refusal(server.corpus(), tmp_path, timeout=0.1)
    finally:
        over.set()


FAULTS = {
    "name": (socket.gaierror(-2, "Name or service not known"), "its server cannot be found; perhaps this machine is offline"),
    "network": (OSError(101, "Network is unreachable"), "the connection failed"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_offline_error_is_explained(case: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fault, message = FAULTS[case]

    def offline(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(socket, "getaddrinfo", offline)
    assert f"/xx-eng.zip cannot be fetched: {message}. Try again later, or {HINT}" in refusal(server.corpus(), tmp_path)


def test_response_that_is_not_http_is_explained(server: Server, tmp_path: Path) -> None:
    server.answers["/xx-eng.zip"] = lambda handler: handler.wfile.write(b"SSH-2.0-secret\r\n")
    assert "the response is incomplete, or not HTTP" in refusal(server.corpus(), tmp_path)


def test_invalid_certificate_is_explained(server: Server, tmp_path: Path) -> None:
    corpus = server.corpus()
    safe = replace(corpus.files[0], address=corpus.files[0].address.replace("http:", "https:"))
    server.answers = {}
    assert "cannot be fetched: its server has no valid certificate" in refusal(replace(corpus, files=(safe,)), tmp_path)


def test_proxy_of_the_environment_is_used(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.port}")
    corpus = server.corpus()
    address = "http://corpora.invalid/xx-eng.zip"
    server.sends(ARCHIVE, path=address)
    fetch(replace(corpus, files=(replace(corpus.files[0], address=address),)), tmp_path)
    assert server.paths == [address]
