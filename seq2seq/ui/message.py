"""Telling a visitor what went wrong: one place on the page, one wrapper around every handler."""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Callable
from typing import Any

import gradio as gr

from seq2seq.ui.assets import read

_serial = itertools.count(1)


def message_line() -> gr.HTML:
    """A line of text that assistive technology reads out when it changes; nothing at all while there is nothing to say."""
    return gr.HTML(
        value=message(""),
        html_template='<p class="message" role="alert" data-testid="message"></p>',
        js_on_load=read("js/message.js"),
        apply_default_css=False,
        elem_classes="message-block",
    )


def message(text: str) -> str:
    """The value of a message line. Numbered, so that the same text twice in a row is said twice."""
    return json.dumps({"text": text, "serial": next(_serial)}, ensure_ascii=False)


def sentence(error: ValueError) -> str:
    """What `error` says, with a capital letter and a full stop."""
    text = str(error).strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def reported(
    place: gr.HTML,
) -> Callable[[Callable[..., dict[Any, Any]]], Callable[..., dict[Any, Any]]]:
    """Wrap a handler that returns updates by component: a ValueError becomes a message at `place`, and nothing else changes."""

    def wrap(handler: Callable[..., dict[Any, Any]]) -> Callable[..., dict[Any, Any]]:
        @functools.wraps(handler)
        def guarded(*args: Any, **kwargs: Any) -> dict[Any, Any]:
            try:
                return {place: message(""), **handler(*args, **kwargs)}
            except ValueError as error:
                return {place: message(sentence(error))}

        return guarded

    return wrap
