"""Log the network addresses that a Python process and its children use, one per line, in the file SEQ2SEQ_WATCHED.

Python imports this module automatically if its folder is in PYTHONPATH.
"""

from __future__ import annotations

import os
import sys
from typing import Any

_LOCAL = ("127.0.0.1", "::1", "localhost", "0.0.0.0", "::", "")
_FILE = os.open(os.environ["SEQ2SEQ_WATCHED"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)


def _write_line(*words: object) -> None:
    os.write(_FILE, (" ".join(map(str, words)) + "\n").encode())


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = args[1]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        address = args
    else:
        return
    host = address[0] if isinstance(address, tuple) else ""  # otherwise a Unix socket, or a connected one
    host = host.decode() if isinstance(host, bytes) else host or ""
    if host not in _LOCAL:
        _write_line("outside", event, host)


sys.addaudithook(_audit)
_write_line("watching", *(word.replace("\n", " ") for word in sys.orig_argv))  # every user may read this
