"""The files of `assets/`, and the one library that the page loads beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import gradio as gr
import plotly

ASSETS = Path(__file__).resolve().parents[3] / "assets"
PLOTLY = Path(plotly.__file__).resolve().parent / "package_data" / "plotly.min.js"
_STYLED = (
    "shell/app",
    "stage/player",
    "forcing/two-lanes/lanes",
    "forcing/score",
    "forcing/exposure",
    "train/train",
    "attention/attention",
    "attention/predict",
    "attention/beam-tree/beam",
    "lesson/lesson",
)
STYLES = [ASSETS / f"{name}.css" for name in _STYLED]


def read(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def page_part(name: str) -> str:
    """An HTML file, with the files that it names in comments put in their places."""
    return re.sub(r"<!-- (\S+\.html) -->\n", lambda included: read(included[1]), read(name))


def scripts(names: Iterable[str]) -> str:
    """JavaScript files as one text with one scope: each uses what those before it define."""
    return "\n".join(read(f"{name}.js") for name in names)


def component(name: str, value: str, script_names: Iterable[str], start: str, **given: Any) -> gr.HTML:
    """A part of the page of our own: `name`.html as its static template, our scripts, and a JSON text as its value.

    `start` is what its scripts are begun with; `given` reaches them as `props`, and Gradio where it knows the name.
    """
    return gr.HTML(
        value=value,
        html_template=page_part(f"{name}.html"),
        js_on_load=f"{scripts(script_names)}\n{start}\n//# sourceURL={name}.js",
        apply_default_css=False,
        **given,
    )
