"""The base class of every view with a form: the visitor sends a request, the view computes and shows an answer.

A view subclasses `Asking` and defines its request, its answer and its address. R is the request: a frozen record of everything
that decides the answer. S is the data of an answer that the server keeps for the visitor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Generic, TypeVar, cast

import gradio as gr

from seq2seq.ui.host import gradio_inside
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address, examples
from seq2seq.ui.kit.address import Parameter
from seq2seq.ui.kit.form import fields, phrase_menu
from seq2seq.ui.kit.form.fields import Form
from seq2seq.ui.kit.message import explain, message, message_line, note_line, reported
from seq2seq.ui.kit.view import Slot

R = TypeVar("R", bound=Any)
S = TypeVar("S")
Updates = dict[Any, Any]
Event = Callable[[S, gr.EventData], tuple[S, dict[str, Any]] | None]


class Asking(Generic[R, S]):
    """The base class. There is one instance per page, so it must not store data of a visitor."""

    button: ClassVar[str]
    parameters: ClassVar[tuple[Parameter, ...]]
    prefix: ClassVar[str]  # of the ids of the form's parts
    opens_with_page: ClassVar[bool] = False  # the first answer is part of the page; other views open on first sight
    events_change_form: ClassVar[bool] = False
    undropped: ClassVar[frozenset[str]] = frozenset()  # events of a component that itself waits for an answer before the next
    redraws_after_fault: ClassVar[bool] = False  # draw the component again if one of its events failed
    marks_busy: ClassVar[bool] = False  # mark the page as busy during a request
    walks_history: ClassVar[bool] = False  # the component has the event `navigate`, for Back and Forward
    has_notes: ClassVar[bool] = False  # show a line with the notes of an answer
    unlisted: ClassVar[str | None] = None  # value of the example menu for a sentence that is not an example

    def __init__(self, services: Services):
        self.services = services

    @classmethod
    def open(cls, slot: Slot) -> None:
        """Build the view at `slot`."""
        cls(slot.services)._build(slot)

    @classmethod
    def open_with(cls, slot: Slot, models: Mapping[str, Any], what: str, command: str) -> None:
        """Build the view at `slot`; without any of its `models`, say what is not installed and the command that helps."""
        if models:
            cls.open(slot)
            return
        gr.Markdown(f"No {what} is installed. Train one with `{command}`.")
        slot.board()

    # --- a view overrides these ---

    def example(self, model: str, text: str | None = None) -> R:
        """Return a first request: `text`, or an example of the model."""
        raise NotImplementedError

    def request(self, values: Mapping[str, Any], before: S | None) -> R:
        """Return the request of a form with these `values` by input name. Raises ValueError with a message for the user."""
        raise NotImplementedError

    def complete(self, values: Mapping[str, Any]) -> R:
        """Return the request of an address with these values; missing ones come from an example."""
        raise NotImplementedError

    def values(self, request: R) -> dict[str, Any]:
        """Return the values of an address of `request` by parameter name. The page can add the step."""
        return vars(request)

    def answer(self, request: R) -> S:
        """Compute the answer. Raises ValueError with a message for the user. If S is the request, `show` computes the
        answer."""
        return cast(S, request)

    def request_of(self, answer: S) -> R:
        """Return the request of `answer`."""
        return cast(R, answer)

    def show(self, answer: S, **start: Any) -> str:
        """Return the value of the view's component. Raises ValueError with a message for the user."""
        raise NotImplementedError

    def notes(self, answer: S) -> Sequence[str]:
        """Return sentences about an answer, such as unknown characters of the text; a view that has some sets `has_notes`."""
        return ()

    def form(self, request: R) -> Form:
        """Build the form, filled with `request`."""
        return fields.row(self.services, request.model, request.text, self.button, self.prefix)

    def fill(self, request: R) -> dict[str, Any]:
        """Return the updates of the form's inputs for `request`, by name."""
        info = self.services.info(request.model)
        text = gr.update(value=request.text, label=fields.sentence_label(info))
        return {"text": text, "model": fields.chosen_model(self.services, request.model)}

    def with_model(self, values: Mapping[str, Any], before: S | None) -> tuple[R, dict[str, Any]]:
        """Return the request after a change of the model, and the start options of its answer.

        An example is replaced by one of the new model; a sentence that the visitor typed stays.
        """
        request = self.request(values, before)
        return replace(request, text=examples.fitting(request.text, self.services.info(request.model))), {}

    def with_example(self, values: Mapping[str, Any], before: S | None) -> R:
        """Return the request after a choice in the example menu."""
        return self.request(values, before)

    def attempts(self, request: R) -> list[R]:
        """Return the requests to try for an address, in order, until one can be shown."""
        return [request]

    def start(self, answer: S, values: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
        """Return the start options of an answer that an address requested; may add to `problems`."""
        return {}

    def first_sight(self, model: str) -> R:
        """Return the request with which the view opens if no address asks for another one."""
        return self.example(model)

    def events(self) -> dict[str, Event[S]]:
        """Return the component's events. Each takes the current answer; it returns the new one and its start options, or
        None."""
        return {}

    def after_failed_model(self, request: R) -> S | None:
        """Return the answer to keep if the chosen model cannot answer."""
        return None

    # --- the same for all views ---

    def read(self, query: Mapping[str, str]) -> tuple[R, dict[str, Any], list[str]]:
        """Return the request of an address, its values, and a sentence for each invalid parameter."""
        values, problems = address.read(self.parameters, query, self.services)
        return self.complete(values), values, problems

    def link(self, request: R) -> address.Items:
        """Return the parameters of an address that opens `request`."""
        return address.write(self.parameters, self.values(request))

    def _build(self, slot: Slot) -> None:
        services = self.services
        opening = self.first_sight(services.first)
        first = self.answer(opening) if self.opens_with_page else None
        state = gr.State(first)
        form = self.form(opening)
        line = message_line()

        def noted(answer: S) -> str:
            """Return the notes of an answer, and one about the phrasebook if the view has a menu of it."""
            request = self.request_of(answer)
            about = phrase_menu.note(request.text, services.info(request.model)) if form.example else ""
            return " ".join([*self.notes(answer), *([about] if about else [])])

        has_notes = self.has_notes or form.example is not None
        note = note_line(noted(first) if first else "", f"{self.prefix}notes") if has_notes else None
        board = slot.board("" if first is None else self.show(first, origin="page"))
        report = reported(line)

        inputs, example = list(form.inputs.values()), [form.example] if form.example else []
        parts = {**form.inputs, **form.others}
        # Only the outputs that an event can change, because Gradio sends every output of a handler again.
        answer_parts = [board, state, line, *([note] if note else [])]
        everything = [*parts.values(), *example, *answer_parts]

        def opened(answer: S, **start: Any) -> Updates:
            notes = {note: message(noted(answer))} if note else {}
            return {state: answer, board: self.show(answer, **start), **notes}

        def filled(request: R) -> Updates:
            updates = {parts[name]: update for name, update in self.fill(request).items()}
            return {**updates, **menu(request)}

        def menu(request: R) -> Updates:
            """Return the update of the example menu."""
            if form.example is None:
                return {}
            return {form.example: gr.update(**phrase_menu.sentences(services.info(request.model), request.text, self.unlisted))}

        def requested(request: R) -> Updates:
            return {**menu(request), **opened(self.answer(request))}

        def named(values: Iterable[Any]) -> dict[str, Any]:
            return dict(zip(form.inputs, values, strict=True))

        @report
        def show_request(before: S | None, *values: Any) -> Updates:
            return requested(self.request(named(values), before))

        @report
        def show_change(before: S | None, *values: Any) -> Updates:
            """Do the same after a change of a control, if it makes another request.

            A Dropdown sends `input` once more when it loses the focus (Gradio 6.31); a second answer would come late and undo
            what the visitor did with the first one.
            """
            request = self.request(named(values), before)
            if before is not None and request == self.request_of(before):
                return {}
            return requested(request)

        @report
        def show_example(before: S | None, chosen: str, *values: Any) -> Updates:
            # Without a new choice, what is typed meanwhile must stay.
            if chosen in (None, self.unlisted) or (before is not None and chosen == self.request_of(before).text):
                return {}
            given = named(values)
            if topic := phrase_menu.opened(services.info(given["model"]), chosen):
                return {form.example: gr.update(**topic)}
            request = self.with_example({**given, "text": chosen}, before)
            return {**filled(request), **opened(self.answer(request))}

        @report
        def show_model(before: S | None, *values: Any) -> Updates:
            request, start = self.with_model(named(values), before)
            try:
                return {**filled(request), **opened(self.answer(request), **start)}
            except ValueError as error:  # the menu shows the new model; the old picture names its own model
                kept = self.after_failed_model(request)
                return {**filled(request), line: message(explain(error)), **({} if kept is None else {state: kept})}

        @report
        def open_view(before: S | None, page: gr.Request) -> Updates:
            """On first sight, open the request of the address, or an example."""
            if before is not None and not self.opens_with_page:
                return {}
            query = dict(page.query_params)
            if self.opens_with_page:
                slot.check(query)
            if slot.is_named(query) and query.keys() & {parameter.name for parameter in self.parameters}:
                return answered(query)
            return {} if self.opens_with_page else opened(self.answer(opening))

        @report
        def navigate(data: gr.EventData) -> Updates:
            """After Back or Forward, open the request of the address. The event is untrusted input."""
            return answered(address.query_of(getattr(data, "query", "")))

        def answered(query: Mapping[str, str]) -> Updates:
            """Open the request of an address, or an example with the reasons why it cannot be opened."""
            request, values, problems = self.read(query)
            for attempt in self.attempts(request):
                try:
                    answer = self.answer(attempt)
                    updates = {**filled(attempt), **opened(answer, **self.start(answer, values, problems))}
                    return {**updates, line: message(" ".join(problems))}
                except Exception as error:  # the view must show something in any case
                    if (fault := explain(error)) not in problems:
                        problems.append(fault)
            problems.append("Here is an example instead.")
            answer = self.answer(opening)
            return {**filled(opening), **opened(answer, **self.start(answer, {}, [])), line: message(" ".join(problems))}

        def handler(event: Event[S]) -> Callable[..., Updates]:
            @report
            def handle(before: S | None, data: gr.EventData) -> Updates:
                answer = fields.remembered(before)
                try:
                    change = event(answer, data)
                    if change is None:
                        return {}
                    after, start = change
                    drawn = opened(after, **start)
                except ValueError as error:
                    if not self.redraws_after_fault:
                        raise
                    return {line: message(explain(error)), board: self.show(answer, step=None)}
                return {**(filled(self.request_of(after)) if self.events_change_form else {}), **drawn}

            return handle

        decodes = fields.decoding_settings(line)
        sent = [state, *inputs]
        busy = gradio_inside.before_request("document.body.classList.add('busy')") if self.marks_busy else {}
        submits = [part.submit for part in inputs if isinstance(part, gr.Textbox)]
        gr.on([*submits, form.go.click], show_request, sent, [*example, *answer_parts], **busy, **decodes)
        others = [part for name, part in form.inputs.items() if name != "model" and not isinstance(part, gr.Textbox)]
        if others:
            changes = [part.release if isinstance(part, gr.Slider) else part.input for part in others]
            gr.on(changes, show_change, sent, [*example, *answer_parts], **decodes)
        gr.on(form.inputs["model"].input, show_model, sent, everything, **busy, **decodes)
        if form.example:
            # A choice takes the focus from the menu. A click would send the event `input` twice, the second time with a topic
            # that is no choice any more.
            sends: dict[str, Any] = {"trigger_mode": "always_last", **decodes}
            chosen = form.example.blur(show_example, [state, form.example, *inputs], everything, **sends)
            chosen.success(None, form.example, js=gradio_inside.open_again(form.example), api_visibility="private")
        for name, event in self.events().items():
            outputs = everything if self.events_change_form else answer_parts
            # By default, Gradio drops an event that comes just after an answer, while it closes the one before.
            mode: dict[str, Any] = {"trigger_mode": "multiple"} if name in self.undropped else {}
            getattr(board, name)(handler(event), [state], outputs, **mode, **decodes)
        if self.walks_history:
            board.navigate(navigate, None, everything, **decodes)
        first_sight = slot.page.load if self.opens_with_page else slot.tab.select
        first_sight(open_view, [state], everything, **decodes)
