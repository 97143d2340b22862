"""The request and the answer of the tab Translate, their form in an address, and the value of its player."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import gradio as gr

from seq2seq import views
from seq2seq.decoding.strategies import STRATEGIES, Greedy
from seq2seq.trace import DecodingTrace
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address
from seq2seq.ui.kit.address import MODEL, SETTINGS, STEP, TEXT, Parameter
from seq2seq.ui.kit.component import next_serial
from seq2seq.ui.kit.form import search
from seq2seq.views.stage.fork import compare

MOST_FORCED = 1000  # forced_request pieces in an address; no translation is so long
PARAMETERS = (
    *(TEXT, MODEL, Parameter("search", lambda text, _: search.name(text)), *SETTINGS.values()),
    *(address.numbers("prefix", MOST_FORCED, "no translation has so many pieces"), STEP),
)


@dataclass(frozen=True)
class TranslateRequest:
    """Everything that decides the answer. `prefix` has the token ids that a fork forces at the beginning."""

    text: str
    model: str
    strategy: Any = field(default_factory=Greedy)
    prefix: tuple[int, ...] = ()

    @property
    def search(self) -> str:
        return next(name for name, kind in STRATEGIES.items() if isinstance(self.strategy, kind))


def values_of(request: TranslateRequest) -> dict[str, Any]:
    """Return the values of an address of `request`; the page adds the step."""
    settings: Mapping[str, Any] = search.settings_of(request.strategy)
    return {
        "text": request.text,
        "model": request.model,
        "search": request.search,
        **settings,
        search.NO_REPEAT: request.strategy.no_repeat or None,
        "prefix": request.prefix or None,
    }


def link_to(request: TranslateRequest) -> address.Items:
    """Return the parameters of an address that opens `request`."""
    return address.write(PARAMETERS, values_of(request))


@dataclass(frozen=True)
class TranslateAnswer:
    """The answer that the server keeps for one visitor; a fork also has its original."""

    request: TranslateRequest
    trace: DecodingTrace
    original: DecodingTrace | None = None


def compute(services: Services, request: TranslateRequest) -> TranslateAnswer:
    """Translate the request's text. A request with a prefix is a fork; then the original is translated, too."""
    trace = services.translate(request.model, request.text, request.strategy, request.prefix)
    if not request.prefix:
        return TranslateAnswer(request, trace)
    return TranslateAnswer(request, trace, services.translate(request.model, request.text, request.strategy))


def payload(
    services: Services,
    answer: TranslateAnswer,
    step: int = 0,
    play: bool = True,
    origin: Literal["page", "visitor"] = "visitor",
) -> str:
    """Return the player's value for `answer`, opened at `step`. The serial number lets an equal picture restart."""
    info = services.info(answer.request.model)
    return views.payload(
        answer.trace,
        model={"title": info.title, "trained_on": info.trained_on},
        fork=compare(answer.original, answer.trace) if answer.original else None,
        link=link_to(answer.request),
        start={"step": step, "play": play, "from": origin},
        serial=next_serial(),
    )


def forced_request(answer: TranslateAnswer, event: gr.EventData) -> TranslateRequest:
    """Return the request of a fork from a click. The click is untrusted input, so everything is checked."""
    try:
        trace_id, step, token = event.trace_id, event.step, event.token
    except (AttributeError, TypeError):
        raise ValueError("That choice could not be read. Please choose again.") from None
    steps = answer.trace.steps
    if trace_id != answer.trace.id:
        raise ValueError("The picture has changed in the meantime. Please translate the sentence again.")
    if type(step) is not int or not 1 <= step <= len(steps):
        raise ValueError(f"There is no such step: this translation has {len(steps)} steps.")
    if type(token) is not int or token not in {c.token for c in steps[step - 1].candidates}:
        raise ValueError(f"That piece is not among the candidates of step {step}.")
    return replace(answer.request, prefix=(*(s.token for s in steps[: step - 1]), token))
