"""The top of the page: name, dark mode, what the models are and where their data came from, and the link of a lesson."""

from __future__ import annotations

import json
from dataclasses import asdict

import gradio as gr

from seq2seq.ui.host.services import Services
from seq2seq.ui.kit.component import component
from seq2seq.ui.lesson import lesson, page


def header(services: Services) -> gr.HTML:
    return component(
        "shell/header",
        json.dumps([asdict(info) for info in services.infos.values()], ensure_ascii=False),
        elem_id="header",
        controls=page.controls(),
        most=lesson.MOST_CHARACTERS,
        server_functions=[page.lesson_link],
    )
