"""The controls of the Train tab's settings."""

from __future__ import annotations

from typing import Any

import gradio as gr

from seq2seq.config import ModelConfig
from seq2seq.models.architectures import ARCHITECTURES
from seq2seq.training.files import Files
from seq2seq.ui.kit.form import fields
from seq2seq.ui.train import plan_form
from seq2seq.ui.train.plan_form import SETTINGS

FIRST = "reverse"  # the task with which the page opens
IN_SIGHT = ("architecture", "cell", "attention")  # the other settings are in a closed accordion


def control(name: str, value: Any) -> Any:
    setting = SETTINGS[name]
    info = None if name in IN_SIGHT else setting.info  # the first row is one line high
    common: dict[str, Any] = {
        "label": setting.label,
        "info": info,
        "elem_id": f"train-{name.replace('_', '-')}",
        "elem_classes": fields.FOLDED if name in IN_SIGHT else None,
        "min_width": 150,
    }
    common |= control_update(name, value, ModelConfig.architecture, FIRST)
    if setting.choices:
        return gr.Dropdown(filterable=False, scale=2, **common)
    if setting.high is not None and setting.high <= 1:
        return gr.Slider(setting.low, setting.high, step=setting.step, buttons=[], **common)
    return fields.whole_number(**common)


def _menu(name: str, value: Any) -> list[tuple[str, Any]]:
    def text(choice: Any) -> str:
        return ("no", "yes")[choice] if isinstance(choice, bool) else str(choice)

    return [(text(choice), choice) for choice in plan_form.offered(name, value)]


def control_update(name: str, value: Any, architecture: str, data: Files | str, start: str | None = None) -> dict[str, Any]:
    """Return the update of a control for an architecture: with its default, fixed, or hidden.

    A model that goes on from the checkpoint `start` has its shape, so the controls of the shape are hidden.
    """
    if start and name not in plan_form.open_settings(architecture, start):
        return {"visible": False}
    fixed = name in ARCHITECTURES[architecture].fixed
    there = fixed or name in plan_form.shown_settings(architecture, data, start)
    change: dict[str, Any] = {"value": value, "visible": there, "interactive": not fixed}
    if SETTINGS[name].choices:
        change["choices"] = _menu(name, value)
    return change
