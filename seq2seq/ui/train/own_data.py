"""Part of the Train tab: upload or download sentence pairs, check them, and correct how the file is read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr

from seq2seq.data.tables.layout import DELIMITERS, ENCODINGS, Layout
from seq2seq.data.tables.reading import CORRECTIONS
from seq2seq.data.uploaded_table import MAX_BYTES, MIN_PAIRS, columns, guess, open_upload
from seq2seq.ui.host.services import Services
from seq2seq.ui.host.serving import PLOTLY_ADDRESS
from seq2seq.ui.kit.component import component
from seq2seq.ui.kit.message import explain, message, message_line, note_line, reported
from seq2seq.ui.train import training_data
from seq2seq.ui.train.training_data import CORPORA, Material, Own, Public

PUBLIC_DATA, OWN_DATA = "public", "own"  # entries of the data menu besides the tasks
CHOICES = [("A public corpus, by name", PUBLIC_DATA), ("Sentence pairs of your own, from a file", OWN_DATA)]
WANTED = {
    PUBLIC_DATA: "Choose a corpus and fetch it. The page shows its content before training.",
    OWN_DATA: "Choose a file. The page shows its content before training.",
}
_TABLE = (
    "A table with one sentence pair in each row: CSV, tab-separated text, Excel (.xlsx), JSON Lines or TMX. Or two files with "
    f"matching lines, chosen together or in a zip archive. At least {MIN_PAIRS} pairs, at most {MAX_BYTES // 10**6} MB. It is "
    "stored with the runs that are trained on it and deleted with them. Other visitors cannot see it."
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
    material, files = gr.State(None), gr.State(())
    with gr.Column(visible=False, elem_classes="own-data") as public:
        with gr.Row(elem_classes="ask"):
            first = next(iter(CORPORA))
            corpora = [(corpus.title, name) for name, corpus in CORPORA.items()]
            name = gr.Dropdown(corpora, value=first, label="Corpus", filterable=False, scale=4, min_width=300, elem_id="corpus")
            fetch = gr.Button("Fetch", variant="secondary", scale=0, min_width=110, elem_id="fetch")
        licence = gr.Textbox(_licence(first), label="Licence", lines=2, interactive=False, elem_id="licence")
    with gr.Column(visible=False, elem_classes="own-data") as own:
        gr.HTML(f'<p class="note">{_TABLE}</p>', apply_default_css=False)
        upload = gr.UploadButton(
            "Choose a file, or two", file_count="multiple", variant="secondary", size="sm", elem_id="upload-pairs"
        )
        name_line = note_line("", "upload-name")
        with gr.Row(visible=False, elem_classes="settings", elem_id="corrections") as corrections:
            layout, languages = _corrections()
    line = message_line(name="data-message")
    with gr.Column(
        visible="hidden"
    ) as findings:  # built at the start, because a component that appears later lacks its settings
        board = component("train/training-data", elem_id="material", plotly=PLOTLY_ADDRESS)

    corrected = [*layout.values(), *languages]
    report = reported(line)

    def begin(paths: list[str]) -> dict[Any, Any]:
        """Make the new files the current ones at once, so that nothing of earlier files stays if they cannot be read."""
        names = message(" and ".join(Path(path).name for path in paths or ()))
        return {files: tuple(paths or ()), name_line: names, corrections: gr.update(visible=False), **cleared()}

    @report
    def take(paths: tuple[str, ...]) -> dict[Any, Any]:
        """Read new files with the guessed layout."""
        if not paths:
            raise ValueError(WANTED[OWN_DATA])
        guessed, kind = guess(paths), open_upload(paths).kind
        names = columns(paths, guessed)
        # A table with one column has no name for the target.
        languages_of = [training_data.language(name, side) for name, side in zip(_names(guessed, names), _SIDES, strict=True)]
        controls: dict[Any, Any] = {
            layout[part]: gr.update(value=getattr(guessed, part), visible=part in CORRECTIONS[kind])
            for part in ("delimiter", "header", "encoding")
        }
        controls |= {**dict(zip(languages, languages_of, strict=True)), **menus(guessed, names)}
        return {
            corrections: gr.update(visible=True),
            **controls,
            **looked_at(Own(paths, guessed, *_language_names(languages_of))),
        }

    @report
    def reread(paths: tuple[str, ...], *given: Any) -> dict[Any, Any]:
        """Read the same files again with the chosen layout. Another delimiter or header changes the names of the columns."""
        if not paths:
            raise ValueError(WANTED[OWN_DATA])
        # A menu without a choice: the first column is the source, the second the target.
        source, target = (side if number is None else number for side, number in enumerate(given[:2]))
        chosen = Layout(**dict(zip(_LAYOUT, (source, target, *given[2:]), strict=False)))
        names = columns(paths, chosen)
        # A table with one column is a wrong choice: keep the menus of the right one, to which the visitor will return.
        return {
            **(menus(chosen, names) if len(names) > 1 else {}),
            **looked_at(Own(paths, chosen, *_language_names(given[-2:]))),
        }

    def menus(chosen: Layout, names: Sequence[str]) -> dict[Any, Any]:
        """Return the menus of the columns; without a choice if there are too few."""
        choices = [(name, number) for number, name in enumerate(names)]
        sides = {side: getattr(chosen, side) for side in _SIDES}
        return {layout[side]: gr.update(choices=choices, value=n if n < len(names) else None) for side, n in sides.items()}

    def looked_at(source: Own) -> dict[Any, Any]:
        """Check the files. If they cannot be read, the controls stay, so that the visitor can correct them."""
        try:
            return checked(source)
        except ValueError as error:
            return {**cleared(), line: message(explain(error))}

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
        return {material: None, board: "", line: message("")}

    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "minimal", "show_progress_on": line}
    outcome = [material, board, line]
    everything = [corrections, *corrected, *outcome]
    upload.upload(begin, upload, [files, name_line, *everything], **private).then(take, files, everything, **private)
    gr.on([control.input for control in layout.values()], reread, [files, *corrected], everything, **private)
    name.input(describe, name, [licence, *outcome], **private)
    fetch.click(cleared, None, outcome, **private).then(fetch_corpus, name, outcome, **private)
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
        "header": gr.Dropdown([("no", False), ("yes", True)], label="First row is a header", elem_id="header-row", **menu),
        "encoding": gr.Dropdown(list(ENCODINGS), label="Encoding", elem_id="encoding", **menu),
    }
    line: dict[str, Any] = {"max_lines": 1, "max_length": training_data.MAX_LANGUAGE, "min_width": 150}
    return layout, [gr.Textbox(label=f"{side.capitalize()} language", elem_id=f"language-{side}", **line) for side in _SIDES]


def _names(layout: Layout, names: Sequence[str]) -> list[str]:
    """Return the names of the source and the target column; empty for a column that does not exist."""
    return [names[column] if column < len(names) else "" for column in (layout.source, layout.target)]


def _check_corpus(corpus: Any) -> str:
    """Check that this is the name of a public corpus, or raise ValueError."""
    if not isinstance(corpus, str) or corpus not in CORPORA:
        raise ValueError(WANTED[PUBLIC_DATA])
    return corpus


def _licence(name: str) -> str:
    corpus = CORPORA[name]
    addresses = ", ".join(remote.address for remote in corpus.files)
    return f"{corpus.attribution}. Licence: {corpus.licence}. From {addresses}"
