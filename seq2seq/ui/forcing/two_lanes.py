"""Two lanes: one sentence fed the reference and fed its own output, step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import gradio as gr

from seq2seq.decoding.model_info import ModelInfo
from seq2seq.ui.forcing import lanes
from seq2seq.ui.forcing.lanes import LanesAnswer, LanesRequest
from seq2seq.ui.kit import examples
from seq2seq.ui.kit.asking import Asking, Event
from seq2seq.ui.kit.form import fields
from seq2seq.ui.kit.form.fields import Form
from seq2seq.ui.kit.view import View


class TwoLanes(Asking[LanesRequest, LanesAnswer]):
    button = "Compare"
    prefix = "forcing"
    parameters = lanes.PARAMETERS

    def example(self, model: str, text: str | None = None) -> LanesRequest:
        return LanesRequest(*examples.pair(self.services.info(model), text), model)

    def request(self, values: Mapping[str, Any], before: LanesAnswer | None) -> LanesRequest:
        return LanesRequest(**values)

    def complete(self, values: Mapping[str, Any]) -> LanesRequest:
        """If an address has a rescue and a wrong word, only the rescue is used."""
        request = self.example(values.get("model", self.services.first), values.get("text"))
        given = {name: values[name] for name in ("reference", "rescue", "inject", "every") if name in values}
        if "rescue" in given:
            given.pop("inject", None)
        return replace(request, **given)

    def attempts(self, request: LanesRequest) -> list[LanesRequest]:
        return [request, replace(request, rescue=None, inject=None, every=None)]

    def start(self, answer: LanesAnswer, values: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
        return {"step": values.get("step", 0), "play": False}

    def answer(self, request: LanesRequest) -> LanesAnswer:
        return lanes.compute(self.services, request)

    def request_of(self, answer: LanesAnswer) -> LanesRequest:
        return answer.request

    def show(self, answer: LanesAnswer, **start: Any) -> str:
        return lanes.payload(self.services, answer, **start)

    def form(self, request: LanesRequest) -> Form:
        asked = (request.model, request.text, request.reference)
        label = _label_of_reference(self.services.info(request.model))
        return fields.pair_row(self.services, *asked, label, self.button, self.prefix)

    def fill(self, request: LanesRequest) -> dict[str, Any]:
        label = _label_of_reference(self.services.info(request.model))
        return {**super().fill(request), "reference": gr.update(value=request.reference, label=label)}

    def with_example(self, values: Mapping[str, Any], before: LanesAnswer | None) -> LanesRequest:
        return self.example(values["model"], values["text"])

    def with_model(self, values: Mapping[str, Any], before: LanesAnswer | None) -> tuple[LanesRequest, dict[str, Any]]:
        name = values["model"]
        pair = examples.fitting_pair(values["text"], values["reference"], self.services.info(name))
        return LanesRequest(*pair, name), {}

    def events(self) -> dict[str, Event[LanesAnswer]]:
        """Return `rescue` {step, word}, `inject` {lane, word, text}, `every_word` {lane} and `clear`, each with the picture's
        id."""

        def third_lane(chosen: Callable[[LanesAnswer, gr.EventData], LanesRequest]) -> Event[LanesAnswer]:
            def show_third_lane(answer: LanesAnswer, event: gr.EventData) -> tuple[LanesAnswer, dict[str, Any]]:
                new = self.answer(chosen(answer, event))
                assert new.third is not None
                return new, {"step": new.third["at"][0]}

            return show_third_lane

        def every_word(answer: LanesAnswer, event: gr.EventData) -> tuple[LanesAnswer, dict[str, Any]]:
            return self.answer(lanes.chosen_lane(answer, event)), {"step": None, "play": False}

        def clear(answer: LanesAnswer, event: gr.EventData) -> tuple[LanesAnswer, dict[str, Any]]:
            request = replace(answer.request, rescue=None, inject=None)
            return replace(answer, request=request, third=None), {"step": None, "play": False}

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
    model_parameter="model",
)


def _label_of_reference(info: ModelInfo) -> str:
    return f"Reference, in {info.target_language}"
