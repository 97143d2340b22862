"""The cure: what scheduled sampling makes of exposure bias, from models of our own, beside what its paper found."""

from __future__ import annotations

import itertools
from typing import Any
from urllib.parse import urlencode

import gradio as gr

from seq2seq.models import checkpoint
from seq2seq.runs import card
from seq2seq.ui.forcing.lanes import Asked, items
from seq2seq.ui.host.services import Services
from seq2seq.ui.host.serving import PLOTLY_ADDRESS
from seq2seq.ui.kit import address, examples, fields
from seq2seq.ui.kit.component import component
from seq2seq.views.forcing import cure as view

FORCING = {"teacher_forcing_ratio", "teacher_forcing_schedule"}  # the settings that recipes of the cure differ in
_serial = itertools.count(1)


def build(services: Services) -> None:
    tab = fields.tab_in_the_making()
    seen = gr.State(False)
    board = component("forcing/cure", elem_id="cure", plotly=PLOTLY_ADDRESS, address=address.address(address.CURE))

    def open_view(before: bool) -> dict[Any, Any]:
        return {seen: True} if before else {board: stored(services), seen: True}

    tab.select(open_view, seen, [board, seen], api_visibility="private", show_progress="hidden")


def stored(services: Services) -> str:
    """The first comparison of schedules that is kept with an installed model; without one, what others found."""
    for name in services.infos:
        found = card.read_comparison(checkpoint.ROOT / name)
        if found is not None and all(settings.keys() <= FORCING for settings in found["settings"].values()):
            about = (
                f"Accuracy and loss on {found['data']}, held out; BLEU, free-running, on {found['test']} "
                f"({found['recipes'][0]['runs'][0]['quality'][0]['signature']}). From a shell: {found['command']}"
            )
            return view.payload(found, about=about, lanes=_lanes(services, found), link=[], serial=next(_serial))
    about = "None of the models that are installed was compared: python -m seq2seq compare --help says how."
    return view.payload(None, about=about, lanes=[], link=[], serial=next(_serial))


def _lanes(services: Services, found: dict[str, Any]) -> list[dict[str, str]]:
    """For each model compared that is installed: an address that shows it in two lanes."""
    addresses = []
    for recipe in found["recipes"]:
        name = next((run["model"] for run in recipe["runs"] if run["model"] in services.infos), None)
        if name is not None:
            info = services.info(name)
            sentence = examples.of(info)[0]
            asked = Asked(sentence, examples.reference(sentence, info), name)
            addresses.append({"name": recipe["name"], "address": "?" + urlencode([("tab", address.FORCING), *items(asked)])})
    return addresses
