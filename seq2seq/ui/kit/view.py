"""A view: one page that a visitor can open, and the slot of the page in which it is built."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from seq2seq.ui.host.services import Services
from seq2seq.ui.host.serving import PLOTLY_ADDRESS
from seq2seq.ui.kit.address import Parameter
from seq2seq.ui.kit.component import component


@dataclass(frozen=True)
class View:
    """Everything that the page needs to know of a view. Tabs, addresses, styles, lesson controls and links derive from it."""

    name: str  # in addresses: ?tab=NAME
    title: str
    tab: str  # the name of its tab; the first view of a tab has the tab's own name
    part: str  # its component: the path of its HTML and JavaScript under assets/, without an ending
    element: str  # the id of that component
    build: Callable[[Slot], None]
    parameters: tuple[Parameter, ...] = ()
    styles: tuple[str, ...] = ()  # CSS files under assets/, without an ending
    # What a lesson can hide or lock here: CSS selectors by the name of the control (`lesson.TITLES`).
    controls: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kept: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # parts that stay in sight: they are locked, not hidden
    opens_models: bool = False  # a link can open it with a model that a visitor has trained


@dataclass(frozen=True)
class Tab:
    """Views under one title. `introduction` is shown above them where there are several."""

    name: str
    title: str
    introduction: str = ""


@dataclass(frozen=True)
class Slot:
    """Where a view is built, and what it may use."""

    services: Services
    view: View
    views: Sequence[View]  # all of them
    tab: gr.Tab  # selected when the view comes into sight
    page: gr.Blocks

    @property
    def address(self) -> dict[str, Any]:
        """What the page's scripts need to write the addresses of this view."""
        return address_of(self.view, self.views)

    def board(self, value: str = "", **given: Any) -> gr.HTML:
        """The view's component."""
        given = {"elem_id": self.view.element, "address": self.address, "plotly": PLOTLY_ADDRESS, **given}
        return component(self.view.part, value, **given)

    def check(self, query: Mapping[str, str]) -> None:
        """Raises ValueError for an address that names no view."""
        names = [view.name for view in self.views]
        if (name := query.get("tab", names[0])) not in names:
            raise ValueError(f"There is no tab “{name[:40]}”. There are: {', '.join(names)}.")

    def is_named(self, query: Mapping[str, str]) -> bool:
        """Whether an address names this view."""
        return query.get("tab", self.views[0].name) == self.view.name


def address_of(view: View, views: Sequence[View]) -> dict[str, Any]:
    """`tab` is None for the first view, which needs no name; `own` are the view's parameters, `all` those of every view."""
    every = sorted({parameter.name for each in views for parameter in each.parameters})
    own = [parameter.name for parameter in view.parameters]
    return {"tab": None if view is views[0] else view.name, "own": own, "all": every}
