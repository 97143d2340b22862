"""The tabs of the page, and the views within them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import gradio as gr

from seq2seq.ui.host import gradio_inside
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit.component import read
from seq2seq.ui.kit.view import Slot, Tab, View, address_of


def build(services: Services, tabs: Sequence[Tab], views: Sequence[View]) -> gr.Tabs:
    """Build every view in its tab. When a view or a tab is selected, the address changes to it."""
    with gr.Tabs(elem_id="tabs", overflow_behavior="wrap") as built:
        for tab in tabs:
            own = [view for view in views if view.tab == tab.name]
            with gr.Tab(tab.title, id=tab.name, elem_id=f"tab-{tab.name}") as panel:
                if tab.introduction:
                    gr.HTML(f'<p class="introduction">{tab.introduction}</p>', apply_default_css=False)
                if len(own) == 1:
                    own[0].build(_slot(services, own[0], views, panel))
                else:
                    _build_views(services, tab, own, views)
            panel.select(None, js=_take_address(own[0], views))
    return built


def _build_views(services: Services, tab: Tab, own: Sequence[View], views: Sequence[View]) -> None:
    with gr.Tabs(elem_id=f"views-{tab.name}") as built:
        for view in own:
            with gr.Tab(view.title, id=view.name, elem_id=f"view-{view.name}") as panel:
                view.build(_slot(services, view, views, panel))
            panel.select(None, js=_take_address(view, views, within=tab.name))

    def select(page: gr.Request) -> Any:
        return selected(page, [view.name for view in own])

    gradio_inside.page_being_built().load(select, None, built, **QUIET)


def selected(page: gr.Request, names: Sequence[str]) -> Any:
    """Return the update that selects the view in the address, if it is one of `names`."""
    name = page.query_params.get("tab")
    return gr.Tabs(selected=name) if name in names else gr.skip()


QUIET: dict[str, Any] = {
    "queue": False,
    "show_progress": "hidden",
    "api_visibility": "private",
}  # for handlers that answer immediately


def _slot(services: Services, view: View, views: Sequence[View], panel: gr.Tab) -> Slot:
    return Slot(services, view, views, panel, gradio_inside.page_being_built())


def _take_address(view: View, views: Sequence[View], within: str | None = None) -> str:
    """Return the JavaScript that changes the address to this tab, or to this view `within` a tab, when it is selected."""
    address = address_of(view, views)
    lines = read("host/address-on-tab.js").splitlines()
    function = "\n".join(line for line in lines if not line.startswith("//"))
    names = [each.name for each in views]
    panel = f"view-{view.name}" if within else f"tab-{view.tab}"
    given = ", ".join(map(json.dumps, (address["tab"], address["all"], names, within and within.replace("-", ""), panel)))
    return f"() => ({function})({given})"
