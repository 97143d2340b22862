"""The Train tab: how did it learn that? A form that plans a run, and the board on which runs are watched and steered."""

from __future__ import annotations

import secrets
from typing import Any

import gradio as gr

from seq2seq.config import ModelConfig
from seq2seq.model import ARCHITECTURES
from seq2seq.tasks import TASKS
from seq2seq.ui import examples, fields, link, plan_form, run_board
from seq2seq.ui.assets import read
from seq2seq.ui.limits import UNLIMITED
from seq2seq.ui.message import explain, message, message_line, reported
from seq2seq.ui.plan_form import SETTINGS
from seq2seq.ui.services import Services

INTRODUCTION = (
    "A model starts from random numbers and learns from pairs alone. Watch its loss fall, and its attention find out which "
    "part of the source belongs to what it writes."
)
FIRST = "reverse"
MINUTES, UPDATES = (1, 2, 3, 5, 10, 20, 30, 60, 120), (500, 1000, 2000, 5000, 20_000)
IN_SIGHT = ("architecture", "cell", "attention")  # the others are folded away
PROBES, MEASURED = 2, 64  # examples to watch, and held-out sentences to translate, at each validation
_FORMER = "seq2seq-unrolled-visitor"


def build(services: Services) -> None:
    tab = fields.tab_in_the_making()
    gr.HTML(f'<p class="introduction">{INTRODUCTION}</p>', apply_default_css=False)
    if services.limits.minutes <= 0:
        gr.HTML('<p class="introduction">Training is turned off on this host.</p>', apply_default_css=False)
        return
    # Who a visitor is: a secret in the browser, by which their runs are found again.
    visitor = gr.BrowserState("", storage_key=_FORMER, secret=_FORMER)
    before = plan_form.usual(FIRST, {})
    lengths = _lengths(services.limits.minutes)
    with gr.Row(elem_classes="ask"):
        data = gr.Dropdown(
            [(task.title, name) for name, task in TASKS.items()],
            value=FIRST,
            label="Learn",
            filterable=False,
            scale=4,
            min_width=240,
            elem_id="train-data",
        )
        controls = {name: _control(name, before[name]) for name in IN_SIGHT}
        length = gr.Dropdown(
            lengths, value=lengths[0][1], label="For", filterable=False, scale=1, min_width=180, elem_id="train-length"
        )
        go = gr.Button("Train", variant="primary", scale=0, min_width=110, elem_id="train")
    note = _note(_described(FIRST, before))
    with gr.Accordion("More settings", open=False, elem_id="train-settings"), gr.Row(elem_classes="settings"):
        controls |= {name: _control(name, before[name]) for name in SETTINGS if name not in IN_SIGHT}
    place = message_line()
    board = run_board.component(services)
    upload = gr.UploadButton(
        "Load a model (.zip) or a run's events (.jsonl)",
        file_types=[".zip", ".jsonl"],
        variant="secondary",
        size="sm",
        elem_id="train-load",
    )

    values = [data, *controls.values()]
    everything = [*values, go, note, place]
    report = reported(place)

    def named(*given: Any) -> tuple[str, dict[str, Any]]:
        return given[0], dict(zip(controls, given[1:], strict=True))

    @report
    def describe(*given: Any) -> dict[Any, Any]:
        """What the settings make; what is impossible is said, and cannot be begun."""
        try:
            return {note: message(_described(*named(*given))), go: gr.update(interactive=True)}
        except ValueError as error:
            return {note: message(""), go: gr.update(interactive=False), place: message(explain(error))}

    @report
    def settle(*given: Any) -> dict[Any, Any]:
        """Another architecture has other usual settings, and leaves others open."""
        name, chosen = named(*given)
        architecture = chosen["architecture"]
        usual = plan_form.usual(name, {"architecture": architecture})
        return {
            **{control: gr.update(**_settled(s, usual[s], architecture)) for s, control in controls.items()},
            note: message(_described(name, usual)),
            go: gr.update(interactive=True),
        }

    @report
    def start(owner: str, long: str, *given: Any) -> dict[Any, Any]:
        owner = owner or _secret()
        name, chosen = named(*given)
        minutes, updates = _length(long)
        plan = plan_form.plan_of(name, chosen, updates)
        run = run_board.start(services, owner, plan, minutes, tuple(examples.of_task(name))[:PROBES], MEASURED)
        return {visitor: owner, board: run_board.shown(services, owner, run.id)}

    @report
    def load(owner: str, file: str) -> dict[Any, Any]:
        owner = owner or _secret()
        return {visitor: owner, board: run_board.shown(services, owner, run_board.load(services, owner, file).id)}

    @report
    def open_tab(owner: str, page: gr.Request) -> dict[Any, Any]:
        """At the first look: who this is, and the run that the address names, or the last one."""
        known = owner or _secret()
        wanted = page.query_params.get("run", "") if page.query_params.get("tab") == link.TRAIN else ""
        return {visitor: known, board: run_board.shown(services, known, wanted)}

    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    controls["architecture"].input(settle, values, everything, **private)
    others = [control.input for name, control in controls.items() if name != "architecture"]
    gr.on([data.input, *others], describe, values, everything, **private)
    go.click(start, [visitor, length, *values], [visitor, board, place], **private)
    upload.upload(load, [visitor, upload], [visitor, board, place], concurrency_limit=1, **private)
    tab.select(open_tab, visitor, [visitor, board, place], **private)


