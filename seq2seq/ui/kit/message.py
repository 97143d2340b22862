"""Telling a visitor what went wrong: one place on the page, one wrapper around every handler."""

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
    """A line of text that assistive technology reads out when it changes; nothing at all while there is nothing to say.

    Tests find it by its `name`. `part` names a component that does more than show the text.
    """
    return component(part, message(text), kind="message", role="alert", testid=name, elem_classes="message-block")


def note_line(text: str, name: str) -> gr.HTML:
    """A line that describes the settings around it; it is read out too, but interrupts nobody."""
    return component("lib/message", message(text), kind="note", role="status", testid=name, elem_classes="note-block")


def message(text: str) -> str:
    """The value of a message line. Numbered, so that the same text twice in a row is said twice."""
    return json.dumps({"text": text, "serial": next(_serial)}, ensure_ascii=False)


def sentence(error: ValueError | str) -> str:
    """What `error` says, with a capital letter and a full stop."""
    text = str(error).strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def explain(error: Exception) -> str:
    """What a visitor should know of `error`: a ValueError speaks for itself, anything else is our fault and is logged."""
    if isinstance(error, ValueError):
        return sentence(error)
    _log.error("a handler failed", exc_info=error)
    if isinstance(error, OSError) and (known := files.advice(error)):
        return sentence(known)
    return "Something went wrong on the server. Your text is still here: please try again."


def reported(
    place: gr.HTML,
) -> Callable[[Callable[..., dict[Any, Any]]], Callable[..., dict[Any, Any]]]:
    """Wrap a handler that returns updates by component: what goes wrong becomes a message at `place`; nothing else changes."""

    def wrap(handler: Callable[..., dict[Any, Any]]) -> Callable[..., dict[Any, Any]]:
        @functools.wraps(handler)
        def guarded(*args: Any, **kwargs: Any) -> dict[Any, Any]:
            try:
                return {place: message(""), **handler(*args, **kwargs)}
            except Exception as error:  # never a page that waits for ever
                return {place: message(explain(error))}

        return guarded

    return wrap
