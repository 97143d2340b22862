"""The panels of the view Side by side: models and heads, their attention, and their form in an address."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
from torch import Tensor

from seq2seq.analysis import inspection
from seq2seq.decoding.model_info import ModelInfo
from seq2seq.models.saved import checkpoint
from seq2seq.models.seq2seq import CROSS, DECODER, ENCODER
from seq2seq.runs import reports
from seq2seq.trace import DecodingTrace
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address, examples
from seq2seq.ui.kit.address import STEP, TEXT, Parameter
from seq2seq.ui.kit.component import next_serial
from seq2seq.ui.kit.form import fields
from seq2seq.views import matrix
from seq2seq.views.attention import side_by_side as view

MOST = 4
UNITS = ("words", "pieces")
_BETWEEN, _BEFORE_HEAD, _WITHIN_HEAD = ",", ":", "."  # model, model:cross.3.2
_AXES = {CROSS: (matrix.TARGET, matrix.SOURCE), ENCODER: (matrix.SOURCE, matrix.SOURCE), DECODER: (matrix.TARGET, matrix.FED)}
_WHERE = {
    CROSS: "decoder to source",
    ENCODER: "encoder, source to source",
    DECODER: "decoder to its inputs",
}


@dataclass(frozen=True)
class Head:
    """A head of a layer, both counted from 1. If `number` is None, the mean of the layer's heads."""

    kind: str
    layer: int
    number: int | None = None

    @property
    def name(self) -> str:
        which = "mean of the heads" if self.number is None else f"head {self.number}"
        return f"{_WHERE[self.kind]}, layer {self.layer}, {which}"

    def __str__(self) -> str:
        parts = [self.kind, self.layer, *([] if self.number is None else [self.number])]
        return _WITHIN_HEAD.join(map(str, parts))


@dataclass(frozen=True)
class Panel:
    """A model and a head. If `head` is None, the attention in the trace."""

    model: str
    head: Head | None = None

    def __str__(self) -> str:
        return self.model if self.head is None else f"{self.model}{_BEFORE_HEAD}{self.head}"


@dataclass(frozen=True)
class PanelsRequest:
    text: str
    panels: tuple[Panel, ...]
    unit: str = UNITS[0]

    @property
    def model(self) -> str:
        return self.panels[0].model


@dataclass(frozen=True)
class PanelAnswer:
    """A panel with the trace and the heads of its model."""

    panel: Panel
    info: ModelInfo
    trace: DecodingTrace
    heads: Mapping[str, list[Tensor]]


def companions(services: Services, info: ModelInfo, count: int = 2) -> list[str]:
    """Return models to compare with one, of the same languages and subject: without attention, and of another architecture."""
    same = [other for other in services.infos.values() if other.name != info.name and other.family == info.family]
    chosen: list[str] = []
    kinds = {_kind(info)}
    for attentive in (not info.has_attention, True, False):
        for other in same:
            if other.has_attention == attentive and _kind(other) not in kinds and len(chosen) < count:
                chosen.append(other.name)
                kinds.add(_kind(other))
                break  # first one model of each sort
    return chosen


def _kind(info: ModelInfo) -> tuple[bool, str]:
    """Return whether the model has attention, and the first word of its architecture: GRU, LSTM, Transformer, …"""
    return info.has_attention, info.architecture.split()[0]


def opening(services: Services, name: str, text: str | None = None) -> PanelsRequest:
    """Return a first request: a model, its companions, and an example sentence."""
    info = services.info(name)
    sentences = examples.of(info)
    written = text if text is not None else sentences[0] if sentences else ""
    return PanelsRequest(written, tuple(Panel(model) for model in [name, *companions(services, info)]))


def compute(services: Services, request: PanelsRequest) -> list[PanelAnswer]:
    """Compute the panels. Raises ValueError with a message for the user if the request is impossible."""
    by_model: dict[str, tuple[DecodingTrace, Mapping[str, list[Tensor]]]] = {}
    answers = []
    for panel in request.panels:
        translator = services.translator(panel.model)
        if panel.model not in by_model:
            trace = services.translate(panel.model, request.text)
            by_model[panel.model] = trace, inspection.heads(translator, trace)
        trace, heads = by_model[panel.model]
        if panel.head:
            _check(panel.head, heads, translator.info)
        answers.append(PanelAnswer(panel, services.info(panel.model), trace, heads))
    return answers


def _check(head: Head, heads: Mapping[str, list[Tensor]], info: ModelInfo) -> None:
    if not heads:
        raise ValueError(f"The model “{info.title}” has no heads: only Transformers have heads.")
    layers = heads[head.kind]
    count = len(layers[0])
    if not 1 <= head.layer <= len(layers) or not (head.number is None or 1 <= head.number <= count):
        raise ValueError(f"There is no {head.name} in “{info.title}”: it has {len(layers)} layers with {count} heads each.")


