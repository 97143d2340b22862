"""The cell: every gate of a recurrent layer at every step, with the equation of one unit, and a gate that can be held."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import gradio as gr

from seq2seq.analysis.inside import cells as engine
from seq2seq.analysis.inside.cells import Hold
from seq2seq.analysis.inside.units import Units, examine
from seq2seq.decoding.translator import Translator
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address, examples
from seq2seq.ui.kit.address import MODEL, STEP, TEXT, Parameter
from seq2seq.ui.kit.asking import Asking, Event
from seq2seq.ui.kit.component import next_serial
from seq2seq.ui.kit.form import fields
from seq2seq.ui.kit.view import View
from seq2seq.views.inside import cell as view

PER_MILLE = 1000  # in an address, the value of a held gate is a whole number per mille
UNREADABLE = "That choice could not be read. Please choose again."


def _read_hold(text: str, _: Services) -> Hold:
    """Read `encoder-1-forward.update.4.0`: layer, gate, step from 1, value per mille."""
    parts = text.split(".")
    if len(parts) != 4:
        raise ValueError("In this address, “hold” should name a layer, a gate, a step and a value, with points between them.")
    step, value = (address.whole("hold", part) for part in parts[2:])
    return Hold(parts[0], step - 1, parts[1], value / PER_MILLE)


HOLD = Parameter("hold", _read_hold, lambda hold: f"{hold.layer}.{hold.gate}.{hold.step + 1}.{round(PER_MILLE * hold.value)}")


@dataclass(frozen=True)
class CellRequest:
    """Without `layer` the first one is shown; without `unit` (counted from 1), the one that moves most."""

    text: str
    model: str
    layer: str | None = None
    unit: int | None = None
    hold: Hold | None = None
    examined: bool = False  # also show what the units do


class CellView(Asking[CellRequest, CellRequest]):
    button = "Look inside"
    prefix = "cell"
    parameters = (TEXT, MODEL, address.words("layer"), address.number("neuron"), HOLD, STEP)

    def example(self, model: str, text: str | None = None) -> CellRequest:
        return CellRequest(examples.first(self.services.info(model)) if text is None else text, model)

    def request(self, values: Mapping[str, Any], before: CellRequest | None) -> CellRequest:
        kept = before.layer if before and before.model == values["model"] else None
        return CellRequest(**values, layer=kept, examined=bool(before and before.examined))

    def complete(self, values: Mapping[str, Any]) -> CellRequest:
        example = self.example(values.get("model", self.services.first), values.get("text"))
        return replace(example, layer=values.get("layer"), unit=values.get("neuron"), hold=values.get("hold"))

    def values(self, request: CellRequest) -> dict[str, Any]:
        return {**vars(request), "neuron": request.unit}  # “unit” is already the words or pieces of another view

    def attempts(self, request: CellRequest) -> list[CellRequest]:
        return [request, replace(request, hold=None), replace(request, layer=None, unit=None, hold=None)]

    def start(self, answer: CellRequest, values: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
        return {"step": values.get("step", 0), "play": False}

    def show(self, answer: CellRequest, **start: Any) -> str:
        return payload(self.services, answer, **start)

    def events(self) -> dict[str, Event[CellRequest]]:
        stay: dict[str, Any] = {"step": None, "play": False}  # at the current step
        return {
            "choose": lambda answer, event: (_chosen(answer, event), stay),
            "hold": lambda answer, event: (_held(answer, event), stay),
            "examine": lambda answer, _: (replace(answer, examined=True), stay),
        }


VIEW = View(
    name="inside",
    title="The cell",
    tab="inside",
    part="inside/cell/cell",
    element="cell",
    build=CellView.open,
    parameters=CellView.parameters,
    styles=("inside/cell/cell",),
    controls={"tools": (".cell-view .hold",)},
    model_parameter="model",
)


def _chosen(request: CellRequest, event: gr.EventData) -> CellRequest:
    layer, unit = fields.from_event(event, "layer"), fields.from_event(event, "unit")
    if not isinstance(layer, str) or not (unit is None or type(unit) is int):
        raise ValueError(UNREADABLE)
    return replace(request, layer=layer, unit=unit)


def _held(request: CellRequest, event: gr.EventData) -> CellRequest:
    gate = fields.from_event(event, "gate")
    if gate is None:
        return replace(request, hold=None)
    layer, step, value = (fields.from_event(event, name) for name in ("layer", "step", "value"))
    if not (isinstance(gate, str) and isinstance(layer, str) and type(step) is int and type(value) in (int, float)):
        raise ValueError(UNREADABLE)
    return replace(request, hold=Hold(layer, step, gate, value))


@lru_cache(maxsize=8)
def _examined(translator: Translator) -> Units | None:
    return examine(translator)


def payload(services: Services, request: CellRequest, step: int | None = 0, play: bool = True, **_: Any) -> str:
    """Return the component's value. Raises ValueError with a message for the user if the request is impossible."""
    translator = services.translator(request.model)
    trace, layers = engine.look_inside(translator, request.text, request.hold)
    by_name = {layer.name: layer for layer in layers}
    layer = by_name.get(request.layer or layers[0].name)
    if layer is None:
        raise ValueError(f"There is no layer “{str(request.layer)[:40]}”. There are: {', '.join(by_name)}.")
    unit = view.striking(layer) if request.unit is None else request.unit - 1
    if not 0 <= unit < layer.units:
        raise ValueError(f"There is no unit {unit + 1}: this layer has {layer.units}.")
    hold, info = request.hold, services.info(request.model)
    free = services.translate(request.model, request.text)  # without the hold
    order = view.order(layer)
    return json.dumps(
        {
            "layers": [{"name": each.name, "title": view.title(each)} for each in layers],
            "layer": layer.name,
            "backward": layer.direction == "backward",
            "units": layer.units,
            "order": order,
            **view.columns(layer, trace),
            "strips": view.strips(layer, order),
            "unit": view.unit(layer, unit),
            "holdable": [
                {"name": name, **{key: getattr(view.GATES[layer.cell][name], key) for key in ("title", "low", "high")}}
                for name in layer.explanation.holdable
            ],
            "held": bool(hold),
            "says_hold": view.held(hold, by_name[hold.layer], free, trace) if hold else "",
            "does": view.does(found, layer, unit) if request.examined and (found := _examined(translator)) else None,
            "text": trace.text,
            "sentences": view.sentences(layer, trace, unit),
            "model": {"name": info.name, "title": info.title, "trained_on": info.trained_on},
            "link": CellView(services).link(replace(request, layer=layer.name, unit=unit + 1)),
            "start": {"step": step, "play": play},
            "serial": next_serial(),
        },
        ensure_ascii=False,
        allow_nan=False,
    )
