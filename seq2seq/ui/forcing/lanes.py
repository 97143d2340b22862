"""What a visitor of the Teacher forcing tab is looking at, how an address spells it, and the player that shows it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from seq2seq.analysis import two_lanes
from seq2seq.analysis.two_lanes import FORCED, FREE, Job, Lanes
from seq2seq.decoding.translator import Translator
from seq2seq.trace import DecodingTrace
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address, fields
from seq2seq.ui.kit.address import MODEL, REFERENCE, SEPARATOR, STEP, TEXT, Parameter
from seq2seq.ui.kit.component import next_serial
from seq2seq.views.forcing import two_lanes as view
from seq2seq.views.stage import sentences

DRAWN = "~"  # stands before a seed, where a wrong word is drawn and not written
MAX_SEED = 999_999


@dataclass(frozen=True)
class LanesRequest:
    """Everything that decides what is shown. Steps and words are counted from 1."""

    text: str
    reference: str
    model: str
    rescue: tuple[int, int] | None = None  # at which step, which word of the reference
    inject: tuple[str, int, str] | None = None  # in which lane, which word, and the wrong one or "~" and a seed
    every: str | None = None  # in which lane every word in turn is made a wrong one


@dataclass(frozen=True)
class Looked:
    """What one visitor is looking at."""

    asked: LanesRequest
    lanes: Lanes
    third: dict[str, Any] | None = None
    every: dict[str, Any] | None = None


def look(services: Services, asked: LanesRequest) -> Looked:
    """Raises ValueError, fit to be shown, for anything in `asked` that cannot be done."""
    translator = services.translator(asked.model)
    if not (asked.reference or "").strip():
        raise ValueError(f"A reference is needed: please type a right translation in {translator.info.target_language}.")
    found = Looked(asked, two_lanes.compare(translator, asked.text, asked.reference))
    if asked.every:
        found = replace(found, every=_every_word(translator, found.lanes, asked.every))
    if asked.rescue:
        return replace(found, third=_rescue(translator, found.lanes, *asked.rescue))
    if asked.inject:
        return replace(found, third=_inject(translator, found.lanes, *asked.inject))
    return found


def _rescue(translator: Translator, lanes: Lanes, step: int, number: int) -> dict[str, Any]:
    found = two_lanes.rescue(translator, lanes, step - 1, number - 1)
    return view.rescued(found, _texts(translator, lanes.forced)[number - 1], found.word.start)


def _inject(translator: Translator, lanes: Lanes, lane: str, number: int, wrong: str) -> dict[str, Any]:
    job = _job(translator, lanes, lane, number, wrong)
    (found,) = two_lanes.inject(translator, [job])
    prefix = [*job.prefix, *job.rest] if lane == FORCED else job.prefix
    trace = translator.translate(lanes.free.source_text, prefix=prefix)
    spelled = translator.target_vocabulary.decode(job.wrong).strip()
    return view.injected(found, trace, spelled, _texts(translator, _trace(lanes, lane))[number - 1])


def _every_word(translator: Translator, lanes: Lanes, lane: str) -> dict[str, Any]:
    """Each word of a lane in turn gives way to a wrong one drawn at random."""
    texts = _texts(translator, _trace(lanes, lane))
    if not texts:
        raise ValueError("This lane has no word that could be replaced.")
    jobs = [_job(translator, lanes, lane, number, f"{DRAWN}1") for number in range(1, len(texts) + 1)]
    wrong = [translator.target_vocabulary.decode(job.wrong).strip() for job in jobs]
    return {"lane": lane, "rows": view.every_word(two_lanes.inject(translator, jobs), texts, wrong)}


def _job(translator: Translator, lanes: Lanes, lane: str, number: int, wrong: str) -> Job:
    trace = _trace(lanes, lane)
    words = two_lanes.words([step.piece for step in trace.steps])
    if not 1 <= number <= len(words):
        raise ValueError(f"There is no word {number} in this lane: it has {len(words)}.")
    word, vocabulary = words[number - 1], translator.target_vocabulary
    tokens = [step.token for step in trace.steps]
    if wrong.startswith(DRAWN):
        seed = address.whole("inject", wrong.removeprefix(DRAWN))
        pieces = two_lanes.drawn_word(vocabulary, tokens[word.start], f"{seed}/{lane}/{number}")
    else:
        pieces = two_lanes.wrong_word(vocabulary, wrong)
    return Job(translator.source_ids(lanes.free.source_text), lane, tokens, word, pieces)


def _trace(lanes: Lanes, lane: str) -> DecodingTrace:
    return lanes.forced if _lane(lane) == FORCED else lanes.free


def _lane(name: Any) -> str:
    if name not in (FORCED, FREE):
        raise ValueError(f"There is no lane “{str(name)[:20]}”. There are: {FORCED}, {FREE}.")
    return str(name)


def _texts(translator: Translator, trace: DecodingTrace) -> list[str]:
    tokens = [step.token for step in trace.steps]
    words = two_lanes.words([step.piece for step in trace.steps])
    return [translator.target_vocabulary.decode(tokens[word.start : word.end]).strip() for word in words]


def shown(services: Services, seen: Looked, step: int | None = 0, play: bool = True) -> str:
    """The player's value, opened at `step`, or where it stands. The serial number makes an equal picture start again."""
    info, lanes = services.info(seen.asked.model), seen.lanes
    translator = services.translator(seen.asked.model)
    return view.payload(
        lanes,
        third=seen.third,
        every=seen.every,
        words={lane: _texts(translator, _trace(lanes, lane)) for lane in (FORCED, FREE)},
        expected_words=[two_lanes.expected_word(lanes, t) for t in range(len(lanes.free.steps))],
        doubts=sentences.doubts(lanes.forced, len(translator.target_vocabulary), info.target_language),
        model={"title": info.title, "trained_on": info.trained_on},
        link=address.write(PARAMETERS, vars(seen.asked)),
        start={"step": step, "play": play},
        serial=next_serial(),
    )


