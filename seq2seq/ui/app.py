"""The page. Each tab is one module with `build(services)`; a new tab is its module, one line in `TABS` and one in `link`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from seq2seq.runs import archive
from seq2seq.ui import api, faults
from seq2seq.ui.attention import tab as attention
from seq2seq.ui.forcing import tab as forcing
from seq2seq.ui.header import header
from seq2seq.ui.host import limits, upload_folder
from seq2seq.ui.host.in_order import InOrder
from seq2seq.ui.host.services import Services
from seq2seq.ui.host.serving import Light
from seq2seq.ui.kit import address
from seq2seq.ui.kit.component import STYLES
from seq2seq.ui.kit.message import message, message_line
from seq2seq.ui.lesson import page as lesson_page
from seq2seq.ui.train import tab as training
from seq2seq.ui.translate import tab as translate

# By the name that an address gives a tab (`link.PARAMETERS`): its title, and what builds it.
TABS: dict[str, tuple[str, Callable[[Services], None]]] = {
    address.TRANSLATE: ("Translate", translate.build),
    address.ATTENTION: ("Attention", attention.build),
    address.FORCING: ("Teacher forcing", forcing.build),
    address.TRAIN: ("Train", training.build),
}

_VIEWS = {address.ATTENTION: attention.VIEWS, address.FORCING: forcing.VIEWS}  # of the tabs that have several

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
        header(services)
        banner = lesson_page.banner()
        known = faults.told(services)
        broken = message_line(known, "broken", "lib/restore-typed")
        with gr.Tabs(elem_id="tabs") as tabs:
            for name, (title, build) in TABS.items():
                with gr.Tab(title, id=name, elem_id=address.panel(name)) as tab:
                    build(services)
                tab.select(None, js=address.take_address(name))
        api.build(services)

        def opened(page: gr.Request) -> tuple[Any, Any]:
            """The tab of the address, and what has gone wrong since the page was made."""
            told = faults.told(services)
            return _select(page), gr.skip() if told == known else message(told)

        app.load(opened, None, [tabs, broken], queue=False, show_progress="hidden", api_visibility="private")
        app.load(lesson_page.opened, None, banner, queue=False, show_progress="hidden", api_visibility="private")
    return app.queue(max_size=MOST_WAITING)


def _select(page: gr.Request) -> Any:
    """The tab that the address names, itself or by one of its views."""
    name = page.query_params.get("tab")
    name = next((tab for tab, views in _VIEWS.items() if name in views), name)
    return gr.Tabs(selected=name) if name in TABS else gr.skip()


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
