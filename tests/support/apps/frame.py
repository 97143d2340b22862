"""A page of another site that shows the app in a frame, as a Space does. The frame is as high as its page."""

from __future__ import annotations

import html
from collections.abc import Iterator
from contextlib import contextmanager

from support.apps.listening import Handler, listening

TOKEN = "secret-of-a-private-space"
OF_FRAME = f"__theme=light&__sign={TOKEN}"  # what the Hub adds to the address of the frame
# To a browser, another name is another site, even on the same machine.
HOST, APP_HOST = "localhost", "127.0.0.1"
BLOCKED = """if (self !== top) for (const kind of ["localStorage", "sessionStorage"])
  Object.defineProperty(self, kind, { configurable: true, get() { throw new DOMException("denied", "SecurityError"); } });"""


@contextmanager
def framed(app: str, height: int = 3000) -> Iterator[str]:
    """Serve a page with `app` in a frame during the block; return its address. Its own parameters go to the frame."""
    assert APP_HOST in app

    class Space(Handler):
        def do_GET(self) -> None:
            query = self.path.partition("?")[2]
            source = html.escape(f"{app}?{query}{'&' if query else ''}{OF_FRAME}")
            style = f"width: 100%; height: {height}px; border: 0"
            frame = f'<iframe src="{source}" allow="clipboard-write; fullscreen" style="{style}"></iframe>'
            body = f"<!doctype html><title>A Space</title><link rel=icon href=data:,><body style=margin:0>{frame}"
            self.send(200, body.encode(), Content_Type="text/html; charset=utf-8")

    with listening(Space) as port:
        yield f"http://{HOST}:{port}/"
