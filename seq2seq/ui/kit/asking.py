"""The one machine of every view that asks: a visitor fills in a form, an answer is computed and drawn, and the address says it.

A view subclasses `Asking` and says what a request is, how it is answered, and how an address spells it. R is the request: a
frozen record of everything that decides what is shown. S is what the server remembers of an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Generic, TypeVar, cast

import gradio as gr

from seq2seq.ui.host import gradio_inside
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address, examples, fields
from seq2seq.ui.kit.address import Parameter
from seq2seq.ui.kit.fields import Form
from seq2seq.ui.kit.message import explain, message, message_line, reported
from seq2seq.ui.kit.view import Slot

R = TypeVar("R", bound=Any)
S = TypeVar("S")
Updates = dict[Any, Any]
Event = Callable[[S, gr.EventData], tuple[S, dict[str, Any]] | None]


class Asking(Generic[R, S]):
    """The machine. It is made once for the page, so it holds nothing of a visitor."""

    button: ClassVar[str]
    parameters: ClassVar[tuple[Parameter, ...]]
    prefix: ClassVar[str]  # the ids of the form's parts begin with it
    opens_with_page: ClassVar[bool] = False  # its first answer is part of the page; other views open when they come into sight
    events_change_form: ClassVar[bool] = False
    redraws_after_fault: ClassVar[bool] = False  # the component is drawn again where one of its events failed
    marks_busy: ClassVar[bool] = False  # the page is marked as busy while a request is answered
    unlisted: ClassVar[str | None] = None  # the value of the menu of examples for a sentence that is not in it

    def __init__(self, services: Services):
        self.services = services

    @classmethod
    def open(cls, slot: Slot) -> None:
        """Build the view at `slot`."""
        cls(slot.services)._build(slot)

    # --- what a view says ---

    def example(self, model: str, text: str | None = None) -> R:
        """A request to begin with: `text`, or an example of the model."""
        raise NotImplementedError

    def request(self, values: Mapping[str, Any], before: S | None) -> R:
        """The request of a form filled with `values`, by the names of its inputs. Raises ValueError, fit to be shown."""
        raise NotImplementedError

    def complete(self, values: Mapping[str, Any]) -> R:
        """The request of an address that gives these values; an example for what it does not give."""
        raise NotImplementedError

    def values(self, request: R) -> dict[str, Any]:
        """The values that an address of `request` gives, by the names of the parameters. The page may add the step."""
        return vars(request)

    def look(self, request: R) -> S:
        """The answer. Raises ValueError, fit to be shown. A view that remembers only the request answers in `show`."""
        return cast(S, request)

    def request_of(self, seen: S) -> R:
        """The request that `seen` answers."""
        return cast(R, seen)

    def show(self, seen: S, **start: Any) -> str:
        """The value of the view's component. Raises ValueError, fit to be shown."""
        raise NotImplementedError

    def form(self, request: R) -> Form:
        """Build the form, filled in with `request`."""
        return fields.row(self.services, request.model, request.text, self.button, self.prefix)

    def fill(self, request: R) -> dict[str, Any]:
        """The updates of the form's inputs, by name, that show `request`."""
        info = self.services.info(request.model)
        text = gr.update(value=request.text, label=fields.asks(info))
        return {"text": text, "model": fields.chosen_model(self.services, request.model)}

    def with_model(self, values: Mapping[str, Any], before: S | None) -> tuple[R, dict[str, Any]]:
        """The request after the form's model was changed, and how its answer is opened.

        An example gives way to one of the new model's; a sentence that the visitor has typed stays.
        """
        request = self.request(values, before)
        return replace(request, text=examples.fitting(request.text, self.services.info(request.model))), {}

    def with_example(self, values: Mapping[str, Any], before: S | None) -> R:
        """The request after the form's sentence was chosen among the examples."""
        return self.request(values, before)

    def attempts(self, request: R) -> list[R]:
        """What is tried for an address, one after the other, until one can be shown."""
        return [request]

    def start(self, seen: S, values: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
        """How an answer is opened that an address asks for, and what to say of it."""
        return {}

    def events(self) -> dict[str, Event[S]]:
        """The component's events: each gets what the visitor sees and returns the new answer and how it is opened, or None."""
        return {}

    def after_failed_model(self, request: R) -> S | None:
        """What to remember where a model was chosen that cannot answer."""
        return None

    # --- the machine ---

    def read(self, query: Mapping[str, str]) -> tuple[R, dict[str, Any], list[str]]:
        """The request of an address, the values that it gives, and a sentence for each parameter that makes no sense."""
        values, problems = address.read(self.parameters, query, self.services)
        return self.complete(values), values, problems

    def link(self, request: R) -> address.Items:
        """The parameters of an address that opens `request`."""
        return address.write(self.parameters, self.values(request))

    def _build(self, slot: Slot) -> None:
        services = self.services
        opening = self.example(services.first)
        first = self.look(opening) if self.opens_with_page else None
        state = gr.State(first)
        form = self.form(opening)
        line = message_line()
        board = slot.board("" if first is None else self.show(first, origin="page"))
        report = reported(line)

        inputs, example = list(form.inputs.values()), [form.example] if form.example else []
        parts = {**form.inputs, **form.others}
        # What an event may change, and no more: Gradio builds each output again that a handler leaves out.
        answer = [board, state, line]
        everything = [*parts.values(), *example, *answer]

        def opened(seen: S, **start: Any) -> Updates:
            return {state: seen, board: self.show(seen, **start)}

        def filled(request: R) -> Updates:
            updates = {parts[name]: update for name, update in self.fill(request).items()}
            return {**updates, **menu(request, anew=True)}

        def menu(request: R, anew: bool = False) -> Updates:
            """Where the menu of examples stands; `anew`: with the examples of the request's model."""
            if form.example is None:
                return {}
            info = services.info(request.model)
            chosen = request.text if request.text in examples.of(info) else self.unlisted
            return {form.example: gr.update(choices=fields.offered(info, self.unlisted), value=chosen) if anew else chosen}

        def named(values: Iterable[Any]) -> dict[str, Any]:
            return dict(zip(form.inputs, values, strict=True))

        @report
        def show_request(before: S | None, *values: Any) -> Updates:
            request = self.request(named(values), before)
            return {**menu(request), **opened(self.look(request))}

        @report
        def show_example(before: S | None, chosen: str, *values: Any) -> Updates:
            if chosen == self.unlisted:
                return {}
            request = self.with_example({**named(values), "text": chosen}, before)
            return {**filled(request), **opened(self.look(request))}

        @report
        def show_model(before: S | None, *values: Any) -> Updates:
            request, start = self.with_model(named(values), before)
            try:
                return {**filled(request), **opened(self.look(request), **start)}
            except ValueError as error:  # the menu shows the new model all the same; the picture says which model it is of
                kept = self.after_failed_model(request)
                return {**filled(request), line: message(explain(error)), **({} if kept is None else {state: kept})}

        @report
        def open_view(before: S | None, page: gr.Request) -> Updates:
            """When the view comes into sight for the first time: what the address asks for, or an example."""
            if before is not None and not self.opens_with_page:
                return {}
            query = dict(page.query_params)
            if self.opens_with_page:
                slot.check(query)
                if not slot.is_named(query) or not query.keys() & {parameter.name for parameter in self.parameters}:
                    return {}
            elif not slot.is_named(query):
                return opened(self.look(opening))
            request, values, problems = self.read(query)
            for attempt in self.attempts(request):
                try:
                    seen = self.look(attempt)
                    updates = {**filled(attempt), **opened(seen, **self.start(seen, values, problems))}
                    return {**updates, line: message(" ".join(problems))}
                except Exception as error:  # something must be drawn, whatever it is
                    if (fault := explain(error)) not in problems:
                        problems.append(fault)
            problems.append("Here is an example instead.")
            seen = self.look(opening)
            return {**filled(opening), **opened(seen, **self.start(seen, {}, [])), line: message(" ".join(problems))}

        def handler(event: Event[S]) -> Callable[..., Updates]:
            @report
            def handle(before: S | None, data: gr.EventData) -> Updates:
                seen = fields.remembered(before)
                try:
                    change = event(seen, data)
                    if change is None:
                        return {}
                    after, start = change
                    drawn = opened(after, **start)
                except ValueError as error:
                    if not self.redraws_after_fault:
                        raise
                    return {line: message(explain(error)), board: self.show(seen, step=None)}
                return {**(filled(self.request_of(after)) if self.events_change_form else {}), **drawn}

            return handle

        decodes = fields.decodes(line)
        known = [state, *inputs]
        busy = gradio_inside.before_request("document.body.classList.add('busy')") if self.marks_busy else {}
        submits = [part.submit for part in inputs if isinstance(part, gr.Textbox)]
        gr.on([*submits, form.go.click], show_request, known, [*example, *answer], **busy, **decodes)
        others = [part for name, part in form.inputs.items() if name != "model" and not isinstance(part, gr.Textbox)]
        if others:
            changes = [part.release if isinstance(part, gr.Slider) else part.input for part in others]
            gr.on(changes, show_request, known, [*example, *answer], **decodes)
        gr.on(form.inputs["model"].input, show_model, known, everything, **busy, **decodes)
        if form.example:
            form.example.input(show_example, [state, form.example, *inputs], everything, **decodes)
        for name, event in self.events().items():
            outputs = everything if self.events_change_form else answer
            getattr(board, name)(handler(event), [state], outputs, **decodes)
        first_sight = slot.page.load if self.opens_with_page else slot.tab.select
        first_sight(open_view, [state], everything, **decodes)
