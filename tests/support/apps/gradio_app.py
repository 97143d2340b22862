"""A page of plain Gradio, as small as it can be, on which the browser tests check what this project assumes of Gradio."""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported

sys.path.insert(0, str(Path(__file__).parents[3]))

import gradio as gr

from seq2seq.ui.host import gradio_inside

NOTE = "() => { (window.selected ||= []).push('%s'); }"

with gr.Blocks(analytics_enabled=False) as app:
    text = gr.Textbox("typed", elem_id="text")
    out = gr.Textbox("shown", elem_id="out")
    go = gr.Button("Go", variant="primary", elem_id="go")
    go.click(lambda given: f"sent {given}", text, out, js="(...values) => { window.values = values; return values; }")
    menu = gr.Dropdown(["first", "second"], value="second", elem_id="menu")
    menu.blur(None, menu, js="(chosen) => { (window.left ||= []).push(chosen); }")
    empty = gr.Button("Empty", elem_id="empty").click(lambda: gr.update(choices=["third", "fourth"], value=None), None, menu)
    empty.success(None, menu, js=gradio_inside.open_again(menu))
    with gr.Column(visible="hidden"):
        gr.HTML(
            "first",
            html_template="<p></p>",
            js_on_load="element.dataset.given = `${props.own} ${props.value}`; watch('value', () => {});",
            own="prop",
            elem_id="part",
        )
    with gr.Tabs(elem_id="tabs") as tabs:
        for name in ("one", "two"):
            with gr.Tab(name, id=name, elem_id=f"tab-{name}") as tab:
                gr.HTML(name)
            tab.select(None, js=NOTE % name)
    app.load(lambda: gr.Tabs(selected="two"), None, tabs)

if __name__ == "__main__":
    app.launch(footer_links=[], _frontend=False)
