"""Form fields that several tabs share: text lines, the menu of models, and settings of their handlers."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import gradio as gr

from seq2seq.decoding.model_info import ModelInfo
from seq2seq.ui.host.services import PARALLEL, Services
from seq2seq.ui.kit import examples
from seq2seq.ui.kit.form import menu, phrase_menu, search

LINE: dict[str, Any] = {
    "concurrency_limit": PARALLEL,
    "concurrency_id": "translate",
}  # one queue for the decodings of all visitors
FOLDED = "folded"  # class of the fields that a phone shows only on demand


Answer = TypeVar("Answer")


def decoding_settings(message_line: gr.HTML) -> dict[str, Any]:
    """Return the settings of handlers that decode: private, in the common queue, with the queue position at `message_line`."""
    return {"api_visibility": "private", "show_progress": "minimal", "show_progress_on": message_line, **LINE}


def remembered(answer: Answer | None) -> Answer:
    """Return the visitor's stored answer. Raises ValueError if there is none, because the server was restarted or the view was
    never opened."""
    if answer is None:
        raise ValueError("The server has lost the state of this view. Please load the page again.")
    return answer


def line(value: str, label: str, elem_id: str, scale: int = 5, min_width: int = 300, folded: bool = False) -> gr.Textbox:
    kind = FOLDED if folded else None
    return gr.Textbox(
        value, label=label, lines=1, max_lines=1, scale=scale, min_width=min_width, elem_id=elem_id, elem_classes=kind
    )


def models(
    services: Services,
    value: str,
    elem_id: str,
    scale: int = 4,
    infos: Mapping[str, ModelInfo] | None = None,
    label: str = "Model",
) -> gr.Dropdown:
    """Return the menu of models: all shared ones that read text, or those of `infos`; it is hidden if there is only one.

    On a phone it has a line of its own, because the names are long.
    """
    offered = menu.labels(services.infos if infos is None else infos)
    return gr.Dropdown(
        offered,
        value=value,
        label=label,
        visible=len(offered) > 1,
        filterable=False,
        scale=scale,
        min_width=300,
        elem_id=elem_id,
        elem_classes=FOLDED,
    )


def chosen_model(services: Services, name: str) -> dict[str, Any]:
    """Return an update that selects `name` in the menu of models."""
    return gr.update(choices=services.offered(name), value=name)


def sentence_label(info: ModelInfo) -> str:
    """Return the label of the source sentence; it says which sentences the model has learned."""
    kind = {
        examples.EVERYDAY: " (everyday, no idioms)",
        examples.CAPTIONS: " (what a picture shows)",
        examples.DIALOGUE: " (small talk; it answers, and is no assistant)",
    }
    return f"{info.source_language[:1].upper()}{info.source_language[1:]} sentence{kind.get(info.subject, '')}"


def example_menu(info: ModelInfo, chosen: str, elem_id: str, unlisted: str | None = None) -> gr.Dropdown:
    """Return the menu of a model's examples, with the topics of the phrasebook if it fits the model."""
    state = phrase_menu.sentences(info, chosen, unlisted)
    return gr.Dropdown(
        **state,
        num_choices_shown=None,
        scale=1,
        min_width=140,
        elem_id=elem_id,
        elem_classes=FOLDED,
    )


def fold(elem_id: str) -> None:
    """Build the button that shows the FOLDED fields of its row, and the settings below it, on a phone; elsewhere they are
    always shown."""
    button = gr.Button("Model and settings", scale=0, min_width=120, elem_id=elem_id, elem_classes="fold")
    toggle = "const open = button.closest('.ask').classList.toggle('open'); button.setAttribute('aria-expanded', open);"
    button.click(None, js=f"() => {{ const button = document.getElementById({json.dumps(elem_id)}); {toggle} }}")


@dataclass(frozen=True)
class Form:
    """The form of a view. `inputs` are the fields of a request by name; the first is "text", and one is "model"."""

    inputs: Mapping[str, Any]
    go: gr.Button
    example: gr.Dropdown | None = None
    others: Mapping[str, Any] = field(default_factory=dict)  # parts that change with the request but are not inputs


def row(
    services: Services,
    model: str,
    text: str,
    button: str,
    prefix: str,
    label: str | None = None,
    infos: Mapping[str, ModelInfo] | None = None,
) -> Form:
    """Build a sentence, a button, the examples and the models in one row; the ids of its parts begin with `prefix`.

    By default, the `label` of the sentence is that of the model, and the menu has all shared models that read text.
    """
    info = services.info(model)
    with gr.Row(elem_classes="ask"):
        sentence = line(text, label or sentence_label(info), f"{prefix}-text", scale=6, min_width=320)
        go = gr.Button(button, variant="primary", scale=0, min_width=120, elem_id=f"{prefix}-go")
        fold(f"{prefix}-fold")
        example = example_menu(info, text, f"{prefix}-example")
        menu_of_models = models(services, model, f"{prefix}-model", infos=infos)
    return Form({"text": sentence, "model": menu_of_models}, go, example)


def pair_row(services: Services, model: str, text: str, reference: str, label: str, button: str, prefix: str) -> Form:
    """Build a sentence, its translation with this `label`, a button, the examples and the models in one row."""
    info = services.info(model)
    with gr.Row(elem_classes="ask"):
        sentence = line(text, sentence_label(info), f"{prefix}-text")
        translation = line(reference, label, f"{prefix}-reference")
        go = gr.Button(button, variant="primary", scale=0, min_width=120, elem_id=f"{prefix}-go")
        fold(f"{prefix}-fold")
        example = example_menu(info, text, f"{prefix}-example")
        menu_of_models = models(services, model, f"{prefix}-model")
    return Form({"text": sentence, "reference": translation, "model": menu_of_models}, go, example)


def from_event(event: gr.EventData, name: str) -> Any:
    """Return the event data `name`, or None. It comes from the client, so it can have any type."""
    try:
        return getattr(event, name)
    except (AttributeError, TypeError):
        return None


def file_of(event: gr.EventData, most: int, what: str) -> bytes:
    """Return the content of a file that the page sent as a data URL, in the event's `data`; `what` names it for the user.

    Raises ValueError for anything else, and for more than `most` bytes.
    """
    data = from_event(event, "data")
    if not isinstance(data, str) or len(data) > 2 * most:
        raise ValueError(f"That file could not be read. Please give {what} of at most {most / 1e6:.0f} MB.")
    try:
        return base64.b64decode(data.partition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"That file could not be read. Please give {what} again.") from None


def setting(name: str, before: str = "", visible: bool = True) -> gr.Slider | gr.Textbox:
    """Return the control of a search setting; its id is `before` plus its name."""
    bounds = search.SETTINGS[name]
    common: dict[str, Any] = {
        "value": search.default(name),
        "label": bounds.label,
        "visible": visible,
        "min_width": 200,
        "elem_id": before + name.replace("_", "-"),
    }
    if bounds.maximum is None:
        return whole_number(**common)
    return gr.Slider(bounds.minimum, bounds.maximum, step=bounds.step, buttons=[], **common)


def whole_number(value: float, **settings: Any) -> gr.Textbox:
    """A field for a whole number. It is a line of text: Gradio's Number would add two files to every first view."""
    return gr.Textbox(f"{value:.0f}", lines=1, max_lines=1, **settings)
