"""Over many sentences: teacher forcing compared with free running, on an uploaded file or the held-out file of a bundled
model."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from seq2seq.analysis.exposure import Row, measure
from seq2seq.analysis.exposure_report import Report
from seq2seq.analysis.two_lanes import FORCED, FREE
from seq2seq.data.corpora import Pair, read_pairs
from seq2seq.models import checkpoint
from seq2seq.runs import card
from seq2seq.ui.forcing import two_lanes
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address, fields
from seq2seq.ui.kit.address import MODEL
from seq2seq.ui.kit.component import next_serial
from seq2seq.ui.kit.message import explain, message, message_line, reported
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
    report = reported(line)

    @report
    def show_model(name: str) -> dict[Any, Any]:
        return {board: stored(services, name), opened: True}

    @report
    def open_view(before: bool, page: gr.Request) -> dict[Any, Any]:
        """On first sight, show the model of the address, or the first one."""
        if before:
            return {}
        query = dict(page.query_params)
        values, problems = address.read(PARAMETERS, query if slot.is_named(query) else {}, services)
        name = values.get("model", services.first)
        return {
            model: fields.chosen_model(services, name),
            board: stored(services, name),
            opened: True,
            line: message(" ".join(problems)),
        }

    def run(file: str, name: str) -> Iterator[dict[Any, Any]]:
        try:
            if not file:
                raise ValueError("Choose a file of pairs.")
            number = next_serial()
            yield {line: message(""), board: progress(0.0, "Reading the file …", number)}
            yield from ({board: value} for value in measured(services, name, file, number))
        except Exception as error:  # without an answer the progress bar would stay for ever
            model_name = name if name in services.infos else services.first
            yield {board: stored(services, model_name), line: message(explain(error))}

    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    model.input(show_model, model, everything, **private)
    running = upload.upload(run, [upload, model], [board, line], concurrency_limit=1, **private)
    stop.click(show_model, model, everything, cancels=[running], **private)
    slot.tab.select(open_view, [opened], everything, **private)


def progress(share: float, says: str, run: int) -> str:
    """Return the value that shows the progress of the measurement `run`, a serial number.

    What is shown after a visitor has cancelled has a higher number, so the page ignores progress that arrives late.
    """
    return view.payload(None, share=share, says=says, serial=run)


def stored(services: Services, name: str) -> str:
    """Return the stored report of the model, if there is one."""
    services.info(name)
    result = card.read_exposure(checkpoint.ROOT / name)
    if result is None:
        return _payload(services, name, None, "There is no stored report for this model. Measure a file of sentence pairs.")
    about = f"{result['data']}, a held-out file of {name}: greedy, one seed. The same numbers from a shell: {result['command']}"
    return _payload(services, name, result["report"], about)


def measured(services: Services, name: str, file: str, run: int = 0) -> Iterator[str]:
    """Yield the progress, then the report. Raises ValueError with a message for the user about a bad file or model."""
    translator = services.translator(name)
    if (size := Path(file).stat().st_size) > MOST_BYTES:
        raise ValueError(
            f"The file has {size:,} bytes; at most {MOST_BYTES:,} are allowed. The page measures {MOST_PAIRS:,} pairs."
        )
    try:
        pairs, _ = read_pairs(file)
    except ValueError as error:
        raise ValueError(str(error).replace(file, "The file")) from None
    used, rows, reported_at = pairs[:MOST_PAIRS], [], 0.0
    for batch in measure(translator, used):
        rows += batch
        if time.monotonic() - reported_at > SECONDS:
            reported_at = time.monotonic()
            yield progress(len(rows) / len(used), f"{len(rows):,} of {len(used):,} pairs measured", run)
    if not rows:
        raise ValueError("Every pair of this file is too long for the model: please split it into sentences.")
    left = len(used) - len(rows)
    about = f"Your file, {len(rows):,} pairs" + (f"; {left:,} left out because they are too long" if left else "")
    about += f"; only its first {MOST_PAIRS:,} were measured" if len(pairs) > len(used) else ""
    yield _payload(services, name, Report.of(rows).to_dict(), f"{about}.", _sentences(rows, used))


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
    opens_models=True,
)
