"""One sentence in plain words for each step of a trace, said from the numbers in it and from nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from seq2seq.sources.pieces import END, spell
from seq2seq.trace import DecodingStep, DecodingTrace
from seq2seq.views.pieces import alone, label, visible, words

MOSTLY = 0.5  # "looks mostly at" is said from this weight on
DOUBTFUL = 0.6  # from this share of a blind guess's loss on, a given translation is asked about
WRITTEN_LIMIT = 40  # characters of the text so far that are repeated; the beginning is left out first
READING = {
    ("forward", "backward"): "the {count} source pieces in both directions: a state for each piece and direction",
    ("forward",): "the {count} source pieces from the first to the last: a state for each",
    ("backward",): "the {count} source pieces from the last to the first: a state for each",
    ("parallel",): "all {count} source pieces at once ({names}): a state for each",
}


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the sentence; `role` is "source" or "target" for a quoted piece, else empty."""

    text: str
    role: str = ""


def step_sentence(trace: DecodingTrace, index: int) -> list[Span]:
    """What happened at step `index` (0-based): what was written, where the decoder looked, what was chosen and over what."""
    step = trace.steps[index]
    spans = [
        Span(f"Step {index + 1}: "),
        *_written(trace, index),
        Span(", the decoder "),
    ]
    spans += _looked(trace, step)
    spans += _chosen(trace, step)
    if index == len(trace.steps) - 1 and step.piece != END:
        spans.append(Span(" The length limit stops the decoder here, before the end of the sentence."))
    return spans


def start_sentence(trace: DecodingTrace) -> list[Span]:
    """What is known before the first step: how the encoder has read, and what it leaves for the decoder."""
    order, names = trace.reading.order, ", ".join(trace.reading.names)
    read = f"The encoder has read {READING[order].format(count=len(trace.source), names=names)}"
    return [Span(f"{read}{_left(trace)} Nothing is written yet.")]


def _left(trace: DecodingTrace) -> str:
    if trace.context is not None:
        return ", all squeezed into one fixed context vector."
    if _is_handed_over(trace):
        return ". The decoder starts in the state in which the encoder ended, and gets nothing else of the source."
    return "."


def _is_handed_over(trace: DecodingTrace) -> bool:
    """Whether the state that the decoder starts in is all that it has of the source."""
    return trace.context is None and all(step.attention is None for step in trace.steps)


def plain(spans: Iterable[Span]) -> str:
    """The sentence without its roles."""
    return "".join(span.text for span in spans)


def _written(trace: DecodingTrace, index: int) -> list[Span]:
    text = visible(spell(step.piece for step in trace.steps[:index]))
    if not text:
        return [Span("having written nothing yet")]
    if len(text) > WRITTEN_LIMIT:
        text = "…" + text[-WRITTEN_LIMIT:]
    return [Span("having written "), Span(f"“{text}”", "target")]


def _looked(trace: DecodingTrace, step: DecodingStep) -> list[Span]:
    if step.attention is None:
        only = _is_handed_over(trace)
        return [Span("has only its own state to go by" if only else "reads the same fixed context vector as at every step")]
    averaged = ", mean over heads" if trace.reading.averaged else ""
    first, *others = sorted(range(len(step.attention)), key=lambda s: -step.attention[s])  # type: ignore[index]
    if step.attention[first] >= MOSTLY or not others:
        return [
            Span("looks mostly at "),
            *_source(trace, first),
            Span(f" ({step.attention[first]:.0%}{averaged})"),
        ]
    second = others[0]
    return [
        Span("spreads its attention, most on "),
        *_source(trace, first),
        Span(f" ({step.attention[first]:.0%}) and "),
        *_source(trace, second),
        Span(f" ({step.attention[second]:.0%}{averaged}),"),
    ]


