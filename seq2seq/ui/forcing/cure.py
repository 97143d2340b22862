"""The cure: the effect of scheduled sampling on exposure bias in our models, next to the results of its paper."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import gradio as gr

from seq2seq.models.saved import checkpoint
from seq2seq.runs import reports
from seq2seq.ui.forcing import two_lanes
from seq2seq.ui.forcing.lanes import LanesRequest
from seq2seq.ui.forcing.two_lanes import TwoLanes
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import examples
from seq2seq.ui.kit.address import TAB
from seq2seq.ui.kit.component import next_serial
from seq2seq.ui.kit.view import Slot, View
from seq2seq.views.forcing import cure as view

FORCING = {"teacher_forcing_ratio", "teacher_forcing_schedule"}  # only these settings differ between the compared recipes


def build(slot: Slot) -> None:
    services = slot.services
    opened = gr.State(False)
    board = slot.board()

    def open_view(before: bool) -> dict[Any, Any]:
        return {opened: True} if before else {board: stored(services), opened: True}

    slot.tab.select(open_view, opened, [board, opened], api_visibility="private", show_progress="hidden")


def stored(services: Services) -> str:
    """Return the first comparison of schedules stored with an installed model; without one, only the published results."""
    for name in services.infos:
        comparison = reports.read_comparison(checkpoint.ROOT / name)
        if comparison is not None and all(settings.keys() <= FORCING for settings in comparison["settings"].values()):
            about = (
                f"Accuracy and loss on {comparison['data']}, held out; BLEU, free-running, on {comparison['test']} "
                f"({comparison['recipes'][0]['runs'][0]['quality'][0]['signature']}). From a shell: {comparison['command']}"
            )
            return view.payload(comparison, about=about, lanes=_lanes(services, comparison), link=[], serial=next_serial())
    about = "There is no comparison with the installed models yet. How to make one: python -m seq2seq compare --help"
    return view.payload(None, about=about, lanes=[], link=[], serial=next_serial())


def _lanes(services: Services, comparison: dict[str, Any]) -> list[dict[str, str]]:
    """Return for each compared model that is installed an address that shows it in two lanes."""
    addresses = []
    for recipe in comparison["recipes"]:
        name = next((run["model"] for run in recipe["runs"] if run["model"] in services.infos), None)
        if name is not None:
            info = services.info(name)
            sentence = examples.of(info)[0]
            request = LanesRequest(sentence, examples.reference(sentence, info), name)
            addresses.append(
                {
                    "name": recipe["name"],
                    "address": "?" + urlencode([(TAB, two_lanes.VIEW.name), *TwoLanes(services).link(request)]),
                }
            )
    return addresses


VIEW = View(name="cure", title="The cure", tab="teacher-forcing", part="forcing/cure", element="cure", build=build)
