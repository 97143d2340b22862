"""What the light of the views Pictures and Sound shows: where the decoder looks, or what the word needs."""

from __future__ import annotations

from typing import Any

import gradio as gr

from seq2seq.analysis.attribution import deletions
from seq2seq.decoding.translator import Translator
from seq2seq.trace import DecodingTrace
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit.address import Parameter
from seq2seq.ui.kit.form import fields
from seq2seq.views.senses.deletion import Deletion

ATTENTION, DELETION = LIGHTS = ("attention", "deletion")
STAY: dict[str, Any] = {"step": None, "play": False}  # at the current step


def _read(text: str, _: Services) -> str:
    if text not in LIGHTS:
        raise ValueError(f"In this address, “light” should be {' or '.join(LIGHTS)}, not “{text[:40]}”.")
    return text


LIGHT = Parameter("light", _read)


def in_address(light: str) -> str | None:
    """Return the value of an address; attention is shown without one."""
    return None if light == ATTENTION else light


def chosen(event: gr.EventData) -> str:
    """Return what the visitor has switched to. Raises ValueError with a message for anything else."""
    light = fields.from_event(event, "light")
    if light not in LIGHTS:
        raise ValueError("That choice could not be read. Please choose again.")
    return str(light)


def deletion(light: str, translator: Translator, trace: DecodingTrace, given: str | bytes) -> Deletion | None:
    """Return what each word needs, which takes up to a few seconds, only if the light shows it."""
    if light != DELETION:
        return None
    source = translator.source_ids(given)
    return Deletion(translator.regions(source), deletions(translator, trace, source))
