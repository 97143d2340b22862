"""Part of the Train tab: upload or download sentence pairs, check them, and correct how the file is read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from seq2seq.data.public_corpora import PUBLIC
from seq2seq.data.tables.layout import DELIMITERS, ENCODINGS, MAX_BYTES, Layout, guess
from seq2seq.data.uploaded_table import MIN_PAIRS, columns
from seq2seq.ui.host.services import Services
from seq2seq.ui.host.serving import PLOTLY_ADDRESS
from seq2seq.ui.kit.component import component
from seq2seq.ui.kit.message import explain, message, message_line, reported
from seq2seq.ui.train import training_data
from seq2seq.ui.train.training_data import Material, Own, Public

PUBLIC_DATA, OWN_DATA = "public", "own"  # entries of the data menu besides the tasks
CHOICES = [("A public corpus, by name", PUBLIC_DATA), ("Sentence pairs of your own (CSV or TSV)", OWN_DATA)]
WANTED = {
    PUBLIC_DATA: "Choose a corpus and fetch it. The page shows its content before training.",
    OWN_DATA: "Choose a file. The page shows its content before training.",
}
_TABLE = (
    f"A table with one sentence pair in each row, as CSV or tab-separated text: at least {MIN_PAIRS} pairs, "
    f"at most {MAX_BYTES // 10**6} MB. It is stored with the runs that are trained on it and deleted with them. Other visitors "
    "cannot see it."
)
_SIDES = ("source", "target")
_LAYOUT = ("source", "target", "delimiter", "header", "encoding")


@dataclass(frozen=True)
class OwnData:
    """The components of this part that the tab uses. `material` has the latest checked Material, or None."""

    material: gr.State
    parts: dict[str, gr.Column]  # the part to show for each choice of data
    line: gr.HTML  # errors about the data; a separate line, so that answers about the settings cannot overwrite them
    findings: gr.Column  # shown with each of these choices
    board: gr.HTML
    languages: list[gr.Textbox]  # names of the table's languages; read when a run starts


def build(services: Services) -> OwnData:
    material, file = gr.State(None), gr.State("")
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
    line = message_line(name="data-message")
    with gr.Column(
        visible="hidden"
    ) as findings:  # built at the start, because a component that appears later lacks its settings
        board = component("train/training-data", elem_id="material", plotly=PLOTLY_ADDRESS)

    corrected = [*layout.values(), *languages]
    report = reported(line)

    @report
    def take(path: str) -> dict[Any, Any]:
        """Read a new file with the guessed layout."""
        if not path:
            raise ValueError(WANTED[OWN_DATA])
        guessed = guess(path)
        menu = _menu(path, guessed)
        names = [training_data.language(menu[getattr(guessed, side)][0], side) for side in _SIDES]
        controls: dict[Any, Any] = {layout[part]: gr.update(value=getattr(guessed, part)) for part in _LAYOUT}
        controls |= {layout[side]: gr.update(choices=menu, value=getattr(guessed, side)) for side in _SIDES}
        controls |= dict(zip(languages, names, strict=True))
        return {file: path, corrections: gr.update(visible=True), **controls, **checked(Own(path, guessed, *names))}

    @report
    def reread(path: str, *given: Any) -> dict[Any, Any]:
        """Read the same file again with the chosen layout. Another delimiter or header changes the names of the columns."""
        if not path:
            raise ValueError(WANTED[OWN_DATA])
        chosen = Layout(**dict(zip(_LAYOUT, given, strict=False)))
        menus: dict[Any, Any] = {}
        try:
            menus = {layout[side]: gr.update(choices=_menu(path, chosen)) for side in _SIDES}
            return {**menus, **checked(Own(path, chosen, *_language_names(given[-2:])))}
        except ValueError as error:  # keep the controls, so that the user can correct them, and forget the old data
            return {**menus, **cleared(), line: message(explain(error))}

    @report
    def describe(corpus: str) -> dict[Any, Any]:
        return {licence: _licence(_check_corpus(corpus)), **cleared()}

    @report
    def fetch_corpus(corpus: str) -> dict[Any, Any]:
        return checked(Public(_check_corpus(corpus), services.limits.folder / "corpora", services.limits.corpora))

    def checked(source: Own | Public) -> dict[Any, Any]:
        checked_material, preview = training_data.check(source)
        return {material: checked_material, board: json.dumps(preview, ensure_ascii=False)}

    def cleared() -> dict[Any, Any]:
        return {material: None, board: ""}

    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "minimal", "show_progress_on": line}
    outcome = [material, board, line]
    everything = [file, corrections, *corrected, *outcome]
    # Clear the old data first, so that nothing of it stays if the new file cannot be read.
    upload.upload(cleared, None, [material, board], queue=False, **private).then(take, upload, everything, **private)
    gr.on([control.input for control in layout.values()], reread, [file, *corrected], everything, **private)
    name.input(describe, name, [licence, *outcome], **private)
    fetch.click(cleared, None, [material, board], queue=False, **private).then(fetch_corpus, name, outcome, **private)
    return OwnData(material, {PUBLIC_DATA: public, OWN_DATA: own}, line, findings, board, languages)


def with_languages(material: Material, languages: Sequence[str]) -> Material:
    """Return the material with the current names of its languages, if it is the visitor's own table."""
    if not isinstance(material.source, Own):
        return material
    source, target = _language_names(languages)
    return replace(material, source=replace(material.source, source_language=source, target_language=target))


def _language_names(given: Sequence[str]) -> list[str]:
    return [(text or "").strip()[: training_data.MAX_LANGUAGE] or side for text, side in zip(given, _SIDES, strict=True)]


def _corrections() -> tuple[dict[str, gr.Dropdown], list[gr.Textbox]]:
    """Build the controls for the layout of the table and for its languages."""
    menu: dict[str, Any] = {"filterable": False, "min_width": 150}
    delimiters = list(DELIMITERS.items())
    layout = {
        "source": gr.Dropdown([], label="Source column", elem_id="column-source", **menu),
        "target": gr.Dropdown([], label="Target column", elem_id="column-target", **menu),
        "delimiter": gr.Dropdown(delimiters, label="Column separator", elem_id="delimiter", **menu),
        "header": gr.Dropdown([("no", False), ("yes", True)], label="First row is a header", elem_id="header", **menu),
        "encoding": gr.Dropdown(list(ENCODINGS), label="Encoding", elem_id="encoding", **menu),
    }
    line: dict[str, Any] = {"max_lines": 1, "max_length": training_data.MAX_LANGUAGE, "min_width": 150}
    return layout, [gr.Textbox(label=f"{side.capitalize()} language", elem_id=f"language-{side}", **line) for side in _SIDES]


def _menu(path: str, layout: Layout) -> list[tuple[str, int]]:
    """Return (name, number) of the columns of a table; names can repeat."""
    return [(name, number) for number, name in enumerate(columns(path, layout))]


def _check_corpus(corpus: Any) -> str:
    """Check that this is the name of a public corpus, or raise ValueError."""
    if not isinstance(corpus, str) or corpus not in PUBLIC:
        raise ValueError(WANTED[PUBLIC_DATA])
    return corpus


def _licence(name: str) -> str:
    corpus = PUBLIC[name]
    addresses = ", ".join(remote.address for remote in corpus.files)
    return f"{corpus.attribution}. Licence: {corpus.licence}. From {addresses}"