def _source(trace: DecodingTrace, index: int) -> list[Span]:
    piece = trace.source[index].piece
    if piece == END:
        return [Span("the end mark of the source", "source")]
    quoted = Span(f"“{label(piece).text}”", "source")
    word, group = next((word, group) for word, group in words(trace.source) if index in group)
    if len(group) == 1 or not any(character.isalnum() for character in piece):
        return [quoted]  # a whole word, or punctuation, which needs no word to be understood
    return [quoted, Span(" of "), Span(f"“{word}”", "source")]


def _chosen(trace: DecodingTrace, step: DecodingStep) -> list[Span]:
    name = trace.strategy.get("name")
    if step.forced:
        return _forced(step)
    if step.rank == 1:
        verb = {"beam": " and the beam keeps ", "sample": " and draws "}.get(str(name), " and chooses ")
        return [Span(verb), *piece_spans(step.piece, step.log_prob), *_over(step), Span(".")]
    best = step.candidates[0]
    if name == "sample":
        return [
            Span(" and draws "),
            *piece_spans(step.piece, step.log_prob, step.rank),
            Span("; the most probable was "),
            *piece_spans(best.piece, best.log_prob),
            Span("."),
        ]
    return [
        Span(" and the beam keeps "),
        *piece_spans(step.piece, step.log_prob, step.rank),
        Span(", although "),
        *piece_spans(best.piece, best.log_prob),
        Span(" is more probable here: it leads to the best-scored whole sentence that the search found."),
    ]


def _forced(step: DecodingStep) -> list[Span]:
    if step.rank == 1:
        return [
            Span("; "),
            *piece_spans(step.piece, step.log_prob),
            Span(" is forced, and is also the model's first choice."),
        ]
    best = step.candidates[0]
    return [
        Span(" and would choose "),
        *piece_spans(best.piece, best.log_prob),
        Span("; instead it is forced to write "),
        *piece_spans(step.piece, step.log_prob, step.rank),
        Span("."),
    ]


def doubts(forced: DecodingTrace, vocabulary: int, language: str) -> list[str]:
    """What is to be said of a given translation that the model can score, but hardly as what it is meant to be."""
    said = []
    spelled = sum(label(step.piece).kind == "byte" for step in forced.steps)
    if spelled:
        said.append(
            f"{spelled} of its {len(forced.steps)} pieces are single bytes: characters that the model never met in training "
            "are spelled out so."
        )
    loss, blind = -forced.log_prob / len(forced.steps), math.log(vocabulary)
    if loss > DOUBTFUL * blind:
        said.append(
            f"To this model it is hardly more probable than pieces drawn blindly ({loss:.2f} and {blind:.2f} nats a piece): "
            f"is it {language}, and a translation of this sentence?"
        )
    return said


def _over(step: DecodingStep) -> list[Span]:
    rival = next((c for c in step.candidates if c.token != step.token), None)
    return [] if rival is None else [Span(" over "), *piece_spans(rival.piece, rival.log_prob)]


def piece_spans(piece: str, log_prob: float, rank: int | None = None) -> list[Span]:
    """A piece in quotes, with its probability and, where it is worth saying, its rank."""
    drawn = label(piece)
    quoted = {"end": "the end of the sentence", "space": "a space"}.get(drawn.kind, f"“{alone(piece)}”")
    place = "" if rank is None else f", rank {rank}"
    return [Span(quoted, "target"), Span(f" ({probability(log_prob)}{place})")]


def probability(log_prob: float) -> str:
    """exp(`log_prob`) with two decimals; what would be rounded to none or to certainty says so."""
    value = math.exp(min(log_prob, 0.0))
    if value < 0.005:
        return "under 0.01"
    return "over 0.99" if value > 0.995 else f"{value:.2f}"


def view(trace: DecodingTrace) -> list[list[dict[str, Any]]]:
    """T + 1 sentences as lists of {text, role}: the first is said before the first step."""
    sentences = [
        start_sentence(trace),
        *(step_sentence(trace, i) for i in range(len(trace.steps))),
    ]
    return [told(sentence) for sentence in sentences]


def told(spans: Iterable[Span]) -> list[dict[str, str]]:
    """A sentence as the page reads it."""
    return [{"text": span.text, "role": span.role} for span in spans]
