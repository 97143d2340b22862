"""The page: header, tabs and views (views.py), public endpoints (api.py), and launch settings."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from seq2seq.runs import archive
from seq2seq.ui import api
from seq2seq.ui.host import limits, space, upload_folder
from seq2seq.ui.host.in_order import InOrder
from seq2seq.ui.host.services import Services
from seq2seq.ui.host.serving import Compression
from seq2seq.ui.kit import tabs
from seq2seq.ui.kit.component import ASSETS, component, read
from seq2seq.ui.kit.message import message, message_line
from seq2seq.ui.lesson import page as lesson_page
from seq2seq.ui.lesson.lesson import MOST_CHARACTERS, SHARED
from seq2seq.ui.views import TABS, VIEWS

MOST_NAMED = 4  # up to this number, faulty models are named; more are only counted
MOST_WAITING = 300  # requests in the queue; more are refused at once, so that nobody waits much longer than ten seconds
MOST_VISITORS = 1000  # sessions in memory, 0.7 MB each; the least recently used one is dropped first
_FONTS = ["system-ui", "sans-serif"]
_MONO = ["ui-monospace", "monospace"]


def create_app(services: Services | None = None) -> gr.Blocks:
    """Build the whole page for `services`, by default with every installed model."""
    services = services or Services.load()
    upload_folder.prepare()
    times = (upload_folder.INTERVAL, upload_folder.MAX_AGE)
    with gr.Blocks(title="Seq2Seq Unrolled", fill_width=True, analytics_enabled=False, delete_cache=times) as app:
        _header(services)
        banner = lesson_page.banner()
        known = faults_of(services)
        broken = message_line(known, "broken", "host/restore-typed")
        built = tabs.build(services, TABS, VIEWS)
        api.build(services)

        def opened(page: gr.Request) -> tuple[Any, Any]:
            """Open the tab of the address, and show model faults that were found after the page was built."""
            found = faults_of(services)
            return _select(page), gr.skip() if found == known else message(found)

        app.load(opened, None, [built, broken], **tabs.QUIET)
        app.load(lesson_page.banner_value, None, banner, **tabs.QUIET)
    return app.queue(max_size=MOST_WAITING)


def _header(services: Services) -> gr.HTML:
    """Build the header: title, dark mode, sources of the training data, and the links to the view and to a lesson."""
    return component(
        "shell/header",
        json.dumps([asdict(info) for info in services.infos.values()], ensure_ascii=False),
        elem_id="header",
        controls=lesson_page.controls(),
        most=MOST_CHARACTERS,
        names=SHARED,
        home=asdict(space.home(os.environ)),
        server_functions=[lesson_page.lesson_link],
    )


def faults_of(services: Services) -> str:
    """Return a text about installed models that cannot be used, for the host of the app; empty if there are none."""
    faults = sorted(services.faults.items())
    if not faults:
        return ""
    named = "; ".join(f"“{name}” ({why.rstrip('.')})" for name, why in faults[:MOST_NAMED])
    more = f"; and {len(faults) - MOST_NAMED} more" if len(faults) > MOST_NAMED else ""
    which = f"{len(faults)} models are" if len(faults) > 1 else "One model is"
    return f"{which} installed here but cannot be used: {named}{more}. All others work."


def _select(page: gr.Request) -> Any:
    """Select the tab of the view in the address."""
    name = page.query_params.get("tab")
    tab = next((view.tab for view in VIEWS if view.name == name), None)
    return gr.skip() if tab is None else gr.Tabs(selected=tab)


def launch_settings() -> dict[str, Any]:
    """Return the settings for `launch`: theme, styles and limits; Gradio features that visitors do not need are off."""
    return {
        "theme": gr.themes.Base(
            primary_hue="blue",
            neutral_hue="slate",
            text_size="lg",
            radius_size="md",
            font=_FONTS,
            font_mono=_MONO,
        ),
        "css_paths": styles(),
        "head": f"<script>{read('host/frame.js')}</script>",
        "footer_links": ["api", "gradio"],
        "state_session_capacity": MOST_VISITORS,
        "run_history": False,
        "enable_monitoring": False,
        "show_error": False,
        "max_file_size": archive.MAX_ARCHIVE_BYTES,
        "app_kwargs": {"middleware": [Middleware(Compression), Middleware(InOrder)]},
        # Otherwise Gradio requests its own page at launch and ends the app if a busy host does not answer within three seconds.
        "_frontend": False,
        "auth": limits.password(os.environ),
    }


def styles() -> list[Path]:
    """Return the CSS files in order; a later file can override an earlier one."""
    names = [
        "shell/app",
        "lib/charts/heat-table",
        *(name for view in VIEWS for name in view.styles),
        "lesson/lesson",
        "shell/framed",
    ]
    return [ASSETS / f"{name}.css" for name in dict.fromkeys(names)]
