"""A lesson on the page: the banner that students see, and the dialog in which a teacher makes the link and its QR code."""

from __future__ import annotations

import io
import json
from typing import Any

import gradio as gr
import segno

from seq2seq.ui.kit.component import component
from seq2seq.ui.kit.message import explain
from seq2seq.ui.lesson import lesson
from seq2seq.ui.lesson.lesson import CONTROLS, Lesson

MOST_QR_BYTES = 1000  # 105 modules a side: at 560 pixels and more still read from a screen by a telephone


def banner() -> gr.HTML:
    """Shows what `opened` finds in the address; nothing at all without a lesson."""
    return component("lesson/lesson", elem_id="lesson", controls=controls())


def controls() -> list[dict[str, Any]]:
    """What the page needs to know of the controls."""
    return [
        {"name": name, "title": control.title, "parts": list(control.parts), "kept": list(control.kept)}
        for name, control in CONTROLS.items()
    ]


def opened(page: gr.Request) -> Any:
    """The banner's value, by the address of the page."""
    for name in (lesson.PARAMETER, lesson.DRAFT):
        if name in page.query_params:
            return shown(page.query_params[name])
    return gr.skip()


def shown(text: str) -> str:
    """`question` is for students to read, `asked` as the teacher wrote it."""
    found, problems = Lesson(), list[str]()
    try:
        found, problems = lesson.decode(text)
    except Exception as error:  # the page waits for this answer
        problems = [explain(error)]
    value: dict[str, Any] = {"question": lesson.readable(found.question), "asked": found.question}
    value |= {"hidden": found.hidden, "locked": found.locked, "problem": " ".join(problems)}
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def lesson_link(asked: Any) -> dict[str, Any]:
    """What the dialog calls with {address, question, hidden, locked}: {link, qr}, or {problem} and never an error.

    `qr` is an SVG file; where the link is too long for one, {link, note} says so.
    """
    try:
        made = lesson.link(_told(asked, "address", str), _lesson_of(asked))
        size = len(made)  # in ASCII, a byte a character
        if size > MOST_QR_BYTES:
            note = (
                f"The link works, but has {size:,} bytes, and a QR code of more than {MOST_QR_BYTES:,} is too fine for a "
                "projector: there is none. A shorter sentence or question makes room for it."
            )
            return {"link": made, "note": note}
        return {"link": made, "qr": qr(made)}
    except Exception as error:
        return {"problem": explain(error)}


def qr(text: str) -> str:
    """A QR code as an SVG file, black on white with its quiet zone: that is what cameras look for, in dark mode, too."""
    file = io.BytesIO()
    segno.make_qr(text, error="l").save(file, kind="svg", scale=8, dark="#000", light="#fff")
    return file.getvalue().decode("utf-8")


def _lesson_of(asked: Any) -> Lesson:
    hidden, locked = (_told(asked, name, list) for name in ("hidden", "locked"))
    if not all(isinstance(name, str) for name in [*hidden, *locked]):
        raise ValueError("That could not be read. Please load the page again.")
    return Lesson(_told(asked, "question", str), tuple(hidden), tuple(locked))


def _told(asked: Any, name: str, kind: type) -> Any:
    if not isinstance(asked, dict) or not isinstance(asked.get(name), kind):
        raise ValueError("That could not be read. Please load the page again.")
    return asked[name]
