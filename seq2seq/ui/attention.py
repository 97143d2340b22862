"""The Attention tab: what did it look at, and does that explain anything? Each view is one module with `build(services)`."""

from __future__ import annotations

from seq2seq.ui import attribution, beam, bottleneck, editing, link, predict, several_views, side_by_side
from seq2seq.ui.services import Services

INTRODUCTION = (
    "Attention weights say how much of each source position's state goes into a step. They are part of the computation, and "
    "easy to draw; whether they explain what was written is another question, which can be tested here."
)
VIEWS: several_views.Views = {
    link.ATTENTION: ("Side by side", side_by_side.build),
    link.ATTRIBUTION: ("Does it explain?", attribution.build),
    link.EDIT: ("Edit it", editing.build),
    link.PREDICT: ("Predict, then reveal", predict.build),
    link.BEAM: ("Beam tree", beam.build),
    link.BOTTLENECK: ("The bottleneck", bottleneck.build),
}


def build(services: Services) -> None:
    several_views.build(services, link.ATTENTION, INTRODUCTION, VIEWS)
