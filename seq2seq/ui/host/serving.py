"""What Gradio leaves heavy on its way to a browser: the page itself, which it sends as it is, its own files, which it packs
anew for every visitor and lets no browser keep, Plotly, the largest file, and our own modules."""

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

from seq2seq.ui.kit.component import MODULES, MODULES_ADDRESS, MODULES_MAP, PLOTLY

# The version is in the name, so that a browser may keep the file for as long as it likes.
PLOTLY_ADDRESS = f"plotly-{plotly.__version__}.min.js"
_OURS: dict[str, Callable[[], bytes]] = {
    f"/{PLOTLY_ADDRESS}": PLOTLY.read_bytes,  # 4.8 MB; packed 1.2 or 1.5 MB
    f"/{MODULES_ADDRESS}": MODULES.encode,
    f"/{MODULES_ADDRESS}.map": MODULES_MAP.encode,  # only a browser's developer tools ask for it
}
_NAMED_BY_CONTENT = "/assets/"  # Gradio's files whose names hold a digest of what is in them
_FOREVER = "public, max-age=31536000, immutable"
_MOST_KEPT = 24 * 2**20  # bytes of packed files; all that a page asks for are 0.4 MB
_SMALL = 400  # bytes that are not worth packing


class Light:
    """In front of Gradio's application. The page and its configuration are packed; files are packed once, kept, and marked as
    what a browser may keep as well."""

    def __init__(self, app: ASGIApp):
        self._app = app
        self._making: dict[tuple[str, str], asyncio.Task[Response]] = {}
        self._kept: LRUCache[tuple[str, str], Response] = LRUCache(_MOST_KEPT, getsizeof=lambda answer: len(answer.body))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = None
        if scope["type"] == "http" and scope["method"] == "GET" and "range" not in Headers(scope=scope):
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            packing = _packing(Headers(scope=scope).get("accept-encoding", ""))
            if path in _OURS:
                answer = await run_in_threadpool(_ours, path, packing)
            elif path.startswith(_NAMED_BY_CONTENT):
                answer = await self._file(path, packing, scope)
            elif path in ("/", "/config"):
                answer = _packed(await _answer(self._app, scope), packing, quality=4)
                if path == "/":  # the modules come with Gradio's own files, and not after them
                    answer.headers["link"] = f"<{MODULES_ADDRESS}>; rel=modulepreload"
        await (answer or self._app)(scope, receive, send)

    async def _file(self, path: str, packing: str, scope: Scope) -> Response:
        key = (path, packing)
        known: Response | None = self._kept.get(key)
        if known:
            return known
        if key not in self._making:  # when a class arrives, the first one's file is everybody's
            self._making[key] = asyncio.create_task(self._make(key, scope))
            self._making[key].add_done_callback(lambda _: self._making.pop(key))
        return await asyncio.shield(self._making[key])

    async def _make(self, key: tuple[str, str], scope: Scope) -> Response:
        answer = await _answer(self._app, scope)
        if answer.status_code != HTTPStatus.OK:
            return answer
        answer.headers["cache-control"] = _FOREVER
        answer = _packed(answer, key[1], quality=9)
        if len(answer.body) <= _MOST_KEPT:
            self._kept[key] = answer
        return answer


async def _answer(app: ASGIApp, scope: Scope) -> Response:
    """What `app` answers to one who can unpack nothing and has nothing already, as a whole: also where whoever asked has left
    meanwhile, since others wait for the same."""
    asked = MutableHeaders(raw=list(scope["headers"]))
    for name in ("accept-encoding", "if-none-match", "if-modified-since"):
        del asked[name]
    start: Message = {}
    body = bytearray()
    sent = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def stay() -> Message:
        for message in sent:
            return message
        return await asyncio.get_running_loop().create_future()  # never: nobody leaves

    async def gather(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        elif message["type"] == "http.response.body":
            body.extend(message.get("body", b""))

    await app({**scope, "headers": asked.raw, "extensions": {}}, stay, gather)
    answer = Response(bytes(body), start["status"])
    answer.raw_headers = list(start["headers"])
    return answer


def _packing(accepted: str) -> str:
    names = [part.split(";")[0].strip() for part in accepted.split(",")]
    return next((name for name in ("br", "gzip") if name in names), "")


def _packed(answer: Response, packing: str, quality: int) -> Response:
    answer.headers.add_vary_header("accept-encoding")
    if packing and len(answer.body) >= _SMALL and "content-encoding" not in answer.headers:
        answer.body = brotli.compress(answer.body, quality=quality) if packing == "br" else gzip.compress(answer.body, quality)
        answer.headers["content-encoding"] = packing
        answer.headers["content-length"] = str(len(answer.body))
    return answer


@cached({}, condition=Condition())
def _ours(path: str, packing: str) -> Response:
    kind = "application/json" if path.endswith(".map") else "text/javascript"
    return _packed(Response(_OURS[path](), media_type=kind, headers={"cache-control": _FOREVER}), packing, quality=9)
