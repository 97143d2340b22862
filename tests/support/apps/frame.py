"""A page of another site that shows the app in a frame, as a Space does. The frame is as high as its page."""

from __future__ import annotations

import html
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

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

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = self.path.partition("?")[2]
            source = html.escape(f"{app}?{query}{'&' if query else ''}{OF_FRAME}")
            style = f"width: 100%; height: {height}px; border: 0"
            frame = f'<iframe src="{source}" allow="clipboard-write; fullscreen" style="{style}"></iframe>'
            body = f"<!doctype html><title>A Space</title><link rel=icon href=data:,><body style=margin:0>{frame}".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{HOST}:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
