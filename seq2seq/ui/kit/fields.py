"""What several tabs ask with: a line of text, the menu of models, and how their handlers are run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import gradio as gr

from seq2seq.decoding.translator import ModelInfo
from seq2seq.ui.host.services import PARALLEL, Services
from seq2seq.ui.kit import examples, menu, search

LINE: dict[str, Any] = {"concurrency_limit": PARALLEL, "concurrency_id": "translate"}  # in which all visitors' decodings wait


Seen = TypeVar("Seen")


def decodes(place: gr.HTML) -> dict[str, Any]:
    """For handlers that decode: they are no one's API, wait in the one line, and their place in it is told at `place`."""
    return {"api_visibility": "private", "show_progress": "minimal", "show_progress_on": place, **LINE}


def remembered(seen: Seen | None) -> Seen:
    """What the server remembers that a visitor looks at. Raises ValueError where that is nothing: since it was started anew, or
    because the view was never opened."""
    if seen is None:
        raise ValueError("The server does not remember what you were looking at. Please load the page again.")
    return seen


def line(value: str, label: str, elem_id: str, scale: int = 5, min_width: int = 300) -> gr.Textbox:
    return gr.Textbox(value, label=label, lines=1, max_lines=1, scale=scale, min_width=min_width, elem_id=elem_id)


def models(services: Services, value: str, elem_id: str, scale: int = 4) -> gr.Dropdown:
    """The menu of models; on a telephone a line of its own, since its names are long."""
    offered = menu.labels(services.infos)
    return gr.Dropdown(offered, value=value, label="Model", filterable=False, scale=scale, min_width=300, elem_id=elem_id)


def chosen_model(services: Services, name: str) -> dict[str, Any]:
    """The menu of models, standing at `name`."""
    return gr.update(choices=services.offered(name), value=name)


def asks(info: ModelInfo) -> str:
    """What to call the sentence that a model reads."""
    return f"{info.source_language[:1].upper()}{info.source_language[1:]} sentence"


def offered(info: ModelInfo, unlisted: str | None = None) -> list[Any]:
    """The choices of the menu of examples. With `unlisted` it has one more, for a sentence that is not an example."""
    own = [] if unlisted is None else [("your own", unlisted)]
    return [*own, *examples.of(info)]


def example_menu(info: ModelInfo, chosen: str, elem_id: str, unlisted: str | None = None) -> gr.Dropdown:
    """The menu of a model's examples."""
    value = chosen if chosen in examples.of(info) else unlisted
    return gr.Dropdown(
        offered(info, unlisted), value=value, label="Example", filterable=False, scale=1, min_width=140, elem_id=elem_id
    )


@dataclass(frozen=True)
class Form:
    """What a visitor fills in. `inputs` are the fields of a request by name, "text" the first and "model" among them."""

    inputs: Mapping[str, Any]
    go: gr.Button
    example: gr.Dropdown | None = None
    others: Mapping[str, Any] = field(default_factory=dict)  # parts that change with the request but are no inputs


def row(services: Services, model: str, text: str, button: str, prefix: str) -> Form:
    """A sentence, a button, the examples and the models in one row; the ids of its parts begin with `prefix`."""
    info = services.info(model)
    with gr.Row(elem_classes="ask"):
        sentence = line(text, asks(info), f"{prefix}-text", scale=6, min_width=320)
        go = gr.Button(button, variant="primary", scale=0, min_width=120, elem_id=f"{prefix}-go")
        example = example_menu(info, text, f"{prefix}-example")
        menu_of_models = models(services, model, f"{prefix}-model")
    return Form({"text": sentence, "model": menu_of_models}, go, example)


def from_event(event: gr.EventData, name: str) -> Any:
    """What the page's part says of its event under `name`; None where it says nothing. It may be anything."""
    try:
        return getattr(event, name)
    except (AttributeError, TypeError):
        return None


def setting(name: str, before: str = "", visible: bool = True) -> gr.Slider | gr.Textbox:
    """The control of a setting of the search; what stands `before` its name makes its id."""
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
