"""Invalid and malicious requests, and a client that sends them by raw HTTP."""

from __future__ import annotations

import itertools
import json
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

LONG = os.environ.get("SEQ2SEQ_FUZZ") == "long"
TIMEOUT = 120.0  # seconds within which every request must be answered
SCRIPT = "<img src=x onerror=alert(1)><script>alert(1)</script>{{value}}${value}"
DEEP = 1000
BROKEN = "the stream broke off"


# Texts that no JSON library writes; `written` inserts them for these placeholders.
WRITTEN = {"@deep@": "[" * DEEP + "]" * DEEP, "@digits@": "9" * 6000, "@overflow@": "-1e999", "@half@": "[1, "}
# Values as Python writes them in JSON: NaN and Infinity by name, lone surrogates escaped.
VALUES: dict[str, Any] = {
    "null": None,
    "true": True,
    "zero": 0,
    "negative": -1,
    "huge": 10**30,
    "nan": float("nan"),
    "infinity": float("-inf"),
    "fraction": 0.5,
    "empty": "",
    "words": "I forgot my umbrella.",
    "script": SCRIPT,
    "right to left": "\u202eשלום\u2066 مرحبا",
    "nul": "cat\0dog",
    "emoji": "👩‍👩‍👧‍👦🇫🇷" * 20,
    "combining": "e" + "\u0301" * 3000,
    "long": "word " * 4000,
    "path": "../../../etc/passwd",
    "digits": "9" * 6000,
    "number of 6000 digits": "@digits@",
    "overflow": "@overflow@",
    "cut off": "@half@",
    "list": [],
    "mixed": [None, True, -1, "x", {"a": []}],
    "deep": "@deep@",
    "object": {},
    "update": {"__type__": "update", "value": "x", "visible": False},
    "file": {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}},
    "file of ours": {"path": "app.py", "orig_name": "app.py", "meta": {"_type": "gradio.FileData"}},
    "address": {"path": "x", "url": "http://127.0.0.1:9/", "meta": {"_type": "gradio.FileData"}},
    "prototype": {"__proto__": {"a": 1}, "constructor": {"prototype": {}}},
    "surrogate": "a \ud800 b",
}

MODELS = (
    "../captions-de-en-gru",
    "./en-fr-plain",
    "en-fr-additive/../en-fr-plain",
    "en-fr-plain/",
    "/etc",
    "/proc/self/cwd/checkpoints/en-fr-plain",
    "checkpoints/en-fr-plain",
    "%2e%2e/en-fr-plain",
    "..\\en-fr-plain",
    "en-fr-plain\0",
    "en-fr-plain ",
    "run-",
    "run-../../..",
    "run-..",
    "run-.",
    "run-/etc",
    "run-" + "a" * 79,
    "run-" + "a" * 10_000,
    "run-__class__",
    SCRIPT,
    "\ud800",
    "\u202eevitidda-rf-ne",
)

# Names of files to upload.
UPLOADS = (
    "../../../../tmp/escaped.tsv",
    "/etc/cron.d/x.tsv",
    "a\0b.tsv",
    "..",
    "%2e%2e%2fx.tsv",
    SCRIPT,
    "\u202evst.x",
    "x" * 5000 + ".tsv",
    "CON.tsv",
    ".",
)

