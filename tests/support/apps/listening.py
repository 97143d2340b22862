"""A web server in a thread of the test's own process: what the stand-ins for other machines have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

LOOKS_SECONDS = 0.02  # a server looks so often whether it shall end


class Handler(BaseHTTPRequestHandler):
    """A handler that prints nothing about its requests."""

    def log_message(self, *_: object) -> None:
        pass

    def send(self, status: int, body: bytes, **headers: str) -> None:
        """Send a whole answer. A request by HEAD gets its headers alone."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@contextmanager
def listening(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    """Serve requests with `handler` during the block; return the port, a free one."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, args=(LOOKS_SECONDS,), daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
