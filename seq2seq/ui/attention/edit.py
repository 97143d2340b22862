"""Edit it: the attention of one step by hand, and what the decoder makes of it."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import gradio as gr

from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address, asking, fields
from seq2seq.ui.kit.component import component
from seq2seq.views.attention import edit as view
from seq2seq.views.attention import side_by_side

PER_MILLE = 1000  # in an address, a weight is a whole number of these
MOST_WEIGHTS = 200  # more than any sentence has
_serial = itertools.count(1)


@dataclass(frozen=True)
class Asked:
    """`step` counts from 1. Without `weights` nothing is edited yet."""

    text: str
    model: str
    step: int = 1
    weights: tuple[int, ...] = ()  # per mille, one a source position


def build(services: Services) -> None:
    asking.build(
        *(services, address.EDIT, "Translate", "edit"),
        board=lambda: component("attention/edit", elem_id="edit", address=address.address(address.EDIT)),
        make=Asked,
        payload=payload,
        read=_read,
        chosen=_chosen,
    )


def _read(query: Mapping[str, str], reader: address.Reader, asked: Asked) -> list[Asked]:
    """With its step and weights, with its step alone, and with neither."""
    step = reader.attempt(lambda: address.whole("step", query.get("step", "1")), 1) or 1  # 0 is before the first
    weights = reader.attempt(lambda: weights_of(query.get("weights", "")), ())
    return [replace(asked, step=step, weights=weights), replace(asked, step=step), asked]


def _chosen(now: Asked, event: gr.EventData) -> Asked:
    step, weights = fields.told(event, "step"), fields.told(event, "weights")
    if type(step) is not int or not isinstance(weights, list) or len(weights) > MOST_WEIGHTS:
        raise ValueError("That choice could not be read. Please choose again.")
    if not all(type(weight) in (int, float) and math.isfinite(weight) and 0 <= weight <= 1 for weight in weights):
        raise ValueError("Weights are numbers from 0 to 1. Please choose again.")
    return replace(now, step=step, weights=tuple(round(PER_MILLE * weight) for weight in weights))


def weights_of(text: str) -> tuple[int, ...]:
    """What an address gives for `weights`: whole numbers, per mille, with a hyphen between."""
    parts = text.split(address.SEPARATOR) if text else []
    if len(parts) > MOST_WEIGHTS:
        raise ValueError(f"In this address, “weights” has {len(parts)} numbers; no sentence has so many pieces.")
    return tuple(address.whole("weights", part) for part in parts)


def payload(services: Services, asked: Asked) -> str:
    """The page's part. Raises ValueError, fit to be shown, for anything in `asked` that cannot be done."""
    translator = services.translator(asked.model)
    before = services.translate(asked.model, asked.text)
    if before.steps[0].attention is None:
        raise ValueError(
            f"“{translator.info.title}” has no attention that could be edited: its decoder reads the source in another way. "
            "Choose a model with attention."
        )
    if not 1 <= asked.step <= len(before.steps):
        raise ValueError(f"There is no step {asked.step}: this translation has {len(before.steps)}.")
    after = translator.translate(asked.text, edits={asked.step - 1: asked.weights}) if asked.weights else None
    info = services.info(asked.model)
    return json.dumps(
        {
            "before": view.side(before),
            "after": view.side(after) if after else None,
            "shared": view.shared(before, after) if after else None,
            "says": view.said(before, after, asked.step - 1) if after else "",
            "step": asked.step,
            "weights": [weight / PER_MILLE for weight in asked.weights],
            "averaged": before.reading.averaged,
            "scale": side_by_side.scale(),
            "model": {"title": info.title, "trained_on": info.trained_on},
            "link": items(asked),
            "serial": next(_serial),
        },
        ensure_ascii=False,
        allow_nan=False,
    )


def items(asked: Asked) -> list[tuple[str, str]]:
    pairs = [("text", asked.text), ("model", asked.model), ("step", str(asked.step))]
    if asked.weights:
        pairs.append(("weights", address.SEPARATOR.join(map(str, asked.weights))))
    return pairs
