"""The files of `assets/`, and Plotly, the only library that the page loads."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from pathlib import Path
from typing import Any

import gradio as gr
import plotly

from seq2seq.ui.kit import bundle

ASSETS = Path(__file__).resolve().parents[3] / "assets"
PLOTLY = Path(plotly.__file__).resolve().parent / "package_data" / "plotly.min.js"

_BUNDLE, MODULES_MAP = bundle.bundle(ASSETS)
# Where our own files are served. Of the folders that Node passes on to Python on a Space (server-side rendering), this one has
# files that browsers may cache for ever: their names have a digest or a version.
SERVED = "assets"
_NAME = f"modules-{hashlib.sha256(_BUNDLE.encode()).hexdigest()[:12]}.js"
MODULES_ADDRESS = f"{SERVED}/{_NAME}"
MODULES = f"{_BUNDLE}//# sourceMappingURL={_NAME}.map\n"
_serial = itertools.count(1)
_EVENT = re.compile(r'\btrigger\("(\w+)"')


def read(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def page_part(name: str) -> str:
    """Return an HTML file; a comment with a file name is replaced by that file."""
    return re.sub(r"<!-- (\S+\.html) -->\n", lambda included: read(included[1]), read(name))


def component(name: str, value: str = "", **given: Any) -> gr.HTML:
    """Return a part of the page: `name`.html is its static template, the module `name`.js starts it, and its value is JSON
    text.

    The module gets `given` as `props`; Gradio uses the names that it knows.
    """
    return gr.HTML(
        value=value,
        html_template=page_part(f"{name}.html"),
        js_on_load=_start(name),
        apply_default_css=False,
        **given,
    )


def _start(name: str) -> str:
    """Return the JavaScript that starts the module `name`. A failure goes to the console as an unhandled rejection.

    Gradio lets Python listen only to events whose quoted names it finds here, so the text names all that the modules trigger.
    """
    events = sorted({event for _, module in bundle.in_order(ASSETS, name) for event in _EVENT.findall(module.body)})
    given = "{ element, trigger, props, watch, server }"
    start = f'import(new URL("{MODULES_ADDRESS}", document.baseURI)).then(({{ starts }}) => starts["{name}"]({given}));'
    return f"{start} // events: {json.dumps(events)}"


def next_serial() -> int:
    """Return a new number for a value, so that the page can distinguish two equal values."""
    return next(_serial)
