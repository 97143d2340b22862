"""The Hugging Face Space that this app runs in, if any, and the addresses at which others open it.

A Space shows the app in a frame. The address of the frame is not the one to share: it can hold `__sign`, the token of a
private Space, and nobody sees it change.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_ID = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_HOST = re.compile(r"[\w.-]+", re.ASCII)


@dataclass(frozen=True)
class Home:
    """Addresses without parameters. Without a Space both are empty, and the page's own address is the one to share."""

    page: str = ""  # the Space's page, with the app in a frame
    whole: str = ""  # the app alone, for a projector


def home(environment: Mapping[str, str]) -> Home:
    """Read the variables SPACE_ID (`owner/name`) and SPACE_HOST (`owner-name.hf.space`), which a Space sets."""
    name, host = environment.get("SPACE_ID", ""), environment.get("SPACE_HOST", "")
    if not _ID.fullmatch(name):
        return Home()
    return Home(f"https://huggingface.co/spaces/{name}", f"https://{host}/" if _HOST.fullmatch(host) else "")
