"""The Teacher forcing tab: what if it were told the truth? Each of its views is one module with `build(services)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.context import Context

from seq2seq.ui import cure, link, scoring, sentences, two_lanes
from seq2seq.ui.services import Services

INTRODUCTION = (
    "In training, a decoder is fed the reference: whatever it would have written, its next input is the right piece (teacher "
    "forcing). In use, it is fed what it wrote itself, and has never learned to live with its own mistakes (exposure bias)."
)
# By the name that an address gives a view (`link.PARAMETERS`): its title, and what builds it.
VIEWS: dict[str, tuple[str, Callable[[Services], None]]] = {
    link.FORCING: ("Two lanes", two_lanes.build),
    link.SCORE: ("Score a translation", scoring.build),
    link.SENTENCES: ("Over many sentences", sentences.build),
    link.CURE: ("The cure", cure.build),
}


def build(services: Services) -> None:
    gr.HTML(f'<p class="introduction">{INTRODUCTION}</p>', apply_default_css=False)
    with gr.Tabs(elem_id="views") as views:
        for name, (title, build_view) in VIEWS.items():
            with gr.Tab(title, id=name, elem_id=link.panel(name, link.FORCING)) as tab:
                build_view(services)
            tab.select(None, js=link.take_address(name, within=link.FORCING))
    page = Context.root_block
    assert page is not None  # a tab is built inside the page
    page.load(_select, None, views, queue=False, show_progress="hidden", api_visibility="private")


def _select(page: gr.Request) -> Any:
    """The view that the address names."""
    name = page.query_params.get("tab")
    return gr.Tabs(selected=name) if name in VIEWS else gr.skip()
