"""The Teacher forcing tab: what if it were told the truth? Each of its views is one module with `build(services)`."""

from __future__ import annotations

from seq2seq.ui.forcing import cure, exposure, score, two_lanes
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address, tabs

INTRODUCTION = (
    "In training, a decoder is fed the reference: whatever it would have written, its next input is the right piece (teacher "
    "forcing). In use, it is fed what it wrote itself, and has never learned to live with its own mistakes (exposure bias)."
)
VIEWS: tabs.Views = {
    address.FORCING: ("Two lanes", two_lanes.build),
    address.SCORE: ("Score a translation", score.build),
    address.SENTENCES: ("Over many sentences", exposure.build),
    address.CURE: ("The cure", cure.build),
}


def build(services: Services) -> None:
    tabs.build(services, address.FORCING, INTRODUCTION, VIEWS)
