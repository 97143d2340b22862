"""The page. Each tab is one module with `build(services)`; a new tab is its module and one line in `TABS`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from seq2seq.ui import translate
from seq2seq.ui.assets import STYLES
from seq2seq.ui.header import header
from seq2seq.ui.services import Services

TABS: dict[str, Callable[[Services], None]] = {
    "Translate": translate.build,
}

_FONTS = ["system-ui", "sans-serif"]
_MONO = ["ui-monospace", "monospace"]


def create_app(services: Services | None = None) -> gr.Blocks:
    """The whole page over `services`, by default every model that is installed."""
    services = services or Services.load()
    with gr.Blocks(title="Seq2Seq Unrolled", fill_width=True, analytics_enabled=False) as app:
        header(services)
        with gr.Tabs(elem_id="tabs"):
            for name, build in TABS.items():
                with gr.Tab(name, id=name.lower()):
                    build(services)
    return app


def launch_settings() -> dict[str, Any]:
    """What `launch` needs to know: our look, and nothing of Gradio's that a visitor has no use for."""
    return {
        "theme": gr.themes.Base(
            primary_hue="blue",
            neutral_hue="slate",
            text_size="lg",
            radius_size="md",
            font=_FONTS,
            font_mono=_MONO,
        ),
        "css_paths": STYLES,
        "footer_links": ["api", "gradio"],
        "run_history": False,
        "enable_monitoring": False,
        "show_error": False,
        "max_file_size": "1mb",
    }
