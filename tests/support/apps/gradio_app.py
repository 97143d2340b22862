"""A page of plain Gradio, as small as it can be, on which the browser tests check what this project assumes of Gradio."""

from __future__ import annotations

import os

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported

import gradio as gr

NOTE = "() => { (window.selected ||= []).push('%s'); }"

with gr.Blocks(analytics_enabled=False) as app:
    text = gr.Textbox("typed", elem_id="text")
    out = gr.Textbox("shown", elem_id="out")
    go = gr.Button("Go", variant="primary", elem_id="go")
    go.click(lambda given: f"sent {given}", text, out, js="(...values) => { window.values = values; return values; }")
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
