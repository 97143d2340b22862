"""The files of `assets/`, and the one library that the page loads beside them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import gradio as gr
import plotly

ASSETS = Path(__file__).resolve().parents[2] / "assets"
PLOTLY = Path(plotly.__file__).resolve().parent / "package_data" / "plotly.min.js"
STYLES = [ASSETS / "app.css", ASSETS / "player.css"]


def read(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def plotly_address() -> str:
    """Where the page finds Plotly: the copy that came with plotly.py, served by this app, relative to the page."""
    gr.set_static_paths([PLOTLY])
    return f"gradio_api/file={quote(PLOTLY.as_posix())}"