def _weights(answer: PanelAnswer) -> list[list[float]] | None:
    head = answer.panel.head
    if head is None:
        return [list(step.attention) for step in answer.trace.steps if step.attention is not None] or None
    layer = answer.heads[head.kind][head.layer - 1]
    weights: list[list[float]] = (layer.mean(0) if head.number is None else layer[head.number - 1]).tolist()
    return weights


# --- the page's part ---


def payload(services: Services, request: PanelsRequest, panels: list[PanelAnswer], step: int | None = 0) -> str:
    """Return the component's value. `step` is marked; None keeps the current one. The serial number lets an equal picture
    restart."""
    reads = panels[0].info.source_language
    offered = [(text, name) for text, name in services.offered(panels[0].panel.model) if _reads(services, name) == reads]
    return json.dumps(
        {
            "panels": [_panel(services, answer) for answer in panels],
            "models": [{"text": text, "name": name} for text, name in offered],
            "most": MOST,
            "unit": request.unit,
            "step": step,
            "link": address.write(PARAMETERS, vars(request)),
            "serial": next_serial(),
        },
        ensure_ascii=False,
        allow_nan=False,
    )


def _reads(services: Services, name: str) -> str:
    return services.info(name).source_language


def _panel(services: Services, answer: PanelAnswer) -> dict[str, Any]:
    panel, trace, weights = answer.panel, answer.trace, _weights(answer)
    axes = _AXES[panel.head.kind] if panel.head else _AXES[CROSS]
    report = None if panel.head else reports.read_alignment(checkpoint.ROOT / panel.model)
    return {
        "model": panel.model,
        "head": str(panel.head or ""),
        "title": answer.info.title,
        "kind": answer.info.architecture,
        "target_language": answer.info.target_language,
        "result": view.result(trace),
        "grid": matrix.grid(trace, weights, *axes) if weights else None,
        "measured": view.measured(report) if report else "",
        "changes": None if weights else view.changes(trace, inspection.state_changes(services.translator(panel.model), trace)),
        "heads": [
            _layer(kind, number, layer) for kind, layers in answer.heads.items() for number, layer in enumerate(layers, 1)
        ],
    }


def _layer(kind: str, number: int, layer: Tensor) -> dict[str, Any]:
    """Return the heads of one layer, as a menu and as thumbnails."""
    heads = [Head(kind, number, None), *(Head(kind, number, n) for n in range(1, len(layer) + 1))]
    pictures = [layer.mean(0), *layer]
    return {
        "title": f"{_WHERE[kind][:1].upper()}{_WHERE[kind][1:]}, layer {number}",
        "heads": [
            {"value": str(head), "name": head.name, "short": "mean" if head.number is None else f"head {head.number}"}
            | view.thumbnail(picture.numpy())
            for head, picture in zip(heads, pictures, strict=True)
        ],
    }


# --- addresses and choices in the picture: both are untrusted input ---


def unit_of(text: str) -> str:
    if text not in UNITS:
        raise ValueError(f"In this address, “unit” should be one of {', '.join(UNITS)}, not “{text[:40]}”.")
    return text


def panels_of(text: str, services: Services) -> tuple[Panel, ...]:
    """Read the panels of an address. Raises ValueError that names the invalid panel."""
    written = text.split(_BETWEEN)
    if not 1 <= len(written) <= MOST:
        raise ValueError(f"The page shows one to {MOST} models or heads side by side, not {len(written)}.")
    panels = tuple(_panel_of(part, services) for part in written)
    languages = {services.info(panel.model).source_language for panel in panels}
    if len(languages) > 1:
        raise ValueError(f"Models side by side must read the same language, not {' and '.join(sorted(languages))}.")
    return panels


def _panel_of(text: str, services: Services) -> Panel:
    name, _, head = text.partition(_BEFORE_HEAD)
    return Panel(services.info(name).name, _head(head) if head else None)


def _head(text: str) -> Head:
    kind, *numbers = text.split(_WITHIN_HEAD)
    if kind not in _AXES or not 1 <= len(numbers) <= 2 or not all(n.isascii() and n.isdigit() and len(n) < 4 for n in numbers):
        kinds = ", ".join(_AXES)
        raise ValueError(
            f"A head has the form kind.layer.head, for example cross.3.2, where kind is one of {kinds}; not “{text[:40]}”."
        )
    return Head(kind, *map(int, numbers))


def chosen(request: PanelsRequest, event: gr.EventData, services: Services) -> PanelsRequest:
    """Read a choice in the picture."""
    panels, unit = fields.from_event(event, "panels"), fields.from_event(event, "unit")
    if not isinstance(panels, str) or not isinstance(unit, str) or len(panels) > 1000:
        raise ValueError("That choice could not be read. Please choose again.")
    return replace(request, panels=panels_of(panels, services), unit=unit_of(unit))


PARAMETERS = (
    TEXT,
    Parameter("panels", panels_of, lambda panels: _BETWEEN.join(map(str, panels))),
    Parameter("unit", lambda text, _: unit_of(text)),
    STEP,
)
