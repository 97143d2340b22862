"""The Train tab: a form for the training plan, and the board that shows and controls the runs."""

from __future__ import annotations

import secrets
from typing import Any

import gradio as gr

from seq2seq.data.synthetic import TASKS
from seq2seq.sources.text_reader import MAX_CHARACTERS
from seq2seq.training.files import Files
from seq2seq.training.plan import Plan
from seq2seq.ui.host.limits import UNLIMITED
from seq2seq.ui.kit import address, examples
from seq2seq.ui.kit.form import fields
from seq2seq.ui.kit.message import explain, message, message_line, note_line, reported
from seq2seq.ui.kit.view import Slot, View
from seq2seq.ui.train import own_data, plan_form, run_board, start_from
from seq2seq.ui.train.controls import FIRST, IN_SIGHT, control, control_update
from seq2seq.ui.train.plan_form import SETTINGS
from seq2seq.ui.train.training_data import FILES, Material, Public

MINUTES, UPDATES = (1, 2, 3, 5, 10, 20, 30, 60, 120), (500, 1000, 2000, 5000, 20_000)
VOCABULARIES = (500, 1000, 2000, 4000, 6000, 8000)
PROBES, MEASURED = 2, 64  # per validation: examples with attention, and held-out sentences to translate
_FORMER = "seq2seq-unrolled-visitor"