# --- addresses ---


def _read_rescue(text: str) -> tuple[int, int]:
    step, _, word = text.partition(SEPARATOR)
    return address.whole("rescue", step), address.whole("rescue", word)


def _read_inject(text: str) -> tuple[str, int, str]:
    lane, _, rest = text.partition(SEPARATOR)
    word, _, wrong = rest.partition(SEPARATOR)
    return lane, address.whole("inject", word), wrong


def _joined(parts: tuple[Any, ...]) -> str:
    return SEPARATOR.join(map(str, parts))


PARAMETERS = (
    *(TEXT, MODEL, REFERENCE),
    Parameter("rescue", lambda text, _: _read_rescue(text), _joined),
    Parameter("inject", lambda text, _: _read_inject(text), _joined),
    Parameter("every", lambda text, _: _lane(text)),
    STEP,
)


# --- what a visitor chose in the picture: it comes from outside, so nothing in it is believed unchecked ---


def chosen_rescue(seen: Looked, event: gr.EventData) -> LanesRequest:
    step, word = _numbers(seen, event, "step", "word")
    return replace(seen.asked, rescue=(step + 1, word + 1), inject=None)


def chosen_wrong_word(seen: Looked, event: gr.EventData) -> LanesRequest:
    (word,) = _numbers(seen, event, "word")
    lane, text = fields.from_event(event, "lane"), fields.from_event(event, "text")
    lane = _lane(lane)
    if not isinstance(text, str):
        raise ValueError("That choice could not be read. Please choose again.")
    if not text.strip() or text.strip().startswith(DRAWN):
        text = f"{DRAWN}{_next_seed(seen.asked)}"
    return replace(seen.asked, inject=(lane, word + 1, text.strip()), rescue=None)


def chosen_lane(seen: Looked, event: gr.EventData) -> LanesRequest:
    _numbers(seen, event)
    return replace(seen.asked, every=_lane(fields.from_event(event, "lane")))


def _next_seed(asked: LanesRequest) -> int:
    last = asked.inject[2] if asked.inject else ""
    digits = last.removeprefix(DRAWN)
    return int(digits) % MAX_SEED + 1 if last.startswith(DRAWN) and digits.isdigit() else 1


def _numbers(seen: Looked, event: gr.EventData, *names: str) -> list[int]:
    seen = fields.remembered(seen)
    if fields.from_event(event, "id") != view.identity(seen.lanes):
        raise ValueError("The picture has changed in the meantime. Please choose again.")
    values = [fields.from_event(event, name) for name in names]
    if any(type(value) is not int for value in values):
        raise ValueError("That choice could not be read. Please choose again.")
    return values
