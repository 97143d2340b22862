"""The Attention tab: what did it look at, and does that explain anything? Each view is one module with `build(services)`."""

from __future__ import annotations

from seq2seq.ui.attention import attribution, beam_tree, bottleneck, edit, predict, side_by_side
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address, tabs

INTRODUCTION = (
    "Attention weights say how much of each source position's state goes into a step. They are part of the computation, and "
    "easy to draw; whether they explain what was written is another question, which can be tested here."
)
VIEWS: tabs.Views = {
    address.ATTENTION: ("Side by side", side_by_side.build),
    address.ATTRIBUTION: ("Does it explain?", attribution.build),
    address.EDIT: ("Edit it", edit.build),
    address.PREDICT: ("Predict, then reveal", predict.build),
    address.BEAM: ("Beam tree", beam_tree.build),
    address.BOTTLENECK: ("The bottleneck", bottleneck.build),
}


def build(services: Services) -> None:
    tabs.build(services, address.ATTENTION, INTRODUCTION, VIEWS)
