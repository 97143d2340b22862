"""Predict, then reveal: link the words of a sentence and its translation, then see what the model looked at."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
import numpy as np

from seq2seq.analysis import alignment
from seq2seq.analysis.alignment import Aligned, Links
from seq2seq.sources.words import Words, split
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address, examples, fields, gold
from seq2seq.ui.kit.component import component
from seq2seq.ui.kit.message import explain, message, message_line, reported
from seq2seq.views.attention import predict as view
from seq2seq.views.pieces import visible

MAX_WORDS = 40  # a side: what a grid on a page can show
MAX_LINKS = 200  # what an address can hold
NO_ATTENTION = "This model has no attention: it reads the source through one fixed state, so there is nothing to reveal but {}."
_LINK = re.compile(r"([0-9]{1,3})-([0-9]{1,3})", re.ASCII)
_serial = itertools.count(1)


@dataclass(frozen=True)
class Asked:
    """Everything that decides what is shown. An empty `reference` means the model's own greedy translation."""

    text: str
    reference: str
    model: str
    links: Links = frozenset()
    revealed: bool = False


@dataclass(frozen=True)
class Seen:
    """What one visitor is looking at."""

    asked: Asked
    source: Words
    target: Words
    gold: Aligned | None
    weights: np.ndarray | None  # of the attention: only once it is revealed

    @property
    def id(self) -> str:
        """The same for the same words and model, whatever is drawn."""
        words = (self.asked.model, self.source.text, self.target.text)
        return hashlib.sha256("\n".join(words).encode()).hexdigest()[:16]


def build(services: Services) -> None:
    tab = fields.tab_in_the_making()
    info = services.info(services.first)
    opening = _example(services, services.first, None)
    seen = gr.State(None)

    with gr.Row(elem_classes="ask"):
        text = fields.line(opening.text, fields.asks(info), "predict-text")
        reference = fields.line(opening.reference, "Translation (empty: the model’s own)", "predict-reference")
        go = gr.Button("Begin", variant="primary", scale=0, min_width=120, elem_id="predict-go")
        example = fields.example_menu(info, opening.text, "predict-example")
        model = fields.models(services, opening.model, "predict-model")
    place = message_line()
    board = component("attention/predict", elem_id="predict", address=address.address(address.PREDICT))
    asked = [text, reference, model]
    everything = [*asked, example, board, seen, place]
    decodes = fields.decodes(place)
    report = reported(place)

    def opened(now: Seen, keep: bool = False) -> dict[Any, Any]:
        return {seen: now, board: shown(services, now, keep)}

    def filled(what: Asked) -> dict[Any, Any]:
        info = services.info(what.model)
        return {
            text: gr.update(value=what.text, label=fields.asks(info)),
            reference: what.reference,
            model: fields.chosen_model(services, what.model),
            example: gr.update(choices=list(examples.of(info)), value=fields.chosen_example(info, what.text)),
        }

    @report
    def show(*values: Any) -> dict[Any, Any]:
        what = Asked(*values)
        now = look(services, what)
        return {example: fields.chosen_example(services.info(what.model), what.text), **opened(now)}

    @report
    def show_example(chosen: str, name: str) -> dict[Any, Any]:
        what = _example(services, name, chosen)
        return {**filled(what), **opened(look(services, what))}

    @report
    def show_model(before: Seen | None, *values: Any) -> dict[Any, Any]:
        written, right, name = values
        what, keep = with_model(services, before, written, right, name)
        try:
            return {**filled(what), **opened(look(services, what), keep)}
        except ValueError as error:  # the menu stands at this model all the same
            return {**filled(what), place: message(explain(error))}

    @report
    def reveal(now: Seen, event: gr.EventData) -> dict[Any, Any]:
        now = fields.still(now)
        return opened(look(services, replace(now.asked, links=chosen_links(now, event), revealed=True)))

    @report
    def again(now: Seen) -> dict[Any, Any]:
        return opened(look(services, replace(fields.still(now).asked, links=frozenset(), revealed=False)))

    @report
    def open_view(now: Seen | None, page: gr.Request) -> dict[Any, Any]:
        """At the first look: what the address asks for, or an example."""
        if now is not None:
            return {}
        query = dict(page.query_params)
        if query.get("tab") != address.PREDICT:
            return opened(look(services, opening))
        what, problems = read(query, services)
        for attempt, said in ((what, ""), (replace(what, links=frozenset()), ""), (opening, "Here is an example instead.")):
            try:
                now = look(services, attempt)
            except Exception as error:  # whatever it is, something must be drawn
                if (fault := explain(error)) not in problems:
                    problems.append(fault)
                continue
            problems += [said] * bool(said)
            return {**filled(attempt), place: message(" ".join(problems)), **opened(now)}
        return {place: message(" ".join(problems))}

    gr.on([text.submit, reference.submit, go.click], show, asked, everything, **decodes)
    example.input(show_example, [example, model], everything, **decodes)
    model.input(show_model, [seen, *asked], everything, **decodes)
    board.reveal(reveal, [seen], everything, **decodes)
    board.again(again, [seen], everything, **decodes)
    tab.select(open_view, [seen], everything, **decodes)


def look(services: Services, asked: Asked) -> Seen:
    """Raises ValueError, fit to be shown, for anything in `asked` that cannot be done."""
    translator = services.translator(asked.model)
    info = translator.info
    translator.source_ids(asked.text)  # refuses what is empty or too long, before a translation of it is tried
    translation = asked.reference if (asked.reference or "").strip() else services.translate(asked.model, asked.text).text
    if not translation.strip():
        raise ValueError(f"the model writes nothing here: please type a translation in {info.target_language}")
    translator.target_ids(translation)
    source, target = split(asked.text, info.source_language), split(translation, info.target_language)
    for name, side in (("sentence", source), ("translation", target)):
        if len(side) > MAX_WORDS:
            raise ValueError(f"the {name} has {len(side)} words and marks; at most {MAX_WORDS} fit here: please shorten it")
    alignment.check(asked.links, len(source), len(target))
    weights = None
    if asked.revealed and info.has_attention:
        weights = alignment.attention(translator, source, target)
    return Seen(asked, source, target, gold.find(source.text, target.text, info), weights)


