"""The player: a static template, our own scripts, and a payload of `seq2seq.views` as its value.

These are functions that make a `gr.HTML`, not subclasses of it: Gradio calls a subclass again at each update, and writes a type
stub beside the file it is defined in.
"""

from __future__ import annotations

import gradio as gr

from seq2seq.ui.assets import plotly_address, read
from seq2seq.ui.link import PARAMETERS

# One scope, in this order: each file uses what the files before it define.
SCRIPTS = (
    "core",
    "layout",
    "shapes",
    "encoder",
    "arcs",
    "stage",
    "candidates",
    "compare",
    "heatmap",
    "link",
    "player",
)


def stage(value: str) -> gr.HTML:
    """Shows a payload. Its events: `force_token` with {trace_id, step, token}, and `restore` with nothing."""
    scripts = "\n".join(read(f"js/{name}.js") for name in SCRIPTS)
    return gr.HTML(
        value=value,
        html_template=read("player.html"),
        js_on_load=f"{scripts}\nstartPlayer(element, trigger, props, watch);\n//# sourceURL=player.js",
        apply_default_css=False,
        elem_id="stage",
        plotly=plotly_address(),
        parameters=list(PARAMETERS),
    )
