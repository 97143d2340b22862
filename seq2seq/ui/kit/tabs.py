"""A tab with several views in it, each with an address of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr
from gradio.context import Context

from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address

# By the name that an address gives a view (`link.PARAMETERS`): its title, and what builds it.
Views = Mapping[str, tuple[str, Callable[[Services], None]]]


def build(services: Services, tab: str, introduction: str, views: Views) -> None:
    """The `views` of the tab that addresses name `tab`; the one that an address names is open."""
    gr.HTML(f'<p class="introduction">{introduction}</p>', apply_default_css=False)
    with gr.Tabs(elem_id=f"views-{tab}") as tabs:
        for name, (title, build_view) in views.items():
            with gr.Tab(title, id=name, elem_id=address.panel(name, tab)) as view:
                build_view(services)
            view.select(None, js=address.take_address(name, within=tab))

    def select(page: gr.Request) -> Any:
        name = page.query_params.get("tab")
        return gr.Tabs(selected=name) if name in views else gr.skip()

    page = Context.root_block
    assert page is not None  # a tab is built inside the page
    page.load(select, None, tabs, queue=False, show_progress="hidden", api_visibility="private")
