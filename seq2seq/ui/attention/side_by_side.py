"""Side by side: the attention of several models, or of heads of one model, on one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import gradio as gr

from seq2seq.ui.attention import panels
from seq2seq.ui.attention.panels import PanelsRequest
from seq2seq.ui.kit import examples
from seq2seq.ui.kit.asking import Asking, Event
from seq2seq.ui.kit.form.fields import remembered
from seq2seq.ui.kit.view import View


class SideBySide(Asking[PanelsRequest, PanelsRequest]):
    """The form selects the model of the first panel; the other panels are selected in the picture."""

    button = "Show"
    prefix = "attention"
    parameters = panels.PARAMETERS
    events_change_form = True
    redraws_after_fault = True

    def example(self, model: str, text: str | None = None) -> PanelsRequest:
        return panels.opening(self.services, model, text)

    def request(self, values: Mapping[str, Any], before: PanelsRequest | None) -> PanelsRequest:
        return replace(remembered(before), text=values["text"])

    def complete(self, values: Mapping[str, Any]) -> PanelsRequest:
        request = self.example(values.get("model", self.services.first))
        if chosen := values.get("panels"):
            info = self.services.info(chosen[0].model)
            request = replace(request, panels=chosen, text=examples.fitting(request.text, info))
        return replace(request, text=values.get("text", request.text), unit=values.get("unit", request.unit))

    def attempts(self, request: PanelsRequest) -> list[PanelsRequest]:
        """Try the request, then the same panels without heads."""
        return [request, replace(request, panels=tuple(replace(panel, head=None) for panel in request.panels))]

    def with_model(self, values: Mapping[str, Any], before: PanelsRequest | None) -> tuple[PanelsRequest, dict[str, Any]]:
        """A new first model replaces the other panels by models of its own languages."""
        name = values["model"]
        text = examples.fitting(values["text"], self.services.info(name))
        return replace(self.example(name, text), unit=remembered(before).unit), {}

    def after_failed_model(self, request: PanelsRequest) -> PanelsRequest:
        return request

    def start(self, answer: PanelsRequest, values: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
        return {"step": values.get("step", 0)}

    def show(self, answer: PanelsRequest, **start: Any) -> str:
        return panels.payload(self.services, answer, panels.compute(self.services, answer), start.get("step", 0))

    def events(self) -> dict[str, Event[PanelsRequest]]:
        def choose(answer: PanelsRequest, event: gr.EventData) -> tuple[PanelsRequest, dict[str, Any]]:
            return panels.chosen(answer, event, self.services), {"step": None}

        return {"choose": choose}


VIEW = View(
    name="attention",
    title="Side by side",
    tab="attention",
    part="attention/side-by-side",
    element="attention",
    build=SideBySide.open,
    parameters=SideBySide.parameters,
    styles=(
        "forcing/two-lanes/lanes",
        "forcing/score",
        "forcing/exposure",
        "attention/attention",
    ),  # the last one overrides the others
    controls={"model": ("[data-testid=add-panel]",)},
    kept={"model": (".panel-menus", ".panel-heads .thumbs")},
    model_parameter="model",
)
