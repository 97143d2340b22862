"""An answer that must not overtake another.

Gradio's page hears of its events by one stream, which the server closes when no event is left. One that joins just then is
answered at once, by another connection. Where that answer arrives before the close, the page takes the stream for open and
waits for ever. So the answer is held back until the close has had time to arrive.
"""

from __future__ import annotations

import asyncio
import json
import time
from urllib.parse import parse_qs

from cachetools import TTLCache
from starlette.types import ASGIApp, Message, Receive, Scope, Send

APART = 0.15  # seconds that two answers sent one after the other may change places by
_STREAM, _JOIN = "/queue/data", "/queue/join"
_MOST_SESSIONS = 10_000


class InOrder:
    """In front of Gradio's application: a visitor hears of the close of a stream before the answer to their next event."""

    def __init__(self, app: ASGIApp):
        self._app = app
        self._closed: TTLCache[str, float] = TTLCache(_MOST_SESSIONS, APART)  # when each visitor's stream was

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if path.endswith(_STREAM):
            await self._app(scope, receive, send)
            for session in parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", []):
                self._closed[session] = time.monotonic()
        elif path.endswith(_JOIN):
            await self._join(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _join(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytearray()

        async def read() -> Message:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        async def held(message: Message) -> None:
            if message["type"] == "http.response.start":
                closed = self._closed.get(_session(bytes(body)))
                if closed is not None:
                    await asyncio.sleep(closed + APART - time.monotonic())
            await send(message)

        await self._app(scope, read, held)


def _session(body: bytes) -> str:
    """Whose event this is; nobody's where the body is not what Gradio's page sends."""
    try:
        return str(json.loads(body)["session_hash"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""
