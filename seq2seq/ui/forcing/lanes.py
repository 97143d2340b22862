"""The request and the answer of the view Two lanes, their form in an address, and the value of its player."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from seq2seq.analysis.forcing import two_lanes
from seq2seq.analysis.forcing.two_lanes import FORCED, FREE, Job, Lanes
from seq2seq.decoding.translator import Translator
from seq2seq.trace import DecodingTrace
from seq2seq.ui.host.services import Services
from seq2seq.ui.kit import address
from seq2seq.ui.kit.address import MODEL, REFERENCE, SEPARATOR, STEP, TEXT, Parameter
from seq2seq.ui.kit.component import next_serial
from seq2seq.ui.kit.form import fields
from seq2seq.views.forcing import two_lanes as view
from seq2seq.views.stage import sentences

DRAWN = "~"  # prefix of a seed: the wrong word is drawn at random, not typed
MAX_SEED = 999_999


@dataclass(frozen=True)
class LanesRequest:
    """Everything that decides the answer. Steps and words are counted from 1."""

    text: str
    reference: str
    model: str
    rescue: tuple[int, int] | None = None  # step, word of the reference
    inject: tuple[str, int, str] | None = None  # lane, word, and the wrong word or "~" with a seed
    every: str | None = None  # lane whose words are all replaced in turn


@dataclass(frozen=True)
class LanesAnswer:
    """The answer that the server keeps for one visitor."""

    request: LanesRequest
    lanes: Lanes
    third: dict[str, Any] | None = None
    every: dict[str, Any] | None = None


def compute(services: Services, request: LanesRequest) -> LanesAnswer:
    """Compute the answer. Raises ValueError with a message for the user if the request is impossible."""
    translator = services.translator(request.model)
    if not (request.reference or "").strip():
        raise ValueError(f"A reference is needed: please type a correct translation in {translator.info.target_language}.")
    answer = LanesAnswer(request, two_lanes.compare(translator, request.text, request.reference))
    if request.every:
        answer = replace(answer, every=_every_word(translator, answer.lanes, request.every))
    if request.rescue:
        return replace(answer, third=_rescue(translator, answer.lanes, *request.rescue))
    if request.inject:
        return replace(answer, third=_inject(translator, answer.lanes, *request.inject))
    return answer


def _rescue(translator: Translator, lanes: Lanes, step: int, number: int) -> dict[str, Any]:
    result = two_lanes.rescue(translator, lanes, step - 1, number - 1)
    return view.rescued(result, _texts(translator, lanes.forced)[number - 1], result.word.start)


def _inject(translator: Translator, lanes: Lanes, lane: str, number: int, wrong: str) -> dict[str, Any]:
    job = _job(translator, lanes, lane, number, wrong)
    (result,) = two_lanes.inject(translator, [job])
    prefix = [*job.prefix, *job.rest] if lane == FORCED else job.prefix
    trace = translator.translate(lanes.free.source_text, prefix=prefix)
    spelled = translator.target_vocabulary.decode(job.wrong).strip()
    return view.injected(result, trace, spelled, _texts(translator, _trace(lanes, lane))[number - 1])


def _every_word(translator: Translator, lanes: Lanes, lane: str) -> dict[str, Any]:
    """Replace each word of a lane in turn by a random wrong one."""
    texts = _texts(translator, _trace(lanes, lane))
    if not texts:
        raise ValueError("This lane has no word to replace.")
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


def payload(services: Services, answer: LanesAnswer, step: int | None = 0, play: bool = True) -> str:
    """Return the player's value, opened at `step`; None keeps the current step. The serial number lets an equal picture
    restart."""
    info, lanes = services.info(answer.request.model), answer.lanes
    translator = services.translator(answer.request.model)
    return view.payload(
        lanes,
        third=answer.third,
        every=answer.every,
        words={lane: _texts(translator, _trace(lanes, lane)) for lane in (FORCED, FREE)},
        expected_words=[two_lanes.expected_word(lanes, t) for t in range(len(lanes.free.steps))],
        doubts=sentences.doubts(lanes.forced, len(translator.target_vocabulary), info.target_language),
        model={"title": info.title, "trained_on": info.trained_on},
        link=address.write(PARAMETERS, vars(answer.request)),
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


# --- choices in the picture: they are untrusted input, so everything is checked ---


def chosen_rescue(answer: LanesAnswer, event: gr.EventData) -> LanesRequest:
    step, word = _numbers(answer, event, "step", "word")
    return replace(answer.request, rescue=(step + 1, word + 1), inject=None)


def chosen_wrong_word(answer: LanesAnswer, event: gr.EventData) -> LanesRequest:
    (word,) = _numbers(answer, event, "word")
    lane, text = fields.from_event(event, "lane"), fields.from_event(event, "text")
    lane = _lane(lane)
    if not isinstance(text, str):
        raise ValueError("That choice could not be read. Please choose again.")
    if not text.strip() or text.strip().startswith(DRAWN):
        text = f"{DRAWN}{_next_seed(answer.request)}"
    return replace(answer.request, inject=(lane, word + 1, text.strip()), rescue=None)


def chosen_lane(answer: LanesAnswer, event: gr.EventData) -> LanesRequest:
    _numbers(answer, event)
    return replace(answer.request, every=_lane(fields.from_event(event, "lane")))


def _next_seed(request: LanesRequest) -> int:
    last = request.inject[2] if request.inject else ""
    digits = last.removeprefix(DRAWN)
    return int(digits) % MAX_SEED + 1 if last.startswith(DRAWN) and digits.isdigit() else 1


def _numbers(answer: LanesAnswer, event: gr.EventData, *names: str) -> list[int]:
    answer = fields.remembered(answer)
    if fields.from_event(event, "id") != view.identity(answer.lanes):
        raise ValueError("The picture has changed in the meantime. Please choose again.")
    values = [fields.from_event(event, name) for name in names]
    if any(type(value) is not int for value in values):
        raise ValueError("That choice could not be read. Please choose again.")
    return values
