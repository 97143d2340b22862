"""Error messages for the visitor: one line on the page, and one wrapper for every handler."""

from __future__ import annotations

import functools
import itertools
import json
import logging
from collections.abc import Callable
from typing import Any

import gradio as gr

from seq2seq import files
from seq2seq.ui.kit.component import component

_serial = itertools.count(1)
_log = logging.getLogger(__name__)


def message_line(text: str = "", name: str = "message", part: str = "lib/message") -> gr.HTML:
    """Return a line of text that screen readers announce when it changes; it is hidden while the text is empty.

    Tests find it by its `name`. `part` is the component; some do more than show the text.
    """
    return component(part, message(text), kind="message", role="alert", testid=name, elem_classes="message-block")


def note_line(text: str, name: str) -> gr.HTML:
    """Return a line that describes the settings near it; screen readers announce it without interruption."""
    return component("lib/message", message(text), kind="note", role="status", testid=name, elem_classes="note-block")


def message(text: str) -> str:
    """Return the value of a message line. The serial number lets screen readers announce the same text twice."""
    return json.dumps({"text": text, "serial": next(_serial)}, ensure_ascii=False)


def sentence(error: ValueError | str) -> str:
    """Return the text of `error` with a capital letter and a full stop."""
    text = str(error).strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def explain(error: Exception) -> str:
    """Return a message for the visitor: the text of a ValueError; any other error is logged and gets a general text."""
    if isinstance(error, ValueError):
        return sentence(error)
    _log.error("a handler failed", exc_info=error)
    if isinstance(error, OSError) and (advice := files.advice(error)):
        return sentence(advice)
    return "Something went wrong on the server. Your text is still here: please try again."


def reported(
    line: gr.HTML,
) -> Callable[[Callable[..., dict[Any, Any]]], Callable[..., dict[Any, Any]]]:
    """Wrap a handler that returns updates by component: an error becomes a message in `line`, and nothing else changes."""

    def wrap(handler: Callable[..., dict[Any, Any]]) -> Callable[..., dict[Any, Any]]:
        @functools.wraps(handler)
        def guarded(*args: Any, **kwargs: Any) -> dict[Any, Any]:
            try:
                return {line: message(""), **handler(*args, **kwargs)}
            except Exception as error:  # without an answer the page would wait for ever
                return {line: message(explain(error))}

        return guarded

    return wrap