def shown(services: Services, now: Seen, keep: bool = False) -> str:
    """The page's value; with `keep`, the links that are drawn in it stay."""
    info, asked = services.info(now.asked.model), now.asked
    says = "" if now.gold else "Nobody has aligned this pair by hand. "
    if not info.has_attention:
        says += NO_ATTENTION.format("the alignment made by hand" if now.gold else "nothing")
    return view.payload(
        now.source,
        now.target,
        None if keep and not asked.revealed else asked.links,
        revealed=_revealed(now) if asked.revealed else None,
        gold=now.gold,
        hint=says,
        own=not (asked.reference or "").strip(),
        written=visible(now.target.text),
        most=MAX_LINKS,
        model={"title": info.title, "trained_on": info.trained_on},
        link=items(asked),
        id=now.id,
        serial=next(_serial),
    )


def _revealed(now: Seen) -> dict[str, Any]:
    links, known, words = now.asked.links, now.gold, len(now.target)
    candidates = {"you": links, "diagonal": alignment.diagonal(len(now.source), words)}
    if now.weights is not None:
        candidates["attention"] = alignment.largest(now.weights)
    agreeing = {
        name: None if now.weights is None else alignment.agreeing(found, now.weights) for name, found in candidates.items()
    }
    counts = {name: alignment.score(found, known) if known else None for name, found in candidates.items()}
    names = {"you": "your links", "attention": "attention", "diagonal": "diagonal"}
    rows = [
        view.score_row(title, len(candidates[name]), agreeing[name], words, counts[name])
        for name, title in names.items()
        if name in candidates
    ]
    weights = None if now.weights is None else now.weights.tolist()
    said = view.verdict(
        list(now.source), list(now.target), links, weights, agreeing["you"], counts["you"], counts.get("attention")
    )
    return {"weights": weights, "columns": view.COLUMNS, "rows": rows, "verdict": said}


def with_model(services: Services, before: Seen | None, text: str, right: str, name: str) -> tuple[Asked, bool]:
    """What to show with the model just chosen, and whether the links drawn so far are of the same words."""
    info = services.info(name)
    if not (right or "").strip():
        return Asked(examples.fitting(text, info), "", name), False
    what = Asked(*examples.fitting_pair(text, right, info), name)
    if before is None or (what.text, what.reference) != (before.asked.text, before.asked.reference):
        return what, False
    if services.info(before.asked.model).target_language != info.target_language:  # which may cut words otherwise
        return what, False
    return replace(what, links=before.asked.links, revealed=before.asked.revealed), True


def items(asked: Asked) -> list[tuple[str, str]]:
    """The parameters of an address that opens `asked`; without links and `revealed` where there is nothing to say."""
    pairs = [("text", asked.text), ("model", asked.model), ("reference", asked.reference)]
    if asked.links:
        pairs.append(("links", ".".join(f"{i}-{j}" for i, j in sorted(asked.links))))
    return [*pairs, ("revealed", "1")] if asked.revealed else pairs


def read(query: Mapping[str, str], services: Services) -> tuple[Asked, list[str]]:
    """What an address asks for, and one sentence for each parameter that could not be used."""
    reader = address.Reader()
    name = reader.attempt(lambda: services.info(query.get("model", services.first)).name, services.first)
    asked = _example(services, name, query.get("text"))
    asked = replace(asked, reference=query.get("reference", asked.reference))
    links = reader.attempt(lambda: read_links(query.get("links", "")), frozenset())
    revealed = reader.attempt(lambda: _flag(query.get("revealed", "0")), False)
    return replace(asked, links=links, revealed=revealed), reader.problems


def read_links(text: str) -> Links:
    """Links as an address writes them: 0-0.1-2. Raises ValueError for anything else, and for too many."""
    parts = [part for part in text.split(".") if part]
    if len(parts) > MAX_LINKS:
        raise ValueError(f"In this address, “links” has {len(parts)} links; at most {MAX_LINKS} can be drawn.")
    found = [_LINK.fullmatch(part) for part in parts]
    if not all(found):
        wrong = next(part for part, match in zip(parts, found, strict=True) if not match)
        raise ValueError(f"In this address, “links” should be like 0-0.1-2, and “{wrong[:20]}” is no link.")
    return frozenset((int(match[1]), int(match[2])) for match in found if match)


def _flag(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError(f"In this address, “revealed” should be 0 or 1, not “{text[:20]}”.")
    return text == "1"


def chosen_links(now: Seen, event: gr.EventData) -> Links:
    """What was drawn in the grid: it comes from outside, so nothing in it is believed unchecked."""
    try:
        identity, links = event.id, event.links
    except (AttributeError, TypeError):
        identity, links = None, None
    if identity != now.id:
        raise ValueError("The picture has changed in the meantime. Please draw again.")
    if not isinstance(links, list) or len(links) > MAX_LINKS:
        raise ValueError("These links could not be read. Please draw again.")
    for pair in links:
        if not (isinstance(pair, list) and len(pair) == 2 and all(type(word) is int for word in pair)):
            raise ValueError("These links could not be read. Please draw again.")
    found = frozenset((i, j) for i, j in links)
    alignment.check(found, len(now.source), len(now.target))
    return found


def _example(services: Services, name: str, text: str | None) -> Asked:
    return Asked(*examples.pair(services.info(name), text), name)
