"""Tests of downloads: every archive is checked, whatever its origin; every error is one sentence and leaves no file."""

import hashlib
import socket
import threading
import urllib.error
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from support.files.archives import TABLE, tarred, zipped

from seq2seq.data import downloads
from seq2seq.data.downloads import Fetched, copies_in, fetch, pairs
from seq2seq.data.public_corpora import PublicCorpus, Remote

ARCHIVE = zipped({"xx.txt": TABLE, "_about.txt": b"Hello"})
OTHER = zipped({"xx.txt": TABLE.replace(b"Phrase", b"Saying")})
LIMIT = 100_000
HINT = "put a copy named xx-eng.zip into the folder that SEQ2SEQ_CORPORA names."


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass
class Server:
    """A local server: its answers by path, and the paths and user agents of its requests."""

    port: int = 0
    answers: dict[str, Callable[[BaseHTTPRequestHandler], object]] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)
    agents: list[str | None] = field(default_factory=list)

    def corpus(self, path: str = "/xx-eng.zip", sha256: str | None = None) -> PublicCorpus:
        remote = Remote(f"http://127.0.0.1:{self.port}{path}", "xx-eng.zip", ("xx.txt",), LIMIT, sha256)
        return PublicCorpus("x", "Invented", "English", "Xish", "CC0", "Nobody", (remote,))

    def sends(self, data: bytes, status: int = 200, length: int | None = None, path: str = "/xx-eng.zip", **more: str) -> None:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            if length != -1:
                handler.send_header("Content-Length", str(len(data) if length is None else length))
            for name, value in more.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.end_headers()
            handler.wfile.write(data)

        self.answers[path] = answer


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.paths.append(self.path)
            state.agents.append(self.headers["User-Agent"])
            try:
                state.answers[self.path](self)
            except ConnectionError:  # the client has closed the connection
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        state.port = listening.server_address[1]
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        state.sends(ARCHIVE)
        yield state
        listening.shutdown()
        thread.join()


def refusal(corpus: PublicCorpus, cache: Path, **options: object) -> str:
    """Return the error message of a fetch; check that the fetch leaves no file."""
    before = names(cache)
    with pytest.raises(ValueError) as caught:
        fetch(corpus, cache, **options)  # type: ignore[arg-type]
    text = str(caught.value)
    assert names(cache) == before and text.isprintable() and len(text) < 500 and str(cache) not in text
    return text


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


# --- fetching and keeping ---


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


# --- answers of a server ---


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


# --- no server ---


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


# --- copies on disk ---


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    folder = tmp_path / "copies"
    folder.mkdir()
    (folder / "xx-eng.zip").write_bytes(OTHER)
    return folder


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


# --- pairs ---


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
