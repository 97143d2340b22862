"""Part of the Train tab: pairs from outside are brought here, looked over, and read otherwise where a guess was wrong."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from seq2seq.data.public_corpora import PUBLIC
from seq2seq.data.table_format import DELIMITERS, ENCODINGS, MAX_BYTES, Layout, guess
from seq2seq.data.uploaded_table import MIN_PAIRS, columns
from seq2seq.ui.host.services import Services
from seq2seq.ui.host.serving import PLOTLY_ADDRESS
from seq2seq.ui.kit.component import component
from seq2seq.ui.kit.message import explain, message, message_line, reported
from seq2seq.ui.train import training_data
from seq2seq.ui.train.training_data import Material, Own, Public

PUBLIC_DATA, OWN_DATA = "public", "own"  # what the menu of data says besides the tasks
CHOICES = [("A public corpus, by name", PUBLIC_DATA), ("Sentence pairs of your own (CSV or TSV)", OWN_DATA)]
WANTED = {
    PUBLIC_DATA: "Choose a corpus and fetch it: what it holds is shown before anything is trained.",
    OWN_DATA: "Choose a file: what it holds is shown before anything is trained.",
}
_TABLE = (
    f"A table with one sentence pair in each row, as CSV or tab-separated text: {MIN_PAIRS} pairs at least, "
    f"{MAX_BYTES // 10**6} MB at most. It is kept with the runs that learn from it and deleted with them, and shown to no "
    "other visitor."
)
_SIDES = ("source", "target")
_LAYOUT = ("source", "target", "delimiter", "header", "encoding")


@dataclass(frozen=True)
class OwnData:
    """The part's outside. `found` holds the Material that was looked over last, None before and while there is none."""

    found: gr.State
    parts: dict[str, gr.Column]  # what is to be seen with which choice of data,
    said: gr.HTML  # what is wrong with the data; a line of its own, which no answer about the settings can overtake
    looked_over: gr.Column  # is to be seen with each choice
    board: gr.HTML
    languages: list[gr.Textbox]  # what is spoken in a table; asked for when a run is begun


def build(services: Services) -> OwnData:
    found, file = gr.State(None), gr.State("")
    with gr.Column(visible=False, elem_classes="own-data") as public:
        with gr.Row(elem_classes="ask"):
            first = next(iter(PUBLIC))
            corpora = [(corpus.title, name) for name, corpus in PUBLIC.items()]
            name = gr.Dropdown(corpora, value=first, label="Corpus", filterable=False, scale=4, min_width=300, elem_id="corpus")
            fetch = gr.Button("Fetch", variant="secondary", scale=0, min_width=110, elem_id="fetch")
        licence = gr.Textbox(_licence(first), label="Licence", lines=2, interactive=False, elem_id="licence")
    with gr.Column(visible=False, elem_classes="own-data") as own:
        gr.HTML(f'<p class="note">{_TABLE}</p>', apply_default_css=False)
        upload = gr.UploadButton(
            "Choose a file", file_types=[".csv", ".tsv", ".tab", ".txt"], variant="secondary", size="sm", elem_id="upload-pairs"
        )
        with gr.Row(visible=False, elem_classes="settings", elem_id="corrections") as corrections:
            layout, languages = _corrections()
    said = message_line(name="data-message")
    with gr.Column(visible="hidden") as looked_over:  # there from the start: a component that comes later lacks its settings
        board = component("train/training-data", elem_id="material", plotly=PLOTLY_ADDRESS)

    corrected = [*layout.values(), *languages]
    report = reported(said)

    @report
    def take(path: str) -> dict[Any, Any]:
        """A file that was just uploaded, read as its content suggests."""
        if not path:
            raise ValueError(WANTED[OWN_DATA])
        guessed = guess(path)
        menu = _menu(path, guessed)
        named = [training_data.language(menu[getattr(guessed, side)][0], side) for side in _SIDES]
        controls: dict[Any, Any] = {layout[part]: gr.update(value=getattr(guessed, part)) for part in _LAYOUT}
        controls |= {layout[side]: gr.update(choices=menu, value=getattr(guessed, side)) for side in _SIDES}
        controls |= dict(zip(languages, named, strict=True))
        return {file: path, corrections: gr.update(visible=True), **controls, **seen(Own(path, guessed, *named))}

    @report
    def reread(path: str, *given: Any) -> dict[Any, Any]:
        """The same file, read as the controls say. With another delimiter or header its columns have other names."""
        if not path:
            raise ValueError(WANTED[OWN_DATA])
        chosen = Layout(**dict(zip(_LAYOUT, given, strict=False)))
        menus: dict[Any, Any] = {}
        try:
            menus = {layout[side]: gr.update(choices=_menu(path, chosen)) for side in _SIDES}
            return {**menus, **seen(Own(path, chosen, *_spoken(given[-2:])))}
        except ValueError as error:  # the controls stay as they were set, to be set right, and nothing is trained on meanwhile
            return {**menus, **cleared(), said: message(explain(error))}

    @report
    def describe(corpus: str) -> dict[Any, Any]:
        return {licence: _licence(_named(corpus)), **cleared()}

    @report
    def get(corpus: str) -> dict[Any, Any]:
        return seen(Public(_named(corpus), services.limits.folder / "corpora", services.limits.corpora))

    def seen(source: Own | Public) -> dict[Any, Any]:
        looked, shown = training_data.look(source)
        return {found: looked, board: json.dumps(shown, ensure_ascii=False)}

    def cleared() -> dict[Any, Any]:
        return {found: None, board: ""}

    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "minimal", "show_progress_on": said}
    outcome = [found, board, said]
    everything = [file, corrections, *corrected, *outcome]
    # What was shown before goes first: a file that cannot be read leaves nothing of the one before it.
    upload.upload(cleared, None, [found, board], queue=False, **private).then(take, upload, everything, **private)
    gr.on([control.input for control in layout.values()], reread, [file, *corrected], everything, **private)
    name.input(describe, name, [licence, *outcome], **private)
    fetch.click(cleared, None, [found, board], queue=False, **private).then(get, name, outcome, **private)
    return OwnData(found, {PUBLIC_DATA: public, OWN_DATA: own}, said, looked_over, board, languages)


