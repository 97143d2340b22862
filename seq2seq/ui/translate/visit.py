"""What one visitor is looking at: made from a request, turned into the player's value, changed by a choice in the picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import gradio as gr

from seq2seq import views
from seq2seq.decoding.strategies import STRATEGIES, Greedy
from seq2seq.trace import DecodingTrace
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address, search
from seq2seq.ui.kit.address import MODEL, SETTINGS, STEP, TEXT, Parameter
from seq2seq.ui.kit.component import next_serial
from seq2seq.views.stage.fork import compare

MOST_FORCED = 1000  # pieces that an address can force, more than any translation has
PARAMETERS = (
    *(TEXT, MODEL, Parameter("search", lambda text, _: search.name(text)), *SETTINGS.values()),
    *(address.numbers("prefix", MOST_FORCED, "no translation has so many pieces"), STEP),
)


@dataclass(frozen=True)
class TranslateRequest:
    """One translation: everything that decides what is shown. `prefix` holds the token ids that a fork forces first."""

    text: str
    model: str
    strategy: Any = field(default_factory=Greedy)
    prefix: tuple[int, ...] = ()

    @property
    def search(self) -> str:
        return next(name for name, kind in STRATEGIES.items() if isinstance(self.strategy, kind))


def values_of(request: TranslateRequest) -> dict[str, Any]:
    """The values that an address of `request` gives; the page adds the step."""
    settings: Mapping[str, Any] = search.settings_of(request.strategy)
    return {
        "text": request.text,
        "model": request.model,
        "search": request.search,
        **settings,
        "prefix": request.prefix or None,
    }


def link_to(request: TranslateRequest) -> address.Items:
    """The parameters of an address that opens `request`."""
    return address.write(PARAMETERS, values_of(request))


@dataclass(frozen=True)
class Visit:
    """What one visitor is looking at; after a fork also what it is compared with."""

    request: TranslateRequest
    trace: DecodingTrace
    original: DecodingTrace | None = None


def visit(services: Services, request: TranslateRequest) -> Visit:
    """Translate what `request` asks for. With a prefix it is a fork, and the original is translated too."""
    trace = services.translate(request.model, request.text, request.strategy, request.prefix)
    if not request.prefix:
        return Visit(request, trace)
    return Visit(request, trace, services.translate(request.model, request.text, request.strategy))


def shown(
    services: Services,
    seen: Visit,
    step: int = 0,
    play: bool = True,
    origin: Literal["page", "visitor"] = "visitor",
) -> str:
    """The player's value: `seen`, opened at `step`. The serial number makes an equal picture start again."""
    info = services.info(seen.request.model)
    return views.payload(
        seen.trace,
        model={"title": info.title, "trained_on": info.trained_on},
        fork=compare(seen.original, seen.trace) if seen.original else None,
        link=link_to(seen.request),
        start={"step": step, "play": play, "from": origin},
        serial=next_serial(),
    )


def forced(seen: Visit, event: gr.EventData) -> TranslateRequest:
    """The fork that a visitor's click asks for. The click comes from outside, so nothing in it is believed unchecked."""
    try:
        trace_id, step, token = event.trace_id, event.step, event.token
    except (AttributeError, TypeError):
        raise ValueError("That choice could not be read. Please choose again.") from None
    steps = seen.trace.steps
    if trace_id != seen.trace.id:
        raise ValueError("The picture has changed in the meantime. Please translate the sentence again.")
    if type(step) is not int or not 1 <= step <= len(steps):
        raise ValueError(f"There is no such step: this translation has {len(steps)}.")
    if type(token) is not int or token not in {c.token for c in steps[step - 1].candidates}:
        raise ValueError(f"That piece is not among the candidates of step {step}.")
    return replace(seen.request, prefix=(*(s.token for s in steps[: step - 1]), token))
