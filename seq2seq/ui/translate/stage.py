"""The player: a static template, our own scripts, and a payload of `seq2seq.views` as its value.

These are functions that make a `gr.HTML`, not subclasses of it: Gradio calls a subclass again at each update, and writes a type
stub beside the file it is defined in.
"""

from __future__ import annotations

import gradio as gr

from seq2seq.ui.host.serving import PLOTLY_ADDRESS
from seq2seq.ui.kit import address
from seq2seq.ui.kit.component import component


def stage(value: str) -> gr.HTML:
    """Shows a payload. Its events: `force_token` with {trace_id, step, token}, and `restore` with nothing."""
    known = address.address(address.TRANSLATE)
    return component("stage/player", value, elem_id="stage", plotly=PLOTLY_ADDRESS, address=known)
