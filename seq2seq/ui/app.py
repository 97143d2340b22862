"""The page: its header, its tabs and views (views.py), its public endpoints (api.py), and how it is launched."""

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
from seq2seq.ui.host import limits, upload_folder
from seq2seq.ui.host.in_order import InOrder
from seq2seq.ui.host.services import Services
from seq2seq.ui.host.serving import Light
from seq2seq.ui.kit import tabs
from seq2seq.ui.kit.component import ASSETS, component
from seq2seq.ui.kit.message import message, message_line
from seq2seq.ui.lesson import page as lesson_page
from seq2seq.ui.lesson.lesson import MOST_CHARACTERS
from seq2seq.ui.views import TABS, VIEWS

MOST_NAMED = 4  # faulty models that are named; the others are counted
MOST_WAITING = 300  # requests in line: whoever comes then is told so at once, and nobody waits much longer than ten seconds
MOST_VISITORS = 1000  # whose page is remembered, at 0.7 MB each; the one longest away is forgotten first
_FONTS = ["system-ui", "sans-serif"]
_MONO = ["ui-monospace", "monospace"]


def create_app(services: Services | None = None) -> gr.Blocks:
    """The whole page over `services`, by default every model that is installed."""
    services = services or Services.load()
    upload_folder.prepare()
    times = (upload_folder.LOOKED_FOR, upload_folder.KEPT)
    with gr.Blocks(title="Seq2Seq Unrolled", fill_width=True, analytics_enabled=False, delete_cache=times) as app:
        _header(services)
        banner = lesson_page.banner()
        known = faults_of(services)
        broken = message_line(known, "broken", "lib/restore-typed")
        built = tabs.build(services, TABS, VIEWS)
        api.build(services)

        def opened(page: gr.Request) -> tuple[Any, Any]:
            """The tab of the address, and the faults of models that were found since the page was made."""
            found = faults_of(services)
            return _select(page), gr.skip() if found == known else message(found)

        app.load(opened, None, [built, broken], **tabs.QUIET)
        app.load(lesson_page.opened, None, banner, **tabs.QUIET)
    return app.queue(max_size=MOST_WAITING)


def _header(services: Services) -> gr.HTML:
    """The name, dark mode, where the models' data came from, and the link of a lesson."""
    return component(
        "shell/header",
        json.dumps([asdict(info) for info in services.infos.values()], ensure_ascii=False),
        elem_id="header",
        controls=lesson_page.controls(),
        most=MOST_CHARACTERS,
        server_functions=[lesson_page.lesson_link],
    )


def faults_of(services: Services) -> str:
    """Which installed models cannot be used, and why; empty if all can. It is shown above the tabs, for the app's host."""
    faults = sorted(services.faults.items())
    if not faults:
        return ""
    named = "; ".join(f"“{name}” ({why.rstrip('.')})" for name, why in faults[:MOST_NAMED])
    more = f"; and {len(faults) - MOST_NAMED} more" if len(faults) > MOST_NAMED else ""
    which = f"{len(faults)} models are" if len(faults) > 1 else "One model is"
    return f"{which} installed here and cannot be used: {named}{more}. All others work."


def _select(page: gr.Request) -> Any:
    """The tab of the view that the address names."""
    name = page.query_params.get("tab")
    tab = next((view.tab for view in VIEWS if view.name == name), None)
    return gr.skip() if tab is None else gr.Tabs(selected=tab)


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
        "css_paths": styles(),
        "footer_links": ["api", "gradio"],
        "state_session_capacity": MOST_VISITORS,
        "run_history": False,
        "enable_monitoring": False,
        "show_error": False,
        "max_file_size": archive.MAX_ARCHIVE_BYTES,
        "app_kwargs": {"middleware": [Middleware(Light), Middleware(InOrder)]},
        # Gradio would ask its own page for an answer within three seconds, and end the app of a host that is busy just then.
        "_frontend": False,
        "auth": limits.password(os.environ),
    }


def styles() -> list[Path]:
    """The CSS files, each after those that it builds on."""
    names = ["shell/app", *(name for view in VIEWS for name in view.styles), "lesson/lesson"]
    return [ASSETS / f"{name}.css" for name in dict.fromkeys(names)]
