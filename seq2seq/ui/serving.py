"""What Gradio leaves heavy on its way to a browser: the page itself, which it sends as it is, and Plotly, the largest file."""

from __future__ import annotations

import gzip
from functools import cache

import plotly
from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from seq2seq.ui.assets import PLOTLY

# The version is in the name, so that a browser may keep the file for as long as it likes.
PLOTLY_ADDRESS = f"plotly-{plotly.__version__}.min.js"
_FOREVER = "public, max-age=31536000, immutable"


class Light:
    """In front of Gradio's application. The page and its configuration are packed, which Gradio does to files alone; Plotly is
    packed once, and not for each visitor anew."""

    def __init__(self, app: ASGIApp):
        self._app = app
        self._packed = GZipMiddleware(app, minimum_size=10_000, compresslevel=5)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
        elif path.endswith(f"/{PLOTLY_ADDRESS}"):
            await _plotly("gzip" in Headers(scope=scope).get("accept-encoding", ""))(scope, receive, send)
        elif path.endswith(("/", "/config")):
            await self._packed(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _plotly(packed: bool) -> Response:
    headers = {"cache-control": _FOREVER, "vary": "accept-encoding", **({"content-encoding": "gzip"} if packed else {})}
    return Response(_content(packed), media_type="text/javascript", headers=headers)


@cache
def _content(packed: bool) -> bytes:
    """Of Plotly's file, 4.8 MB; packed 1.5 MB."""
    plain = PLOTLY.read_bytes()
    return gzip.compress(plain, 9, mtime=0) if packed else plain
