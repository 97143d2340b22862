"""A reverse proxy like a school's web server: it serves the app under a path and passes requests on unchanged."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from support.apps.listening import Handler, listening

BETWEEN_TWO = {"connection", "keep-alive", "transfer-encoding", "date", "server"}  # headers of one connection, not passed on


@contextmanager
def proxy(app: str, path: str) -> Iterator[str]:
    """Serve `app` under `path` during the block and return its address. All other paths answer 404."""
    target = urlsplit(app)

    class Proxy(Handler):
        def _pass_on(self) -> None:
            if self.path == "/favicon.ico":  # browsers request it outside the path
                self.send_response(204)
                self.end_headers()
                return
            if not self.path.startswith(f"{path}/"):
                self.send_error(404)
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name: value for name, value in self.headers.items() if name.lower() not in BETWEEN_TWO}
            headers |= {"X-Forwarded-Host": self.headers["Host"], "X-Forwarded-Proto": "http"}
            server = http.client.HTTPConnection(str(target.hostname), target.port, timeout=120)
            try:
                server.request(self.command, self.path.removeprefix(path), body, headers)
                answer = server.getresponse()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in BETWEEN_TWO:
                        self.send_header(name, value)
                self.send_header("Connection", "close")
                self.end_headers()
                while part := answer.read1(65536):  # pass on a stream of events without waiting for its end
                    self.wfile.write(part)
                    self.wfile.flush()
            except (BrokenPipeError, ConnectionResetError, http.client.IncompleteRead):
                pass  # the browser has closed the connection, or the app has ended
            finally:
                server.close()
                self.close_connection = True

        do_GET = do_POST = do_HEAD = _pass_on

    with listening(Proxy) as port:
        yield f"http://127.0.0.1:{port}{path}/"
