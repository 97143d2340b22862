"""The top of the page: name, dark mode, and what the models are and where their data came from."""

from __future__ import annotations

import json
from dataclasses import asdict

import gradio as gr

from seq2seq.ui.assets import read
from seq2seq.ui.services import Services


def header(services: Services) -> gr.HTML:
    return gr.HTML(
        value=json.dumps([asdict(info) for info in services.infos.values()], ensure_ascii=False),
        html_template=read("header.html"),
        js_on_load=read("js/header.js"),
        apply_default_css=False,
        elem_id="header",
    )
