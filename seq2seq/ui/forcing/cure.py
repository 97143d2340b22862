"""The cure: what scheduled sampling makes of exposure bias, from models of our own, beside what its paper found."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import gradio as gr

from seq2seq.models import checkpoint
from seq2seq.runs import card
from seq2seq.ui.forcing import two_lanes
from seq2seq.ui.forcing.lanes import LanesRequest
from seq2seq.ui.forcing.two_lanes import TwoLanes
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import examples
from seq2seq.ui.kit.address import TAB
from seq2seq.ui.kit.component import next_serial
from seq2seq.ui.kit.view import Slot, View
from seq2seq.views.forcing import cure as view

FORCING = {"teacher_forcing_ratio", "teacher_forcing_schedule"}  # the settings that recipes of the cure differ in


def build(slot: Slot) -> None:
    services = slot.services
    seen = gr.State(False)
    board = slot.board()

    def open_view(before: bool) -> dict[Any, Any]:
        return {seen: True} if before else {board: stored(services), seen: True}

    slot.tab.select(open_view, seen, [board, seen], api_visibility="private", show_progress="hidden")


def stored(services: Services) -> str:
    """The first comparison of schedules that is kept with an installed model; without one, what others found."""
    for name in services.infos:
        found = card.read_comparison(checkpoint.ROOT / name)
        if found is not None and all(settings.keys() <= FORCING for settings in found["settings"].values()):
            about = (
                f"Accuracy and loss on {found['data']}, held out; BLEU, free-running, on {found['test']} "
                f"({found['recipes'][0]['runs'][0]['quality'][0]['signature']}). From a shell: {found['command']}"
            )
            return view.payload(found, about=about, lanes=_lanes(services, found), link=[], serial=next_serial())
    about = "None of the models that are installed was compared: python -m seq2seq compare --help says how."
    return view.payload(None, about=about, lanes=[], link=[], serial=next_serial())


def _lanes(services: Services, found: dict[str, Any]) -> list[dict[str, str]]:
    """For each model compared that is installed: an address that shows it in two lanes."""
    addresses = []
    for recipe in found["recipes"]:
        name = next((run["model"] for run in recipe["runs"] if run["model"] in services.infos), None)
        if name is not None:
            info = services.info(name)
            sentence = examples.of(info)[0]
            asked = LanesRequest(sentence, examples.reference(sentence, info), name)
            addresses.append(
                {
                    "name": recipe["name"],
                    "address": "?" + urlencode([(TAB, two_lanes.VIEW.name), *TwoLanes(services).link(asked)]),
                }
            )
    return addresses


VIEW = View(name="cure", title="The cure", tab="teacher-forcing", part="forcing/cure", element="cure", build=build)