def _lengths(most: float) -> list[tuple[str, str]]:
    """What a run's length can be, with its name. Where minutes are limited, updates are not offered: nobody knows how long they
    take."""
    minutes: list[float] = [n for n in MINUTES if n <= most] or [most]
    offered = [(f"{n:g} minute{'s' * (n != 1)}", f"{n:g} minutes") for n in minutes]
    return offered + ([(f"{n:,} updates", f"{n} updates") for n in UPDATES] if most >= UNLIMITED else [])


def _length(chosen: str) -> tuple[float | None, int | None]:
    """Minutes, or updates. Raises ValueError for what `_lengths` does not offer."""
    number, _, unit = chosen.partition(" ")
    try:
        if unit in ("minutes", "updates"):
            return (float(number), None) if unit == "minutes" else (None, int(number))
    except ValueError:
        pass
    raise ValueError(f"a run cannot last {chosen[:40]!r}: please choose one of the lengths offered")


def _secret() -> str:
    return secrets.token_urlsafe(24)


def _note(text: str) -> gr.HTML:
    """A line that says what the settings make."""
    return gr.HTML(
        value=message(text),
        html_template='<p class="note" role="status" data-testid="plan"></p>',
        js_on_load=read("js/message.js"),
        apply_default_css=False,
        elem_classes="note-block",
    )


def _described(data: str, values: dict[str, Any]) -> str:
    task = TASKS[data]
    source, target = next(iter(examples.of_task(data).items()))
    about = plan_form.about(plan_form.plan_of(data, values))
    return f"{task.title}: “{source}” to “{target}”. {about}. On {plan_form.device()}."


def _control(name: str, value: Any) -> Any:
    setting = SETTINGS[name]
    common: dict[str, Any] = {"label": setting.label, "elem_id": f"train-{name.replace('_', '-')}", "min_width": 150}
    common |= _settled(name, value, ModelConfig.architecture)
    if setting.choices:
        return gr.Dropdown(filterable=False, scale=2, **common)
    if setting.high is not None and setting.high <= 1:
        return gr.Slider(setting.low, setting.high, step=setting.step, buttons=[], **common)
    return gr.Number(precision=0, **common)


def _menu(name: str, value: Any) -> list[tuple[str, Any]]:
    def text(choice: Any) -> str:
        return ("no", "yes")[choice] if isinstance(choice, bool) else str(choice)

    return [(text(choice), choice) for choice in plan_form.offered(name, value)]


def _settled(name: str, value: Any, architecture: str) -> dict[str, Any]:
    """A control as an architecture leaves it: with its usual value, fixed, or not there at all."""
    fixed = name in ARCHITECTURES[architecture].fixed
    there = fixed or name in plan_form.read_by(architecture)
    change: dict[str, Any] = {"value": value, "visible": there, "interactive": not fixed}
    if SETTINGS[name].choices:
        change["choices"] = _menu(name, value)
    return change
