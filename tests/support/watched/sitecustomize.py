"""Notes whom a Python process, and each that it starts, speaks with: a line each in the file that SEQ2SEQ_WATCHED names.

Python imports this by its name where the folder is in PYTHONPATH.
"""

from __future__ import annotations

import os
import sys
from typing import Any

_LOCAL = ("127.0.0.1", "::1", "localhost", "0.0.0.0", "::", "")
_FILE = os.open(os.environ["SEQ2SEQ_WATCHED"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)


def _note(*words: object) -> None:
    os.write(_FILE, (" ".join(map(str, words)) + "\n").encode())


def _heard(event: str, args: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = args[1]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        address = args
    else:
        return
    host = address[0] if isinstance(address, tuple) else ""  # else a socket in the file system, or one that is connected
    host = host.decode() if isinstance(host, bytes) else host or ""
    if host not in _LOCAL:
        _note("outside", event, host)


sys.addaudithook(_heard)
_note("watching", *(word.replace("\n", " ") for word in sys.orig_argv))  # every user of the machine may read this
