"""Two lanes: one sentence fed the reference and fed its own output, step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import gradio as gr

from seq2seq.decoding.translator import ModelInfo
from seq2seq.ui.forcing import lanes
from seq2seq.ui.forcing.lanes import LanesRequest, Looked
from seq2seq.ui.kit import examples, fields
from seq2seq.ui.kit.asking import Asking, Event
from seq2seq.ui.kit.fields import Form
from seq2seq.ui.kit.view import View


class TwoLanes(Asking[LanesRequest, Looked]):
    button = "Compare"
    prefix = "forcing"
    parameters = lanes.PARAMETERS

    def example(self, model: str, text: str | None = None) -> LanesRequest:
        return LanesRequest(*examples.pair(self.services.info(model), text), model)

    def request(self, values: Mapping[str, Any], before: Looked | None) -> LanesRequest:
        return LanesRequest(**values)

    def complete(self, values: Mapping[str, Any]) -> LanesRequest:
        """An address with a rescue and a wrong word asks for the rescue."""
        request = self.example(values.get("model", self.services.first), values.get("text"))
        given = {name: values[name] for name in ("reference", "rescue", "inject", "every") if name in values}
        if "rescue" in given:
            given.pop("inject", None)
        return replace(request, **given)

    def attempts(self, request: LanesRequest) -> list[LanesRequest]:
        return [request, replace(request, rescue=None, inject=None, every=None)]

    def start(self, seen: Looked, values: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
        return {"step": values.get("step", 0), "play": False}

    def look(self, request: LanesRequest) -> Looked:
        return lanes.look(self.services, request)

    def request_of(self, seen: Looked) -> LanesRequest:
        return seen.asked

    def show(self, seen: Looked, **start: Any) -> str:
        return lanes.shown(self.services, seen, **start)

    def form(self, request: LanesRequest) -> Form:
        info = self.services.info(request.model)
        with gr.Row(elem_classes="ask"):
            text = fields.line(request.text, fields.asks(info), "forcing-text")
            reference = fields.line(request.reference, _label_of_reference(info), "forcing-reference")
            go = gr.Button(self.button, variant="primary", scale=0, min_width=120, elem_id="compare")
            example = fields.example_menu(info, request.text, "forcing-example")
            model = fields.models(self.services, request.model, "forcing-model")
        return Form({"text": text, "reference": reference, "model": model}, go, example)

    def fill(self, request: LanesRequest) -> dict[str, Any]:
        label = _label_of_reference(self.services.info(request.model))
        return {**super().fill(request), "reference": gr.update(value=request.reference, label=label)}

    def with_example(self, values: Mapping[str, Any], before: Looked | None) -> LanesRequest:
        return self.example(values["model"], values["text"])

    def with_model(self, values: Mapping[str, Any], before: Looked | None) -> tuple[LanesRequest, dict[str, Any]]:
        name = values["model"]
        pair = examples.fitting_pair(values["text"], values["reference"], self.services.info(name))
        return LanesRequest(*pair, name), {}

    def events(self) -> dict[str, Event[Looked]]:
        """`rescue` {step, word}, `inject` {lane, word, text}, `every_word` {lane} and `clear`, each with the picture's id."""

        def third_lane(chosen: Callable[[Looked, gr.EventData], LanesRequest]) -> Event[Looked]:
            def show_third_lane(seen: Looked, event: gr.EventData) -> tuple[Looked, dict[str, Any]]:
                found = self.look(chosen(seen, event))
                assert found.third is not None
                return found, {"step": found.third["at"][0]}

            return show_third_lane

        def every_word(seen: Looked, event: gr.EventData) -> tuple[Looked, dict[str, Any]]:
            return self.look(lanes.chosen_lane(seen, event)), {"step": None, "play": False}

        def clear(seen: Looked, event: gr.EventData) -> tuple[Looked, dict[str, Any]]:
            request = replace(seen.asked, rescue=None, inject=None)
            return replace(seen, asked=request, third=None), {"step": None, "play": False}

        return {
            "rescue": third_lane(lanes.chosen_rescue),
            "inject": third_lane(lanes.chosen_wrong_word),
            "every_word": every_word,
            "clear": clear,
        }


VIEW = View(
    name="teacher-forcing",
    title="Two lanes",
    tab="teacher-forcing",
    part="forcing/two-lanes/lanes",
    element="lanes",
    build=TwoLanes.open,
    parameters=TwoLanes.parameters,
    styles=("forcing/two-lanes/lanes",),
    controls={"tools": (".lanes .tools",)},
    opens_models=True,
)


def _label_of_reference(info: ModelInfo) -> str:
    return f"Reference, in {info.target_language}"
