"""Keep two answers of Gradio in order.

Gradio's page receives its events through one stream. The server closes the stream when no event is left. If a new event joins
at that moment, its answer takes another connection. If the answer arrives before the close, the page believes that the stream
is still open and waits for ever. So this middleware delays the answer until the close has arrived.
"""

from __future__ import annotations

import asyncio
import json
import time
from urllib.parse import parse_qs

from cachetools import TTLCache
from starlette.types import ASGIApp, Message, Receive, Scope, Send

APART = 0.15  # seconds; two answers closer than this may arrive in the wrong order
_STREAM, _JOIN = "/queue/data", "/queue/join"
_MOST_SESSIONS = 10_000


class InOrder:
    """Middleware: a visitor gets the close of a stream before the answer to the next event."""

    def __init__(self, app: ASGIApp):
        self._app = app
        self._closed: TTLCache[str, float] = TTLCache(_MOST_SESSIONS, APART)  # time of the last close, by session

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
    """Return the session of an event; empty if the body does not come from Gradio's page."""
    try:
        return str(json.loads(body)["session_hash"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""