def named(found: Material, languages: Sequence[str]) -> Material:
    """A table of one's own, with its languages as they are called by now."""
    if not isinstance(found.source, Own):
        return found
    source, target = _spoken(languages)
    return replace(found, source=replace(found.source, source_language=source, target_language=target))


def _spoken(given: Sequence[str]) -> list[str]:
    return [(text or "").strip()[: training_data.MAX_LANGUAGE] or side for text, side in zip(given, _SIDES, strict=True)]


def _corrections() -> tuple[dict[str, gr.Dropdown], list[gr.Textbox]]:
    """How the table is read, and what is spoken in it."""
    menu: dict[str, Any] = {"filterable": False, "min_width": 150}
    delimiters = list(DELIMITERS.items())
    layout = {
        "source": gr.Dropdown([], label="Source column", elem_id="column-source", **menu),
        "target": gr.Dropdown([], label="Target column", elem_id="column-target", **menu),
        "delimiter": gr.Dropdown(delimiters, label="Between columns", elem_id="delimiter", **menu),
        "header": gr.Dropdown([("no", False), ("yes", True)], label="First row is a header", elem_id="header", **menu),
        "encoding": gr.Dropdown(list(ENCODINGS), label="Encoding", elem_id="encoding", **menu),
    }
    line: dict[str, Any] = {"max_lines": 1, "max_length": training_data.MAX_LANGUAGE, "min_width": 150}
    return layout, [gr.Textbox(label=f"{side.capitalize()} language", elem_id=f"language-{side}", **line) for side in _SIDES]


def _menu(path: str, layout: Layout) -> list[tuple[str, int]]:
    """The columns of a table by their names; two may have the same."""
    return [(name, number) for number, name in enumerate(columns(path, layout))]


def _named(corpus: Any) -> str:
    """The name of a public corpus. Raises ValueError for anything else."""
    if not isinstance(corpus, str) or corpus not in PUBLIC:
        raise ValueError(WANTED[PUBLIC_DATA])
    return corpus


def _licence(name: str) -> str:
    corpus = PUBLIC[name]
    addresses = ", ".join(remote.address for remote in corpus.files)
    return f"{corpus.attribution}. Licence: {corpus.licence}. From {addresses}"
