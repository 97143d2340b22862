"""What this project uses of the inside of Gradio 6.31. tests/ui/host/test_gradio_inside.py checks each assumption."""

from __future__ import annotations

import gradio as gr
from gradio.context import Context


def page_being_built() -> gr.Blocks:
    """The page in whose `with` block the caller stands."""
    page = Context.root_block
    assert page is not None, "no page is being built"
    return page


def before_request(code: str) -> dict[str, str]:
    """The setting of an event that runs `code` in the browser before its request is sent.

    Gradio gives such JavaScript the values of the inputs, and sends what it returns.
    """
    return {"js": f"(...values) => {{ {code}; return values; }}"}
