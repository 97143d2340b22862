"""A lesson on the page: the banner for students, and the dialog where a teacher makes the link and its QR code."""

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

MOST_QR_BYTES = 1000  # 105 modules per side: phones can still read it from a screen at 560 pixels


def banner() -> gr.HTML:
    """Return the banner of the lesson in the address; it is hidden without a lesson."""
    return component("lesson/lesson", elem_id="lesson", controls=controls(), names=lesson.SHARED)


def controls() -> list[dict[str, Any]]:
    """Return the data of the controls for the page."""
    return [
        {"name": name, "title": control.title, "parts": list(control.parts), "kept": list(control.kept)}
        for name, control in CONTROLS.items()
    ]


def banner_value(page: gr.Request) -> Any:
    """Return the banner's value for the address of the page."""
    for name in (lesson.PARAMETER, lesson.DRAFT):
        if name in page.query_params:
            return payload(page.query_params[name])
    return gr.skip()


def payload(text: str) -> str:
    """Return the banner's value. `question` is safe for display; `asked` is the teacher's original text."""
    result, problems = Lesson(), list[str]()
    try:
        result, problems = lesson.decode(text)
    except Exception as error:  # the page waits for an answer
        problems = [explain(error)]
    value: dict[str, Any] = {"question": lesson.readable(result.question), "asked": result.question}
    value |= {"hidden": result.hidden, "locked": result.locked, "problem": " ".join(problems)}
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def lesson_link(request: Any) -> dict[str, Any]:
    """Answer the dialog's call with {address, question, hidden, locked}: return {link, qr}, or {problem} instead of an error.

    `qr` is an SVG file; a link that is too long for one gets {link, note}.
    """
    try:
        made = lesson.link(_field(request, "address", str), _read_lesson(request))
        size = len(made)  # ASCII: one byte per character
        if size > MOST_QR_BYTES:
            note = (
                f"The link works, but it has {size:,} bytes. A QR code of more than {MOST_QR_BYTES:,} bytes is too fine for a "
                "projector, so there is none. Use a shorter sentence or question to get one."
            )
            return {"link": made, "note": note}
        return {"link": made, "qr": qr(made)}
    except Exception as error:
        return {"problem": explain(error)}


def qr(text: str) -> str:
    """Return a QR code as an SVG file, black on white with its quiet zone also in dark mode, because cameras need that."""
    file = io.BytesIO()
    segno.make_qr(text, error="l").save(file, kind="svg", scale=8, dark="#000", light="#fff")
    return file.getvalue().decode("utf-8")


def _read_lesson(request: Any) -> Lesson:
    hidden, locked = (_field(request, name, list) for name in ("hidden", "locked"))
    if not all(isinstance(name, str) for name in [*hidden, *locked]):
        raise ValueError("That could not be read. Please load the page again.")
    return Lesson(_field(request, "question", str), tuple(hidden), tuple(locked))


def _field(request: Any, name: str, kind: type) -> Any:
    if not isinstance(request, dict) or not isinstance(request.get(name), kind):
        raise ValueError("That could not be read. Please load the page again.")
    return request[name]
