"""The Teacher forcing tab: what if it were told the truth? Each of its views is one module with `build(services)`."""

from __future__ import annotations

from seq2seq.ui import cure, link, scoring, sentences, several_views, two_lanes
from seq2seq.ui.services import Services

INTRODUCTION = (
    "In training, a decoder is fed the reference: whatever it would have written, its next input is the right piece (teacher "
    "forcing). In use, it is fed what it wrote itself, and has never learned to live with its own mistakes (exposure bias)."
)
VIEWS: several_views.Views = {
    link.FORCING: ("Two lanes", two_lanes.build),
    link.SCORE: ("Score a translation", scoring.build),
    link.SENTENCES: ("Over many sentences", sentences.build),
    link.CURE: ("The cure", cure.build),
}


def build(services: Services) -> None:
    several_views.build(services, link.FORCING, INTRODUCTION, VIEWS)
