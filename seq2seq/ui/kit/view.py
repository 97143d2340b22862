"""A view: one page that a visitor can open, and the slot of the page in which it is built."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from seq2seq.sources.kinds import TEXT
from seq2seq.ui.host.services import Services
from seq2seq.ui.host.serving import PLOTLY_ADDRESS
from seq2seq.ui.kit.address import Parameter
from seq2seq.ui.kit.component import component


@dataclass(frozen=True)
class View:
    """The record of a view. Tabs, addresses, styles, lesson controls and links are made from it."""

    name: str  # in addresses: ?tab=NAME
    title: str
    tab: str  # name of its tab; the first view of a tab has the same name as the tab
    part: str  # component: path of its HTML and JavaScript under assets/, without file ending
    element: str  # the id of that component
    build: Callable[[Slot], None]
    parameters: tuple[Parameter, ...] = ()
    styles: tuple[str, ...] = ()  # CSS files under assets/, without file ending
    # Parts that a lesson can hide or lock: CSS selectors by control name (`lesson._TITLES`).
    controls: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kept: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # parts that are only locked when the control is hidden
    model_parameter: str = ""  # with it, a link opens the view with a model that a visitor trained; empty: no link can
    reads: tuple[str, ...] = (TEXT, "letters")  # the kinds of source that such a model can have


@dataclass(frozen=True)
class Tab:
    """Views under one title. `introduction` is shown above the views."""

    name: str
    title: str
    introduction: str = ""


@dataclass(frozen=True)
class Slot:
    """The place of a view on the page, and the objects that it can use."""

    services: Services
    view: View
    views: Sequence[View]  # all of them
    tab: gr.Tab  # selected when the view comes into sight
    page: gr.Blocks

    @property
    def address(self) -> dict[str, Any]:
        """Return the data that the page's scripts need to write addresses of this view."""
        return address_of(self.view, self.views)

    def board(self, value: str = "", **given: Any) -> gr.HTML:
        """Return the view's component."""
        given = {"elem_id": self.view.element, "address": self.address, "plotly": PLOTLY_ADDRESS, **given}
        return component(self.view.part, value, **given)

    def check(self, query: Mapping[str, str]) -> None:
        """Raise ValueError if the address names an unknown view."""
        names = [view.name for view in self.views]
        if (name := query.get("tab", names[0])) not in names:
            raise ValueError(f"There is no tab “{name[:40]}”. There are: {', '.join(names)}.")

    def is_named(self, query: Mapping[str, str]) -> bool:
        """Whether an address names this view."""
        return query.get("tab", self.views[0].name) == self.view.name


def address_of(view: View, views: Sequence[View]) -> dict[str, Any]:
    """Return `tab` (None for the first view, which needs no name), the view's `own` parameters, and those of `all` views."""
    every = sorted({parameter.name for each in views for parameter in each.parameters})
    own = [parameter.name for parameter in view.parameters]
    return {"tab": None if view is views[0] else view.name, "own": own, "all": every}
