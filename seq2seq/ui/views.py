"""The registry of views. To add a view, write its module with a `VIEW` and add it here; the record is enough.

Tabs, addresses, styles, lesson controls, "open in" links and the browser tests' lists read this registry.
"""

from __future__ import annotations

from seq2seq.ui.attention import attribution, beam_tree, bottleneck, edit, predict, side_by_side
from seq2seq.ui.forcing import cure, exposure, score, two_lanes
from seq2seq.ui.inside import cell, fading, language, reach
from seq2seq.ui.kit.address import Parameter
from seq2seq.ui.kit.view import Tab, View
from seq2seq.ui.senses import dialogue, letters, pictures, sound, stories
from seq2seq.ui.train import tab as train
from seq2seq.ui.translate import tab as translate

TABS = (
    Tab("translate", "Translate"),
    Tab(
        "attention",
        "Attention",
        "Attention weights say how much each encoder state contributes to a decoding step. Do they also explain the output? "
        "Test it here.",
    ),
    Tab(
        "teacher-forcing",
        "Teacher forcing",
        "In training, a decoder is fed the reference (teacher forcing). In use, it is fed its own output and its own mistakes: "
        "exposure bias.",
    ),
    Tab(
        "inside",
        "Inside",
        "A recurrent cell keeps a part of its memory and writes a part anew, at each step. See its gates, how far back it "
        "reaches, and a decoder alone.",
    ),
    Tab(
        "senses",
        "Senses",
        "The same encoder and decoder, trained on other sequences than sentences and their translations.",
    ),
    Tab(
        "train",
        "Train",
        "A model starts from random weights and learns from pairs of a source and a target. "
        "Watch its loss fall and its attention form.",
    ),
)

# The first view of a tab has the tab's name, so that an address can name either.
VIEWS: tuple[View, ...] = (
    translate.VIEW,
    side_by_side.VIEW,
    attribution.VIEW,
    edit.VIEW,
    predict.VIEW,
    beam_tree.VIEW,
    bottleneck.VIEW,
    two_lanes.VIEW,
    score.VIEW,
    exposure.VIEW,
    cure.VIEW,
    cell.VIEW,
    reach.VIEW,
    fading.VIEW,
    language.VIEW,
    stories.VIEW,
    letters.VIEW,
    pictures.VIEW,
    sound.VIEW,
    dialogue.VIEW,
    train.VIEW,
)

# Every parameter that an address may hold. A name means the same in all views.
PARAMETERS: dict[str, Parameter] = {parameter.name: parameter for view in VIEWS for parameter in view.parameters}
