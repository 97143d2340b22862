"""The Train tab: how did it learn that? A form that plans a run, and the board on which runs are watched and steered."""

from __future__ import annotations

import secrets
from typing import Any

import gradio as gr

from seq2seq.config import ModelConfig
from seq2seq.data.synthetic import TASKS
from seq2seq.models.architectures import ARCHITECTURES
from seq2seq.training.plan import Files, Plan
from seq2seq.ui.host.limits import UNLIMITED
from seq2seq.ui.kit import address, examples, fields
from seq2seq.ui.kit.message import explain, message, message_line, note_line, reported
from seq2seq.ui.kit.view import Slot, View
from seq2seq.ui.train import own_data, plan_form, run_board
from seq2seq.ui.train.plan_form import SETTINGS
from seq2seq.ui.train.training_data import FILES, Material, Public

FIRST = "reverse"
MINUTES, UPDATES = (1, 2, 3, 5, 10, 20, 30, 60, 120), (500, 1000, 2000, 5000, 20_000)
IN_SIGHT = ("architecture", "cell", "attention")  # the others are folded away
VOCABULARIES = (500, 1000, 2000, 4000, 6000, 8000)
PROBES, MEASURED = 2, 64  # examples to watch, and held-out sentences to translate, at each validation
_FORMER = "seq2seq-unrolled-visitor"


