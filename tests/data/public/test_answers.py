"""Every answer of a server that is not the expected archive is explained in one sentence."""

from __future__ import annotations

import urllib.error
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from support.apps.archive_server import ARCHIVE, HINT, LIMIT, OTHER, Server, refusal, sha256
from support.files.archives import zipped

from seq2seq.data.public import downloads
from seq2seq.data.public.downloads import fetch


@pytest.mark.parametrize("status", [403, 404, 406, 500, 503, 599])
def test_http_error_names_its_status(status: int, server: Server, tmp_path: Path) -> None:
    server.sends(b"<html>secret words</html>", status)
    text = refusal(server.corpus(), tmp_path)
    assert text.startswith(f"The archive {server.corpus().files[0].address} cannot be fetched: the server answers {status}")
    assert text.endswith(f". Try again later, or {HINT}") and "secret" not in text


def test_checksum_error_names_both_checksums(server: Server, tmp_path: Path) -> None:
    text = refusal(server.corpus(sha256=sha256(OTHER)), tmp_path)
    assert f"its SHA-256 is {sha256(ARCHIVE)}, not {sha256(OTHER)}" in text and text.endswith(HINT)


def test_invalid_archive_is_not_cached(server: Server, tmp_path: Path) -> None:
    """Otherwise the login page of a hotel's network could stay in the cache."""
    server.sends(b"<html>Please log in</html>")
    text = refusal(server.corpus(), tmp_path)
    assert f"The file from {server.corpus().files[0].address} was not kept: it is not the expected" in text
    assert text.endswith(HINT)
    server.sends(zipped({"xx.txt": b"Sentence.\n"}))
    assert "line 1 of xx.txt does not have a sentence on both sides" in refusal(server.corpus(), tmp_path)


def test_incomplete_response_is_refused(server: Server, tmp_path: Path) -> None:
    server.sends(ARCHIVE, length=len(ARCHIVE) + 1)
    text = refusal(server.corpus(), tmp_path)
    assert f"the connection broke off after {len(ARCHIVE):,} of {len(ARCHIVE) + 1:,} bytes" in text
    server.sends(ARCHIVE[:-1], length=-1)
    assert "it is not the expected archive" in refusal(server.corpus(), tmp_path)


def chunked(*chunks: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for chunk in chunks:
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        handler.close_connection = True

    return answer


def test_chunked_response_is_joined_and_a_missing_end_is_refused(server: Server, tmp_path: Path) -> None:
    server.answers["/xx-eng.zip"] = chunked(ARCHIVE[:99])
    assert "the response is incomplete, or not HTTP" in refusal(server.corpus(), tmp_path)
    server.answers["/xx-eng.zip"] = chunked(ARCHIVE[:99], ARCHIVE[99:], b"")
    assert fetch(server.corpus(), tmp_path)[0].sha256 == sha256(ARCHIVE)


def test_fetch_stops_at_the_size_limit(server: Server, tmp_path: Path) -> None:
    reports: list[int] = []
    long = bytes(20 * LIMIT)
    for answer in (lambda: server.sends(b"", length=LIMIT + 1), lambda: server.sends(long, length=-1)):
        answer()
        text = refusal(server.corpus(), tmp_path, report=lambda done, total: reports.append(done))
        assert f"was not kept: it has more than {LIMIT:,} bytes" in text
    server.answers["/xx-eng.zip"] = chunked(*[bytes(LIMIT // 10)] * 200)
    assert f"more than {LIMIT:,} bytes" in refusal(server.corpus(), tmp_path, report=lambda done, total: reports.append(done))
    assert max(reports) <= LIMIT


def test_redirects_are_limited_in_number_and_scheme(server: Server, tmp_path: Path) -> None:
    for step in range(5):
        server.sends(b"", 302, path=f"/{step}", Location=f"/{step + 1}" if step < 4 else "/xx-eng.zip")
    assert fetch(server.corpus("/2"), tmp_path)[0].sha256 == sha256(ARCHIVE)
    assert server.paths == ["/2", "/3", "/4", "/xx-eng.zip"]
    assert "it redirects too often, or to an unsafe address" in refusal(server.corpus("/0"), tmp_path / "other")
    for unsafe in ("/loop", "ftp://127.0.0.1/xx-eng.zip", "file:///etc/passwd"):
        server.sends(b"", 301, path="/loop", Location=unsafe)
        assert "it redirects too often, or to an unsafe" in refusal(server.corpus("/loop"), tmp_path / "other")


def test_redirect_from_https_to_http_is_refused() -> None:
    handler, request = downloads._Redirects(), downloads.urllib.request.Request("https://a.invalid/x.zip")
    with pytest.raises(urllib.error.HTTPError):
        handler.redirect_request(request, None, 302, "Found", {}, "http://a.invalid/x.zip")
    assert handler.redirect_request(request, None, 302, "Found", {}, "https://b.invalid/y.zip").full_url.startswith("https://b")
