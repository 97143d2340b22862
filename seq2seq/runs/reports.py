"""Reports that are measured once, stored in the checkpoint's folder, and shown on the page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from seq2seq.files import replace_file

EXPOSURE = "exposure.json"  # teacher forcing compared with free running, on a held-out file
ALIGNMENT = "alignment.json"  # attention as an aligner, on held-out pairs
COMPARISON = "comparison.json"  # training recipes compared; this model is one of them
REPLIES = "replies.json"  # how much the replies of a dialogue model differ
FILES = (EXPOSURE, ALIGNMENT, COMPARISON, REPLIES)
MAX_BYTES = 2_000_000  # of a file


def add_exposure(folder: Path, line: str, about: dict[str, Any], report: dict[str, Any]) -> None:
    """Save the report of `exposure` for the page."""
    _keep(folder / EXPOSURE, {"command": line, **about, "report": report})


def read_exposure(folder: Path) -> dict[str, Any] | None:
    """Return what `add_exposure` saved; None if there is nothing or it cannot be read."""
    return _read(folder / EXPOSURE, {"command", "data", "report"})


def add_alignment(folder: Path, line: str, report: dict[str, Any]) -> None:
    """Save the report of `align` for the page."""
    _keep(folder / ALIGNMENT, {"command": line, **report})


def read_alignment(folder: Path) -> dict[str, Any] | None:
    """Return what `add_alignment` saved; None if there is nothing or it cannot be read."""
    content = _read(folder / ALIGNMENT, {"command", "data", "sentences", "attention", "diagonal"}) or {}
    try:
        figures = [content[method][of] for method in ("attention", "diagonal") for of in ("error_rate", "linked_precision")]
    except (TypeError, KeyError):
        return None
    return content if isinstance(content["sentences"], int) and all(isinstance(value, float) for value in figures) else None


def add_comparison(folder: Path, line: str, comparison: dict[str, Any]) -> None:
    """Save the result of `compare` with one of the compared models, for the page."""
    _keep(folder / COMPARISON, {"command": line, **comparison})


def read_comparison(folder: Path) -> dict[str, Any] | None:
    """Return what `add_comparison` saved; None if there is nothing or it cannot be read."""
    return _read(folder / COMPARISON, {"command", "data", "test", "settings", "recipes", "differences"})


def add_replies(folder: Path, line: str, data: str, report: dict[str, Any]) -> None:
    """Save the report of `replies` for the page."""
    _keep(folder / REPLIES, {"command": line, "data": data, **report})


def read_replies(folder: Path) -> dict[str, Any] | None:
    """Return what `add_replies` saved; None if there is nothing or it cannot be read."""
    return _read(folder / REPLIES, {"command", "data", "varieties", "question"})


def _keep(path: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    replace_file(path, lambda partial: partial.write_text(text, encoding="utf-8"))


def _read(path: Path, keys: set[str]) -> dict[str, Any] | None:
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return content if keys <= content.keys() else None
    except (OSError, ValueError, AttributeError, RecursionError):
        return None
