"""What the server assumes of Gradio: one test an assumption, so that an upgrade says which one broke."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import gradio as gr
import pytest

from seq2seq.ui.app import launch_settings
from seq2seq.ui.host import gradio_inside
from seq2seq.ui.kit.form.fields import from_event

FILES = Path(gr.__file__).parent / "templates" / "frontend" / "assets"


def test_the_page_being_built_is_known() -> None:
    with gr.Blocks() as page:
        assert gradio_inside.page_being_built() is page
        with gr.Tabs(), gr.Tab("one"):
            assert gradio_inside.page_being_built() is page
    with pytest.raises(AssertionError, match="no page is being built"):
        gradio_inside.page_being_built()


def test_launch_knows_all_that_it_is_given() -> None:
    known = inspect.signature(gr.Blocks.launch).parameters
    assert set(launch_settings()) <= set(known)


def test_files_of_gradio_are_named_by_their_content() -> None:
    """`serving` lets browsers keep them for ever."""
    names = [path.name for path in FILES.rglob("*.js")]
    assert len(names) > 50
    assert [name for name in names if not re.search(r"[-.][\w-]{8,}\.js$", name)] == []


def test_a_component_has_the_events_that_its_javascript_names_in_quotes() -> None:
    """`component` lists them in a comment, since the JavaScript that triggers them is in another file."""
    with gr.Blocks():
        part = gr.HTML("", js_on_load='import("x"); // events: ["force_token"]')
        part.force_token(lambda: None)
        with pytest.raises(AttributeError):
            part.restore(lambda: None)


def test_event_data_may_lack_anything() -> None:
    for data in (None, "text", [], {}, {"other": 1}):
        assert from_event(gr.EventData(None, data), "step") is None
    assert from_event(gr.EventData(None, {"step": [1]}), "step") == [1]


def test_functions_share_a_line_by_its_id() -> None:
    with gr.Blocks() as page:
        text = gr.Textbox()
        for _ in range(2):
            text.change(lambda x: x, text, text, concurrency_id="line", concurrency_limit=2)
    assert {(fn.concurrency_id, fn.concurrency_limit) for fn in page.fns.values()} == {("line", 2)}


def test_a_handler_may_return_some_of_its_outputs_by_component() -> None:
    with gr.Blocks() as page:
        a, b = gr.Textbox(), gr.Textbox()
        a.change(lambda x: {b: x}, a, [a, b])
    (fn,) = page.fns.values()
    assert [block._id for block in fn.outputs] == [a._id, b._id]
