"""Does it explain? Beside the attention of a step, what its piece depends on when that is asked in other ways."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

import gradio as gr

from seq2seq.analysis import attribution as engine
from seq2seq.trace import DecodingTrace
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address, asking, fields
from seq2seq.ui.kit.component import component
from seq2seq.views.attention import attribution as view

_serial = itertools.count(1)


@dataclass(frozen=True)
class Asked:
    """`step` counts from 1; 0: where attention and deletion agree least."""

    text: str
    model: str
    step: int = 0


def build(services: Services) -> None:
    asking.build(
        *(services, address.ATTRIBUTION, "Ask", "choose"),
        board=lambda: component("attention/attribution", elem_id="attribution", address=address.address(address.ATTRIBUTION)),
        make=Asked,
        payload=payload,
        read=_read,
        chosen=_chosen,
    )


def _read(query: Mapping[str, str], reader: address.Reader, asked: Asked) -> list[Asked]:
    """With its step, and without."""
    step = reader.attempt(lambda: address.whole("step", query.get("step", "0")), 0)
    return [replace(asked, step=step), asked]


def _chosen(now: Asked, event: gr.EventData) -> Asked:
    step = fields.told(event, "step")
    if type(step) is not int:
        raise ValueError("That choice could not be read. Please choose again.")
    return replace(now, step=step)


def payload(services: Services, asked: Asked) -> str:
    """The page's part. Raises ValueError, fit to be shown, for anything in `asked` that cannot be done."""
    translator = services.translator(asked.model)
    trace = services.translate(asked.model, asked.text)
    by_step = agreements(trace, engine.deletions(translator, trace))
    step = asked.step or _least(by_step) + 1
    found = engine.attribute(translator, trace, step - 1)
    table = view.rows(found, trace, engine.by_word)
    pairs = view.agreements(table, engine.rank_correlation)
    info = services.info(asked.model)
    return json.dumps(
        {
            "source": view.columns(trace),
            "steps": view.steps(trace, by_step),
            "step": step,
            "rows": table,
            "agreements": pairs,
            "says": view.said(trace, found, table, pairs),
            "piece": view.steps(trace, by_step)[step - 1],
            "accounts": {"difference": found.log_prob - found.log_prob_of_nothing, "sum": sum(found.integrated)},
            "model": {"title": info.title, "trained_on": info.trained_on},
            "link": [("text", asked.text), ("model", asked.model), ("step", str(step))],
            "serial": next(_serial),
        },
        ensure_ascii=False,
        allow_nan=False,
    )


def agreements(trace: DecodingTrace, deletions: list[list[float]]) -> list[float | None]:
    """For each step: how alike attention and deletion rank the source's words."""
    words = engine.source_words(trace)
    return [
        None
        if step.attention is None
        else engine.rank_correlation(engine.by_word(step.attention, words), [abs(change) for change in changes])
        for step, changes in zip(trace.steps, deletions, strict=True)
    ]


def _least(by_step: list[float | None]) -> int:
    known = [(value, step) for step, value in enumerate(by_step) if value is not None]
    return min(known)[1] if known else 0