def build(slot: Slot) -> None:
    services = slot.services
    if services.limits.minutes <= 0:
        gr.HTML('<p class="introduction">Training is turned off on this host.</p>', apply_default_css=False)
        return
    # A secret in the browser identifies the visitor, so that they find their runs again.
    visitor = gr.BrowserState("", storage_key=_FORMER, secret=_FORMER)
    before = plan_form.defaults(FIRST, {})
    lengths = _lengths(services.limits.minutes)
    with gr.Row(elem_classes="ask"):
        data = gr.Dropdown(
            [*((task.title, name) for name, task in TASKS.items()), *own_data.CHOICES],
            value=FIRST,
            label="Task or data",
            filterable=False,
            scale=4,
            min_width=240,
            elem_id="train-data",
        )
        controls = {name: control(name, before[name]) for name in IN_SIGHT}
        length = gr.Dropdown(
            lengths, value=lengths[0][1], label="Length", filterable=False, scale=1, min_width=180, elem_id="train-length"
        )
        go = gr.Button("Train", variant="primary", scale=0, min_width=110, elem_id="train")
        fields.fold("train-fold")
    family = gr.State(plan_form.family(FIRST))  # the data that the settings in the form are for
    line = message_line()
    own = own_data.build(services)
    note = note_line(_description(FIRST, None, before, None), "plan")
    with gr.Accordion("More settings", open=False, elem_id="train-settings"), gr.Row(elem_classes="settings"):
        controls |= {name: control(name, before[name]) for name in SETTINGS if name not in IN_SIGHT}
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
        first = gr.Dropdown(
            start_from.menu(services, ""),
            value=start_from.SCRATCH,
            label="Start from",
            info="A model whose weights, vocabulary and shape the run takes over.",
            filterable=False,
            scale=2,
            min_width=300,
            elem_id="train-from",
        )
        watched = gr.Textbox(
            label="A sentence to watch",
            info="It is translated at each validation.",
            max_lines=1,
            max_length=MAX_CHARACTERS,
            min_width=300,
            elem_id="train-watched",
        )
    board = run_board.build(slot)
    upload = gr.UploadButton(
        "Load a model (.zip) or a run's events (.jsonl)",
        file_types=[".zip", ".jsonl"],
        variant="secondary",
        size="sm",
        elem_id="train-load",
    )

    values = [length, data, own.material, vocabulary, first, *controls.values()]
    everything = [*controls.values(), first, vocabulary, family, *own.parts.values(), own.findings, own.board, go, note, line]
    report = reported(line)

    def named(*given: Any) -> tuple[str, str, Material | None, int, str | None, dict[str, Any]]:
        return (*given[:4], start_from.folder(services, given[4]), dict(zip(controls, given[5:], strict=True)))

    @report
    def describe(*given: Any) -> dict[Any, Any]:
        """Describe the model of the settings; impossible settings get a message and disable the button."""
        try:
            long, name, material, pieces, start, chosen = named(*given)
            if name not in own_data.WANTED:
                material = None  # the state keeps it for a later choice
            elif material is None:
                return {note: message(own_data.WANTED[name]), go: gr.update(interactive=False)}
            return {
                note: message(_description(name, material, chosen, _length(long)[1], pieces, start)),
                go: gr.update(interactive=True),
            }
        except ValueError as error:
            return {note: message(""), go: gr.update(interactive=False), line: message(explain(error))}

    @report
    def set_defaults(*given: Any) -> dict[Any, Any]:
        """Set the defaults of the chosen architecture, and show the settings that it has."""
        _, name, _, _, start, chosen = named(*given)
        return default_updates(name, chosen["architecture"], start)

    @report
    def choose_start(owner: str, *given: Any) -> dict[Any, Any]:
        """Show the settings that a model to start from leaves open; without one, all settings with their defaults."""
        _, name, _, _, start, chosen = named(*given)
        return {**default_updates(name, chosen["architecture"], start), **vocabulary_update(name, start)}

    def vocabulary_update(name: str, start: str | None) -> dict[Any, Any]:
        return {vocabulary: gr.update(visible=name in own.parts and not start)}

    def default_updates(name: str, architecture: str, start: str | None) -> dict[Any, Any]:
        defaults = plan_form.defaults(_data(name), {"architecture": architecture}, start)
        return {
            component: gr.update(**control_update(s, defaults.get(s), architecture, _data(name), start))
            for s, component in controls.items()
        }

    @report
    def choose_optimizer(*given: Any) -> dict[Any, Any]:
        """Set the default learning rate of the chosen optimizer."""
        _, name, _, _, _, chosen = named(*given)
        rate = plan_form.defaults(_data(name), {k: chosen[k] for k in ("architecture", "optimizer")})["learning_rate"]
        return {
            controls["learning_rate"]: gr.update(**control_update("learning_rate", rate, chosen["architecture"], _data(name)))
        }

    @report
    def choose_data(before: str, *given: Any) -> dict[Any, Any]:
        """Show the controls of the chosen data, with its defaults if these are others than those of the data before."""
        _, name, material, _, start, _ = named(*given)
        is_outside, after = name in own.parts, plan_form.family(_data(name))
        other = is_outside and material is not None and isinstance(material.source, Public) != (name == own_data.PUBLIC_DATA)
        return {
            family: after,
            own.line: message(""),
            **{part: gr.update(visible=choice == name) for choice, part in own.parts.items()},
            own.findings: gr.update(visible=is_outside or "hidden"),
            **({own.material: None, own.board: ""} if other else {}),
            **(default_updates(name, plan_form.usual_architecture(_data(name)), start) if after != before else {}),
            **vocabulary_update(name, start),
        }

    @report
    def use_settings(owner: str, event: gr.EventData) -> dict[Any, Any]:
        """Put the settings of one of the visitor's runs into the form. The data stay, unless the run learned a task."""
        run = services.runs.get(owner, str(fields.from_event(event, "run")))
        plan = Plan.from_dict(run.plan)
        given = {**plan.model, **plan.training}
        begun = plan.start_from
        chosen = {**plan_form.defaults(plan.data, {} if begun else given, begun), **given}
        architecture = chosen.get("architecture", plan_form.usual_architecture(plan.data))
        updates = {
            component: gr.update(**control_update(s, chosen.get(s), architecture, plan.data, begun))
            for s, component in controls.items()
        }
        updates[first] = gr.update(choices=start_from.menu(services, owner), value=start_from.name(begun))
        return {**updates, **({data: plan.data} if plan.task else {})}

    @report
    def start(owner: str, sentence: str, source_language: str, target_language: str, *given: Any) -> dict[Any, Any]:
        owner = owner or _new_secret()
        own_probe = (sentence.strip(),) if (sentence or "").strip() else ()
        long, name, material, pieces, start, chosen = named(*given)
        minutes, updates = _length(long)
        if name in own_data.WANTED:
            if material is None:
                raise ValueError(own_data.WANTED[name])
            material = own_data.with_languages(material, (source_language, target_language))
            plan = _plan(name, material, chosen, updates, pieces, start)
            run = run_board.start(services, owner, plan, minutes, (*own_probe, *material.probes), MEASURED, material.fill())
        else:
            plan = plan_form.plan_of(name, chosen, updates, start=start)
            probes = (*own_probe, *tuple(examples.of_task(name))[:PROBES])
            run = run_board.start(services, owner, plan, minutes, probes, MEASURED)
        return {visitor: owner, board: run_board.payload(services, owner, run.id, begun=True)}

    @report
    def load(owner: str, file: str | None) -> dict[Any, Any]:
        if not file:
            raise ValueError("Choose a model (.zip) or a run's events (.jsonl).")
        owner = owner or _new_secret()
        return {visitor: owner, board: run_board.payload(services, owner, run_board.load(services, owner, file).id, begun=True)}

    @report
    def open_tab(owner: str, page: gr.Request) -> dict[Any, Any]:
        """On first sight, identify the visitor, and show the run of the address or the latest one."""
        known = owner if run_board.is_secret(owner) else _new_secret()
        query = dict(page.query_params)
        wanted = query.get(RUN.name, "") if slot.is_named(query) else ""
        menu = gr.update(choices=start_from.menu(services, known))
        return {visitor: known, first: menu, board: run_board.payload(services, known, wanted)}

    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    # First set the defaults that depend on a choice, then describe the plan.
    describe_plan: dict[str, Any] = {"fn": describe, "inputs": values, "outputs": [note, go, line], **private}
    controls["architecture"].input(set_defaults, values, everything, **private).then(**describe_plan)
    controls["optimizer"].input(choose_optimizer, values, everything, **private).then(**describe_plan)
    data.input(choose_data, [family, *values], [*everything, own.material, own.line], **private).then(**describe_plan)
    first.focus(lambda owner: gr.update(choices=start_from.menu(services, owner)), visitor, first, **private)
    first.input(choose_start, [visitor, *values], everything, **private).then(**describe_plan)
    others = [component.input for name, component in controls.items() if name not in ("architecture", "optimizer")]
    # "once", Gradio's default here, would lose a change that comes while an earlier one is described.
    gr.on([length.input, vocabulary.input, own.material.change, *others], trigger_mode="multiple", **describe_plan)
    go.click(start, [visitor, watched, *own.languages, *values], [visitor, board, line], **private)
    board.again(use_settings, visitor, [*everything, data], **private).then(**describe_plan)
    upload.upload(load, [visitor, upload], [visitor, board, line], concurrency_limit=1, **private)
    slot.tab.select(open_tab, visitor, [visitor, first, board, line], **private)