# Bodies that are not JSON, or not of the expected form.
BODIES: tuple[bytes, ...] = (
    b"",
    b"null",
    b"[]",
    b'"x"',
    b"{",
    b"\xff\xfe{}",
    b'{"data": [1e999]}',
    b'{"data": [' + b"9" * 6000 + b"]}",
    b'{"data": ["\\ud800"]}',
    b'{"data": "x", "session_hash": 1}',
    b'{"data": null, "session_hash": "x", "fn_index": 0}',
    b'{"data": {}, "session_hash": "x", "fn_index": "0"}',
    b'{"data": [], "session_hash": "x", "fn_index": 999999}',
    b'{"data": [], "session_hash": "x", "fn_index": -1}',
    b'{"data": [], "session_hash": "x", "fn_index": ' + b"9" * 400 + b"}",
    b'{"data": [], "session_hash": "x", "fn_index": 0, "batched": true, "trigger_id": -1, "event_id": "../x"}',
    b'{"data": [], "session_hash": {"a": 1}, "fn_index": 1.5}',
    b'{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b'{"data": [], "event_data": ' + b'{"a":' * 2000 + b"1" + b"}" * 2000 + b', "session_hash": "x", "fn_index": 1}',
)


def written(value: Any) -> bytes:
    text = json.dumps(value)
    for name, instead in WRITTEN.items():
        text = text.replace(f'"{name}"', instead)
    return text.encode()


class Answer:
    """The response to a request of any kind."""

    def __init__(self, request: str, status: int, text: str):
        self.asked = request
        self.status = status
        self.text = text

    def __repr__(self) -> str:
        return f"{self.asked[:200]} -> {self.status} {self.text[:300]}"


class Visitor:
    """A client for any request. Each uses a new connection, because a server may close it after an error."""

    def __init__(self, address: str):
        self.address = address
        self._client = httpx.Client(
            base_url=address, timeout=TIMEOUT, headers={"Connection": "close"}, limits=httpx.Limits(max_keepalive_connections=0)
        )
        self.config: dict[str, Any] = self._client.get("config").json()

    def close(self) -> None:
        self._client.close()

    def send(self, method: str, path: str, **given: Any) -> Answer:
        request = f"{method} {path}"
        response = self._client.request(method, httpx.URL(self.address + path), **given)
        return Answer(request, response.status_code, response.text)

    def post(self, path: str, body: Any) -> Answer:
        content = body if isinstance(body, bytes) else written(body)
        return self.send("POST", path, content=content, headers={"Content-Type": "application/json"})

    def raw(self, target: str) -> Answer:
        """Send a GET with exactly this path; no client library normalises it."""
        extensions = {"target": target.encode("utf-8", "surrogatepass")}
        response = self._client.get("/", extensions=extensions)
        return Answer(f"GET {target}", response.status_code, response.text)

    def functions(self) -> Sequence[Mapping[str, Any]]:
        """Return every function of the page, public or not, with its id and inputs."""
        return self.config["dependencies"]

    def many(self, calls: Sequence[tuple[int, Any, Any]], session: str) -> list[Answer]:
        """Call functions (id, data, event data of each) through the queue; return all responses and stream messages."""
        answers = []
        for number, data, event in calls:
            body = {"data": data, "fn_index": number, "session_hash": session, "event_data": event, "trigger_id": None}
            answers.append(self.post("gradio_api/queue/join", body))
        if any(answer.status == 200 for answer in answers):
            answers += self._stream(session)
        return answers

    def _stream(self, session: str) -> Iterator[Answer]:
        with self._client.stream("GET", "gradio_api/queue/data", params={"session_hash": session}) as response:
            try:
                for line in response.iter_lines():
                    if line:
                        yield Answer(f"stream of {session}", response.status_code, line)
            except httpx.RemoteProtocolError:
                yield Answer(f"stream of {session}", response.status_code, BROKEN)

    def call(self, name: str, **parameters: Any) -> Answer:
        """Call a public endpoint, as a program does."""
        first = self.post(f"gradio_api/call/v2/{name}", parameters)
        if first.status != 200:
            return first
        number = json.loads(first.text)["event_id"]
        return self.send("GET", f"gradio_api/call/v2/{name}/{number}")


def session() -> str:
    return uuid.uuid4().hex[:12]


def calls_of(visitor: Visitor) -> list[tuple[int, list, object]]:
    """Call every function with hostile values for all parameters; in the short form with one per function. There are more
    functions than values, so that each value is used."""
    turn = itertools.cycle(VALUES.values())
    found = []
    for fn in visitor.functions():
        values = VALUES.values() if LONG else [next(turn)]
        found += [(fn["id"], [value] * len(fn["inputs"]), value) for value in values]
    assert len(found) >= len(VALUES)
    return found


def single_calls_of(visitor: Visitor) -> list[tuple[int, list, object]]:
    """Return the body of a page's request with another text."""
    components = {component["id"]: component for component in visitor.config["components"]}
    turn = itertools.cycle(VALUES.values())
    found = []
    for fn in visitor.functions() if LONG else visitor.functions()[::2]:
        usual = [components[number]["props"].get("value") for number in fn["inputs"]]
        places = [i for i, number in enumerate(fn["inputs"]) if components[number]["type"] == "textbox"]
        for place in places:
            for value in VALUES.values() if LONG else [next(turn)]:
                found.append((fn["id"], [*usual[:place], value, *usual[place + 1 :]], None))
        found.append((fn["id"], [*usual, "one too many"], {"id": SCRIPT, "step": -1, "trace_id": None}))
    return found


def secret_places(root: Path, home: Path) -> list[str]:
    """Return addresses that might expose a file of the server."""
    plain = [
        str(root / "app.py"),
        str(root / ".git/HEAD"),
        str(root / "seq2seq/ui/api.py"),
        "/proc/self/environ",
        "/etc/passwd",
    ]
    plain += [
        "/proc/self/cwd/app.py",
        str(home / ".bashrc"),
        "app.py",
        "./app.py",
        "seq2seq/../app.py",
        "//etc/passwd",
        "/dev/zero",
    ]
    around = [*plain, "/etc/passwd%00.png", "%2fetc%2fpasswd", "..%2f..%2f..%2f..%2fetc%2fpasswd", "....//....//etc/passwd"]
    addresses = [f"/gradio_api/file={name}" for name in around]
    addresses += [f"/gradio_api/file/{name.lstrip('/')}" for name in plain]
    for folder in ("static", "assets", "svelte", "static/fonts"):
        addresses += [
            f"/{folder}/../../../../../../etc/passwd",
            f"/{folder}/..%2f..%2f..%2f..%2fetc%2fpasswd",
            f"/{folder}//etc/passwd",
        ]
    addresses += [
        f"/gradio_api/proxy={url}" for url in ("http://127.0.0.1:9/", "file:///etc/passwd", "http://169.254.169.254/latest")
    ]
    addresses += [
        "/gradio_api/custom_component/x/client/component/..%2f..%2fapp.py",
        "/gradio_api/custom_component/../../server/app.py/x",
        "/gradio_api/stream/a/b/1/playlist.m3u8",
        "/gradio_api/stream/a/b/1/x.ts",
        "/gradio_api/stream/../../1/playlist-file",
        "/gradio_api/call/translate/../../../etc/passwd",
        "/gradio_api/queue/data",
        "/gradio_api/upload_progress?upload_id=..%2f..",
        "/gradio_api/deep_link?session_hash=..%2f..%2fetc",
        "/?deep_link=..%2f..%2f..%2fetc%2fpasswd",
        "/?__theme=%3Cscript%3E&text=%00&model=..%2f..&step=NaN&tab=%ff",
        "/monitoring/x",
        "/monitoring/summary",
        "/gradio_api/vibe-code",
        "/gradio_api/run-history/records",
        "/gradio_api/startup-events",
        "/docs",
        "/openapi.json",
        "/gradio_api/token",
        "/manifest.json",
        "/pwa_icon/1",
        "/..;/etc/passwd",
        "/%00",
        "/" + "a" * 20_000,
    ]
    return addresses