def build(slot: Slot) -> None:
    services = slot.services
    if services.limits.minutes <= 0:
        gr.HTML('<p class="introduction">Training is turned off on this host.</p>', apply_default_css=False)
        return
    # Who a visitor is: a secret in the browser, by which their runs are found again.
    visitor = gr.BrowserState("", storage_key=_FORMER, secret=_FORMER)
    before = plan_form.usual(FIRST, {})
    lengths = _lengths(services.limits.minutes)
    with gr.Row(elem_classes="ask"):
        data = gr.Dropdown(
            [*((task.title, name) for name, task in TASKS.items()), *own_data.CHOICES],
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
    outside = gr.State(False)  # whether the settings are those of pairs from outside
    place = message_line()
    own = own_data.build(services)
    note = note_line(_described(FIRST, None, before, None), "plan")
    with gr.Accordion("More settings", open=False, elem_id="train-settings"), gr.Row(elem_classes="settings"):
        controls |= {name: _control(name, before[name]) for name in SETTINGS if name not in IN_SIGHT}
        vocabulary = gr.Dropdown(
            [("automatic", 0), *((f"{n:,}", n) for n in VOCABULARIES)],
            value=0,
            label="Vocabulary, pieces",
            filterable=False,
            scale=2,
            min_width=150,
            visible=False,
            elem_id="train-vocabulary",
        )
    board = run_board.build(slot)
    upload = gr.UploadButton(
        "Load a model (.zip) or a run's events (.jsonl)",
        file_types=[".zip", ".jsonl"],
        variant="secondary",
        size="sm",
        elem_id="train-load",
    )

    values = [length, data, own.found, vocabulary, *controls.values()]
    everything = [*controls.values(), vocabulary, outside, *own.parts.values(), own.looked_over, own.board, go, note, place]
    report = reported(place)

    def named(*given: Any) -> tuple[str, str, Material | None, int, dict[str, Any]]:
        return (*given[:4], dict(zip(controls, given[4:], strict=True)))

    @report
    def describe(*given: Any) -> dict[Any, Any]:
        """What the settings make; what is impossible is said, and cannot be begun."""
        long, name, found, pieces, chosen = named(*given)
        try:
            if name not in own_data.WANTED:
                found = None  # is kept for when it is asked for again
            elif found is None:
                return {note: message(own_data.WANTED[name]), go: gr.update(interactive=False)}
            return {note: message(_described(name, found, chosen, _length(long)[1], pieces)), go: gr.update(interactive=True)}
        except ValueError as error:
            return {note: message(""), go: gr.update(interactive=False), place: message(explain(error))}

    @report
    def settle(*given: Any) -> dict[Any, Any]:
        """Another architecture has other usual settings, and leaves others open."""
        _, name, _, _, chosen = named(*given)
        return settled(name, chosen["architecture"])

    def settled(name: str, architecture: str) -> dict[Any, Any]:
        usual = plan_form.usual(_data(name), {"architecture": architecture})
        return {control: gr.update(**_settled(s, usual[s], architecture)) for s, control in controls.items()}

    @report
    def choose_optimizer(*given: Any) -> dict[Any, Any]:
        """Each has a learning rate of its own."""
        _, name, _, _, chosen = named(*given)
        rate = plan_form.usual(_data(name), {k: chosen[k] for k in ("architecture", "optimizer")})["learning_rate"]
        return {controls["learning_rate"]: gr.update(**_settled("learning_rate", rate, chosen["architecture"]))}

    @report
    def choose_data(was_outside: bool, *given: Any) -> dict[Any, Any]:
        """Pairs from outside are brought first, and ask for another model than a task does."""
        _, name, found, _, chosen = named(*given)
        is_outside = name in own.parts
        other = is_outside and found is not None and isinstance(found.source, Public) != (name == own_data.PUBLIC_DATA)
        return {
            outside: is_outside,
            own.said: message(""),
            **{part: gr.update(visible=choice == name) for choice, part in own.parts.items()},
            own.looked_over: gr.update(visible=is_outside or "hidden"),
            **({own.found: None, own.board: ""} if other else {}),
            **(settled(name, chosen["architecture"]) if is_outside != was_outside else {}),
            vocabulary: gr.update(visible=is_outside),
        }

    @report
    def start(owner: str, source_language: str, target_language: str, *given: Any) -> dict[Any, Any]:
        owner = owner or _secret()
        long, name, found, pieces, chosen = named(*given)
        minutes, updates = _length(long)
        if name in own_data.WANTED:
            if found is None:
                raise ValueError(own_data.WANTED[name])
            found = own_data.named(found, (source_language, target_language))
            plan = _plan(name, found, chosen, updates, pieces)
            run = run_board.start(services, owner, plan, minutes, found.probes, MEASURED, found.fill())
        else:
            plan = plan_form.plan_of(name, chosen, updates)
            run = run_board.start(services, owner, plan, minutes, tuple(examples.of_task(name))[:PROBES], MEASURED)
        return {visitor: owner, board: run_board.shown(services, owner, run.id, begun=True)}

    @report
    def load(owner: str, file: str | None) -> dict[Any, Any]:
        if not file:
            raise ValueError("Choose a model (.zip) or a run's events (.jsonl).")
        owner = owner or _secret()
        return {visitor: owner, board: run_board.shown(services, owner, run_board.load(services, owner, file).id, begun=True)}

    @report
    def open_tab(owner: str, page: gr.Request) -> dict[Any, Any]:
        """At the first look: who this is, and the run that the address names, or the last one."""
        known = owner if run_board.is_secret(owner) else _secret()
        query = dict(page.query_params)
        wanted = query.get(RUN.name, "") if slot.is_named(query) else ""
        return {visitor: known, board: run_board.shown(services, known, wanted)}

    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    # What follows from a choice is set first, and then described.
    described: dict[str, Any] = {"fn": describe, "inputs": values, "outputs": [note, go, place], **private}
    controls["architecture"].input(settle, values, everything, **private).then(**described)
    controls["optimizer"].input(choose_optimizer, values, everything, **private).then(**described)
    data.input(choose_data, [outside, *values], [*everything, own.found, own.said], **private).then(**described)
    others = [control.input for name, control in controls.items() if name not in ("architecture", "optimizer")]
    gr.on([length.input, vocabulary.input, own.found.change, *others], **described)
    go.click(start, [visitor, *own.languages, *values], [visitor, board, place], **private)
    upload.upload(load, [visitor, upload], [visitor, board, place], concurrency_limit=1, **private)
    slot.tab.select(open_tab, visitor, [visitor, board, place], **private)


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


def _data(name: str) -> Files | str:
    """What a plan learns from, by the menu's choice."""
    return FILES if name in own_data.WANTED else name


def _plan(name: str, found: Material, values: dict[str, Any], updates: int | None, pieces: int) -> Plan:
    return found.plan(plan_form.plan_of(_data(name), values, updates, pieces or found.vocabulary_size))


def _described(name: str, found: Material | None, values: dict[str, Any], updates: int | None, pieces: int = 0) -> str:
    if found is not None:
        plan, example = _plan(name, found, values, updates, pieces), f"{found.described}."
    else:
        source, target = next(iter(examples.of_task(name).items()))
        plan, example = plan_form.plan_of(name, values, updates), f"{TASKS[name].title}: “{source}” to “{target}”."
    lasting = f" About {plan_form.lasting(plan)}." if updates else ""
    return f"{example} {plan_form.about(plan)}. On {plan_form.device()}.{lasting}"


def _control(name: str, value: Any) -> Any:
    setting = SETTINGS[name]
    common: dict[str, Any] = {"label": setting.label, "elem_id": f"train-{name.replace('_', '-')}", "min_width": 150}
    common |= _settled(name, value, ModelConfig.architecture)
    if setting.choices:
        return gr.Dropdown(filterable=False, scale=2, **common)
    if setting.high is not None and setting.high <= 1:
        return gr.Slider(setting.low, setting.high, step=setting.step, buttons=[], **common)
    return fields.whole_number(**common)


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


RUN = address.words("run")
VIEW = View(
    name="train",
    title="Train",
    tab="train",
    part="train/train",
    element="train-board",
    build=build,
    parameters=(RUN,),
    styles=("train/train",),
    controls={
        "settings": ('#tab-train .ask .block[id^="train-"]', "#train-settings", ".own-data", "#tab-train .material"),
        "files": ("#train-load",),
        "go": ("#fetch",),
    },
)
