"""What views of one step of one translation share: a sentence and a model to ask with, and the first look by an address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

import gradio as gr

from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address, examples, fields
from seq2seq.ui.kit.message import explain, message, message_line, reported


class Asked(Protocol):
    """Everything that decides what is shown."""

    @property
    def text(self) -> str: ...

    @property
    def model(self) -> str: ...


A = TypeVar("A", bound=Asked)


def build(
    services: Services,
    view: str,
    button: str,
    event: str,
    board: Callable[[], gr.HTML],
    make: Callable[[str, str], A],
    payload: Callable[[Services, A], str],
    read: Callable[[Mapping[str, str], address.Reader, A], list[A]],
    chosen: Callable[[A, gr.EventData], A],
) -> None:
    """The view that addresses name `view`.

    `make` is what a sentence and a model ask for, `payload` what is shown of it, `read` what an address asks for, given what is
    shown otherwise: the first of its list that can be shown is. `chosen` is what an `event` of the `board` asks for.
    """
    tab = fields.tab_in_the_making()
    opening = make(_example(services, services.first), services.first)
    seen = gr.State(None)
    asking = fields.Asking.row(services, services.first, opening.text, button, view)
    place = message_line()
    part = board()
    # What an event may change, and no more: Gradio makes each output anew that a handler leaves out.
    answer = [part, seen, place]
    everything = [asking.text, asking.example, asking.model, *answer]
    decodes = fields.decodes(place)
    report = reported(place)

    def opened(asked: A) -> dict[Any, Any]:
        return {seen: asked, part: payload(services, asked)}

    def filled(asked: A) -> dict[Any, Any]:
        return asking.at(services, asked.model, asked.text)

    @report
    def show(written: str, name: str) -> dict[Any, Any]:
        return {asking.example: fields.chosen_example(services.info(name), written), **opened(make(written, name))}

    @report
    def show_example(written: str, name: str) -> dict[Any, Any]:
        return {asking.text: written, **opened(make(written, name))}

    @report
    def show_model(written: str, name: str) -> dict[Any, Any]:
        asked = make(examples.fitting(written, services.info(name)), name)
        try:
            return {**filled(asked), **opened(asked)}
        except ValueError as error:  # the menu stands at this model all the same; what is drawn says of which model it is
            return {**filled(asked), place: message(explain(error))}

    @report
    def choose(now: A | None, choice: gr.EventData) -> dict[Any, Any]:
        return opened(chosen(fields.still(now), choice))

    @report
    def open_view(now: A | None, page: gr.Request) -> dict[Any, Any]:
        """At the first look: what the address asks for, or an example."""
        if now is not None:
            return {}
        query, reader = dict(page.query_params), address.Reader()
        if query.get("tab") != view:
            return opened(opening)
        known = (
            reader.attempt(lambda: services.info(query["model"]).name, services.first) if "model" in query else services.first
        )
        for asked in read(query, reader, make(query.get("text", _example(services, known)), known)):
            try:
                return {**filled(asked), **opened(asked), place: message(" ".join(reader.problems))}
            except Exception as error:  # whatever it is, something must be drawn
                if (said := explain(error)) not in reader.problems:
                    reader.problems.append(said)
        return {**filled(opening), **opened(opening), place: message(" ".join(reader.problems))}

    gr.on([asking.text.submit, asking.go.click], show, [asking.text, asking.model], [asking.example, *answer], **decodes)
    asking.example.input(show_example, [asking.example, asking.model], [asking.text, *answer], **decodes)
    asking.model.input(show_model, [asking.text, asking.model], everything, **decodes)
    getattr(part, event)(choose, [seen], answer, **decodes)
    tab.select(open_view, [seen], everything, **decodes)


def _example(services: Services, name: str) -> str:
    return next(iter(examples.of(services.info(name))), "")
