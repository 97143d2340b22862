"""Over many sentences: teacher forcing compared with free running, on an uploaded file or the held-out file of a bundled
model."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from seq2seq.analysis.forcing.exposure import Row, measure
from seq2seq.analysis.forcing.exposure_report import Report
from seq2seq.analysis.forcing.two_lanes import FORCED, FREE
from seq2seq.data.corpora import Pair, read_pairs
from seq2seq.models.saved import checkpoint
from seq2seq.runs import reports
from seq2seq.ui.forcing import two_lanes
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address
from seq2seq.ui.kit.address import MODEL
from seq2seq.ui.kit.component import next_serial
from seq2seq.ui.kit.form import fields
from seq2seq.ui.kit.message import explain, message, message_line
from seq2seq.ui.kit.view import Slot, View
from seq2seq.views.forcing import exposure as view

MOST_PAIRS = 2000
MOST_BYTES = 1_000_000
SECONDS = 0.3  # minimum time between two progress reports
PARAMETERS = (MODEL,)


def build(slot: Slot) -> None:
    services = slot.services
    opened = gr.State(False)
    with gr.Row(elem_classes="ask"):
        model = fields.models(services, services.first, "sentences-model")
        upload = gr.UploadButton(
            "Measure a file of pairs",
            variant="primary",
            scale=0,
            min_width=300,
            elem_id="sentences-file",
        )
        stop = gr.Button("Cancel", scale=0, min_width=110, elem_id="sentences-stop")
    line = message_line()
    board = slot.board()
    everything = [model, board, opened, line]

    def show_model(name: str) -> Iterator[dict[Any, Any]]:
        yield {opened: True}
        yield from shown(name)

    def show_stored(name: str) -> dict[Any, Any]:
        """After a visitor has cancelled a measurement, show what was stored before."""
        return {board: stored(services, name), opened: True}

    def open_view(before: bool, page: gr.Request) -> Iterator[dict[Any, Any]]:
        """On first sight, show the model of the address, or the first one."""
        if before:
            return
        query = dict(page.query_params)
        values, problems = address.read(PARAMETERS, query if slot.is_named(query) else {}, services)
        name = values.get("model", services.first)
        yield {model: fields.chosen_model(services, name), opened: True, line: message(" ".join(problems))}
        yield from shown(name)

    def shown(name: str) -> Iterator[dict[Any, Any]]:
        """Show the stored report of a bundled model; measure the model of a run on its own held-out pairs."""
        if name in services.infos:
            yield {board: stored(services, name)}
        else:
            yield from reporting(name, lambda number: measured_run(services, name, number))

    def run(file: str, name: str) -> Iterator[dict[Any, Any]]:
        yield {line: message("")}
        yield from reporting(name, lambda number: measured(services, name, file, number))

    def reporting(name: str, measure: Callable[[int], Iterator[str]]) -> Iterator[dict[Any, Any]]:
        try:
            number = next_serial()
            yield {board: progress(0.0, "Reading the pairs …", number)}
            yield from ({board: value} for value in measure(number))
        except Exception as error:  # without an answer the progress bar would stay for ever
            model_name = name if name in services.infos else services.first
            yield {board: stored(services, model_name), line: message(explain(error))}

    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    choosing = model.input(show_model, model, everything, **private)
    # A cancelled measurement ends after its batch; by default, the page would ignore a file that is chosen before.
    running = upload.upload(run, [upload, model], [board, line], concurrency_limit=1, trigger_mode="multiple", **private)
    opening = slot.tab.select(open_view, [opened], everything, **private)
    stop.click(show_stored, model, everything, cancels=[choosing, running, opening], **private)


def progress(share: float, says: str, run: int) -> str:
    """Return the value that shows the progress of the measurement `run`, a serial number.

    What is shown after a visitor has cancelled has a higher number, so the page ignores progress that arrives late.
    """
    return view.payload(None, share=share, says=says, serial=run)


def stored(services: Services, name: str) -> str:
    """Return the stored report of the model, if there is one."""
    services.info(name)
    result = reports.read_exposure(checkpoint.ROOT / name)
    if result is None:
        return _payload(services, name, None, "There is no stored report for this model. Measure a file of sentence pairs.")
    about = f"{result['data']}, a held-out file of {name}: greedy, one seed. The same numbers from a shell: {result['command']}"
    return _payload(services, name, result["report"], about)


def measured(services: Services, name: str, file: str, run: int = 0) -> Iterator[str]:
    """Yield the progress, then the report. Raises ValueError with a message for the user about a bad file or model."""
    if not file:
        raise ValueError("Choose a file of pairs.")
    services.info(name)
    if (size := Path(file).stat().st_size) > MOST_BYTES:
        raise ValueError(
            f"The file has {size:,} bytes; at most {MOST_BYTES:,} are allowed. The page measures {MOST_PAIRS:,} pairs."
        )
    try:
        pairs, _ = read_pairs(file)
    except ValueError as error:
        raise ValueError(str(error).replace(file, "The file")) from None
    yield from _measured(services, name, pairs, "Your file", run, with_sentences=True)


def measured_run(services: Services, name: str, run: int = 0) -> Iterator[str]:
    """Yield the progress, then the report of a run's model on the pairs that its run holds out.

    The sentences stay out of the report: whoever has a link to a model can see it, but the pairs belong to its owner.
    """
    pairs = services.runs.held_out(services.runs.model(name)[0])
    yield from _measured(services, name, pairs, "The held-out pairs of this run", run, with_sentences=False)


def _measured(services: Services, name: str, pairs: Sequence[Pair], what: str, run: int, with_sentences: bool) -> Iterator[str]:
    translator = services.translator(name)
    used, reported_at = pairs[:MOST_PAIRS], 0.0
    rows: list[Row] = []
    for batch in measure(translator, used):
        rows += batch
        if time.monotonic() - reported_at > SECONDS:
            reported_at = time.monotonic()
            yield progress(len(rows) / len(used), f"{len(rows):,} of {len(used):,} pairs measured", run)
    if not rows:
        raise ValueError("Every one of these pairs is too long for the model: please split it into sentences.")
    left = len(used) - len(rows)
    about = f"{what}, {len(rows):,} pairs" + (f"; {left:,} left out because they are too long" if left else "")
    about += f"; only its first {MOST_PAIRS:,} were measured" if len(pairs) > len(used) else ""
    sentences = _sentences(rows, used) if with_sentences else []
    yield _payload(services, name, Report.of(rows).to_dict(), f"{about}.", sentences)


def _payload(
    services: Services, name: str, report: Mapping[str, Any] | None, about: str, rows: Sequence[Mapping[str, Any]] = ()
) -> str:
    info = services.info(name)
    return view.payload(
        report,
        about=about,
        sentences=list(rows),
        lanes=two_lanes.VIEW.name,
        model={"title": info.title, "trained_on": info.trained_on},
        link=[("model", name)],
        serial=next_serial(),
    )


def _sentences(rows: Sequence[Row], pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    """Return every sentence; first those where free running loses most correct pieces against teacher forcing."""

    def lost(row: Row) -> int:
        return sum(row.right[FORCED]) - sum(row.right[FREE])

    return [
        {
            "row": row.index + 1,
            "source": pairs[row.index][0],
            "reference": pairs[row.index][1],
            "hypothesis": row.hypothesis,
            "forced": sum(row.right[FORCED]),
            "free": sum(row.right[FREE]),
            "pieces": len(row.right[FORCED]),
        }
        for row in sorted(rows, key=lambda row: (-lost(row), row.index))
    ]


VIEW = View(
    name="sentences",
    title="Over many sentences",
    tab="teacher-forcing",
    part="forcing/exposure",
    element="exposure",
    build=build,
    parameters=PARAMETERS,
    styles=("forcing/exposure",),
    controls={"files": ("#sentences-file", "#sentences-stop")},
    model_parameter="model",
)
