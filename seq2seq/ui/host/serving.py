"""Compress and cache the page, Gradio's files, Plotly and our modules.

Gradio sends its page uncompressed, compresses its files again for every visitor, and does not let browsers cache them.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable
from http import HTTPStatus
from threading import Condition

import brotli
import plotly
from cachetools import LRUCache, cached
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seq2seq.ui.kit.component import MODULES, MODULES_ADDRESS, MODULES_MAP, PLOTLY, SERVED

PLOTLY_ADDRESS = f"{SERVED}/plotly-{plotly.__version__}.min.js"
_OWN_FILES: dict[str, Callable[[], bytes]] = {
    f"/{PLOTLY_ADDRESS}": PLOTLY.read_bytes,  # 4.8 MB; compressed 1.2 or 1.5 MB
    f"/{MODULES_ADDRESS}": MODULES.encode,
    f"/{MODULES_ADDRESS}.map": MODULES_MAP.encode,  # only browsers' developer tools request it
}
_NAMED_BY_CONTENT = f"/{SERVED}/"  # here Gradio, too, has files whose names contain a digest of their content
_FOREVER = "public, max-age=31536000, immutable"
_CACHE_BYTES = 24 * 2**20  # bytes of compressed files; one page needs 0.4 MB
_SMALL = 400  # bytes; smaller answers are not compressed


class Compression:
    """Middleware that compresses the page and its configuration. Files are compressed once, cached, and marked as cacheable for
    browsers."""

    def __init__(self, app: ASGIApp):
        self._app = app
        self._running: dict[tuple[str, str], asyncio.Task[Response]] = {}
        self._cache: LRUCache[tuple[str, str], Response] = LRUCache(_CACHE_BYTES, getsizeof=lambda answer: len(answer.body))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = None
        if scope["type"] == "http" and scope["method"] == "GET" and "range" not in Headers(scope=scope):
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            encoding = _accepted_encoding(Headers(scope=scope).get("accept-encoding", ""))
            if path in _OWN_FILES:
                answer = await run_in_threadpool(_own_file, path, encoding)
            elif path.startswith(_NAMED_BY_CONTENT):
                answer = await self._file(path, encoding, scope)
            elif path in ("/", "/config"):
                answer = _compressed(await _complete_response(self._app, scope), encoding, quality=4)
                if path == "/":  # load the modules together with Gradio's files, not after them
                    answer.headers["link"] = f"<{MODULES_ADDRESS}>; rel=modulepreload"
        await (answer or self._app)(scope, receive, send)

    async def _file(self, path: str, encoding: str, scope: Scope) -> Response:
        key = (path, encoding)
        cached_answer: Response | None = self._cache.get(key)
        if cached_answer:
            return cached_answer
        if key not in self._running:  # parallel requests for one file share one compression
            self._running[key] = asyncio.create_task(self._make(key, scope))
            self._running[key].add_done_callback(lambda _: self._running.pop(key))
        return await asyncio.shield(self._running[key])

    async def _make(self, key: tuple[str, str], scope: Scope) -> Response:
        answer = await _complete_response(self._app, scope)
        if answer.status_code != HTTPStatus.OK:
            return answer
        answer.headers["cache-control"] = _FOREVER
        answer = _compressed(answer, key[1], quality=9)
        if len(answer.body) <= _CACHE_BYTES:
            self._cache[key] = answer
        return answer


async def _complete_response(app: ASGIApp, scope: Scope) -> Response:
    """Return the app's complete, uncompressed response; ignore the client's cache headers.

    It also completes if the client disconnects, because other clients wait for the same file.
    """
    headers = MutableHeaders(raw=list(scope["headers"]))
    for name in ("accept-encoding", "if-none-match", "if-modified-since"):
        del headers[name]
    start: Message = {}
    body = bytearray()
    sent = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> Message:
        for message in sent:
            return message
        return await asyncio.get_running_loop().create_future()  # never returns: the app must not see a disconnect

    async def gather(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        elif message["type"] == "http.response.body":
            body.extend(message.get("body", b""))

    await app({**scope, "headers": headers.raw, "extensions": {}}, receive, gather)
    answer = Response(bytes(body), start["status"])
    answer.raw_headers = list(start["headers"])
    return answer


def _accepted_encoding(accepted: str) -> str:
    names = [part.split(";")[0].strip() for part in accepted.split(",")]
    return next((name for name in ("br", "gzip") if name in names), "")


def _compressed(answer: Response, encoding: str, quality: int) -> Response:
    answer.headers.add_vary_header("accept-encoding")
    if encoding and len(answer.body) >= _SMALL and "content-encoding" not in answer.headers:
        answer.body = brotli.compress(answer.body, quality=quality) if encoding == "br" else gzip.compress(answer.body, quality)
        answer.headers["content-encoding"] = encoding
        answer.headers["content-length"] = str(len(answer.body))
    return answer


@cached({}, condition=Condition())
def _own_file(path: str, encoding: str) -> Response:
    kind = "application/json" if path.endswith(".map") else "text/javascript"
    return _compressed(Response(_OWN_FILES[path](), media_type=kind, headers={"cache-control": _FOREVER}), encoding, quality=9)
