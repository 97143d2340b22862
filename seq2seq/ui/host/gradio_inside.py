"""Internals of Gradio 6.31 that this project uses. tests/ui/host/test_gradio_inside.py checks each assumption."""

from __future__ import annotations

import json

import gradio as gr
from gradio.context import Context


def page_being_built() -> gr.Blocks:
    """Return the page whose `with` block is open."""
    page = Context.root_block
    assert page is not None, "no page is being built"
    return page


def before_request(code: str) -> dict[str, str]:
    """Return an event setting that runs `code` in the browser before the request is sent.

    Gradio passes the values of the inputs to such JavaScript, and sends its return value.
    """
    return {"js": f"(...values) => {{ {code}; return values; }}"}


def open_again(menu: gr.Dropdown) -> str:
    """Return JavaScript that opens `menu` if nothing is chosen in it; its value is the only input.

    A choice takes the focus from the menu, and focus opens it: where the list was scrolled to, so it is scrolled to its start.
    """
    field, options = (
        f"document.querySelector({json.dumps(f'#{menu.elem_id} {part}')})" for part in ("input", "[role=listbox]")
    )
    start = f"requestAnimationFrame(() => {options}?.scrollTo(0, 0));"
    return f"(chosen) => {{ if (chosen === null) {{ {field}.focus(); {start} }} }}"