def _lengths(most: float) -> list[tuple[str, str]]:
    """Return the possible lengths of a run with their labels. With a limit in minutes, updates are not offered, because their
    duration is unknown."""
    minutes: list[float] = [n for n in MINUTES if n <= most] or [most]
    offered = [(f"{n:g} minute{'s' * (n != 1)}", f"{n:g} minutes") for n in minutes]
    return offered + ([(f"{n:,} updates", f"{n} updates") for n in UPDATES] if most >= UNLIMITED else [])


def _length(chosen: str) -> tuple[float | None, int | None]:
    """Read minutes or updates. Raises ValueError for a length that `_lengths` does not have."""
    number, _, unit = chosen.partition(" ")
    try:
        if unit in ("minutes", "updates"):
            return (float(number), None) if unit == "minutes" else (None, int(number))
    except ValueError:
        pass
    raise ValueError(f"a run cannot take {chosen[:40]!r}: please choose one of the lengths in the menu")


def _new_secret() -> str:
    return secrets.token_urlsafe(24)


def _data(name: str) -> Files | str:
    """Return the training data of the menu's choice."""
    return FILES if name in own_data.WANTED else name


def _plan(name: str, material: Material, values: dict[str, Any], updates: int | None, pieces: int, start: str | None) -> Plan:
    return material.plan(plan_form.plan_of(_data(name), values, updates, pieces or material.vocabulary_size, start))


def _description(
    name: str,
    material: Material | None,
    values: dict[str, Any],
    updates: int | None,
    pieces: int = 0,
    start: str | None = None,
) -> str:
    if material is not None:
        plan, example = _plan(name, material, values, updates, pieces, start), f"{material.described}."
    else:
        source, target = next(iter(examples.of_task(name).items()))
        plan, example = plan_form.plan_of(name, values, updates, start=start), f"{TASKS[name].title}: “{source}” to “{target}”."
    duration = f" About {plan_form.duration(plan)}." if updates else ""
    return f"{example} {plan_form.about(plan)}. On {plan_form.device()}.{duration}"


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
