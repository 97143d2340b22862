"""One sentence per decoding step, made only from the numbers in the trace."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from seq2seq.sources.pieces import END, spell
from seq2seq.trace import Candidate, DecodingStep, DecodingTrace
from seq2seq.views.pieces import label, visible, words

MOSTLY = 0.5  # from this weight on, the sentence says "looks mostly at"
DOUBTFUL = 0.6  # above this share of the loss of a uniform guess, the page asks whether the translation is right
WRITTEN_LIMIT = 40  # quoted characters of the text so far; a longer text loses its beginning
READING = {
    ("forward", "backward"): "the {count} source pieces in both directions: one state per piece and direction",
    ("forward",): "the {count} source pieces from first to last: one state per piece",
    ("backward",): "the {count} source pieces from last to first: one state per piece",
    ("parallel",): "all {count} source pieces at once ({names}): one state per piece",
}


@dataclass(frozen=True, slots=True)
class TextSpan:
    """A part of a sentence. `role` is "source" or "target" for a quoted piece, otherwise empty."""

    text: str
    role: str = ""


def step_sentence(trace: DecodingTrace, index: int) -> list[TextSpan]:
    """Describe step `index` (0-based): the text so far, the largest attention weights, the chosen piece and its rival."""
    step = trace.steps[index]
    spans = [
        TextSpan(f"Step {index + 1}: "),
        *_history_spans(trace, index),
        TextSpan(", the decoder "),
    ]
    spans += _attention_spans(trace, step)
    spans += _choice_spans(trace, step)
    if index == len(trace.steps) - 1 and step.piece != END:
        spans.append(TextSpan(" The length limit stops the decoder here, before the end of the sentence."))
    return spans


def start_sentence(trace: DecodingTrace) -> list[TextSpan]:
    """Describe the state before step 1: how the encoder read the source, and what it passes to the decoder."""
    order, names = trace.reading.order, ", ".join(trace.reading.names)
    read = f"The encoder has read {READING[order].format(count=len(trace.source), names=names)}"
    return [TextSpan(f"{read}{_handover(trace)} Nothing is written yet.")]


def _handover(trace: DecodingTrace) -> str:
    if trace.context is not None:
        return ", all compressed into one fixed context vector."
    if _has_only_final_state(trace):
        return ". The decoder starts from the encoder's last state and gets nothing else from the source."
    return "."


def _has_only_final_state(trace: DecodingTrace) -> bool:
    """Whether the encoder's last state is all that the decoder gets from the source."""
    return trace.context is None and all(step.attention is None for step in trace.steps)


def plain(spans: Iterable[TextSpan]) -> str:
    """Return the sentence as plain text."""
    return "".join(span.text for span in spans)


def _history_spans(trace: DecodingTrace, index: int) -> list[TextSpan]:
    text = visible(spell(step.piece for step in trace.steps[:index]))
    if not text:
        return [TextSpan("having written nothing yet")]
    if len(text) > WRITTEN_LIMIT:
        text = "…" + text[-WRITTEN_LIMIT:]
    return [TextSpan("having written "), TextSpan(f"“{text}”", "target")]


def _attention_spans(trace: DecodingTrace, step: DecodingStep) -> list[TextSpan]:
    if step.attention is None:
        only = _has_only_final_state(trace)
        return [TextSpan("has only its own state" if only else "reads the same fixed context vector as at every step")]
    averaged = ", mean over heads" if trace.reading.averaged else ""
    first, *others = sorted(range(len(step.attention)), key=lambda s: -step.attention[s])  # type: ignore[index]
    if trace.source[first].piece == END and step.attention[first] >= MOSTLY:
        return [TextSpan(f"rests ({step.attention[first]:.0%}{averaged} on no word){_reason_to_rest(trace, step)}")]
    if step.attention[first] >= MOSTLY or not others:
        return [
            TextSpan("looks mostly at "),
            *_source_spans(trace, first),
            TextSpan(f" ({step.attention[first]:.0%}{averaged})"),
        ]
    second = others[0]
    return [
        TextSpan("spreads its attention, most on "),
        *_source_spans(trace, first),
        TextSpan(f" ({step.attention[first]:.0%}) and "),
        *_source_spans(trace, second),
        TextSpan(f" ({step.attention[second]:.0%}{averaged}),"),
    ]


def _reason_to_rest(trace: DecodingTrace, step: DecodingStep) -> str:
    """Say why no word is read, if the trace shows it: the decoder ends, or its first state is made from the source."""
    if step.piece == END:
        return ", because nothing is left to read,"
    if step.position == 0 and trace.reading.primed:
        return ", because its first state is made from the whole sentence: it knows already how the translation begins,"
    return ""


def _source_spans(trace: DecodingTrace, index: int) -> list[TextSpan]:
    piece = trace.source[index].piece
    if piece == END:
        return [TextSpan("no word (the end mark)", "source")]
    quoted = TextSpan(f"“{label(piece).text}”", "source")
    word, group = next((word, group) for word, group in words(trace.source) if index in group)
    if len(group) == 1 or not any(character.isalnum() for character in piece):
        return [quoted]  # a whole word, or punctuation, which is clear without its word
    return [quoted, TextSpan(" of "), TextSpan(f"“{word}”", "source")]


def _choice_spans(trace: DecodingTrace, step: DecodingStep) -> list[TextSpan]:
    name = trace.strategy.get("name")
    if step.forced:
        return _forced_spans(step)
    if step.rank == 1:
        verb = {"beam": " and the beam keeps ", "sample": " and draws "}.get(str(name), " and chooses ")
        return [TextSpan(verb), *piece_spans(step.piece, step.log_prob), *_rival_spans(step), TextSpan(".")]
    best = step.candidates[0]
    if name == "sample":
        return [
            TextSpan(" and draws "),
            *piece_spans(step.piece, step.log_prob, step.rank),
            TextSpan("; the most probable was "),
            *piece_spans(best.piece, best.log_prob),
            TextSpan("."),
        ]
    if trace.strategy.get("no_repeat") and _would_repeat(trace, step, best, trace.strategy["no_repeat"]):
        return [
            TextSpan(" and the search writes "),
            *piece_spans(step.piece, step.log_prob, step.rank),
            TextSpan(", because "),
            *piece_spans(best.piece, best.log_prob),
            TextSpan(" would repeat a phrase."),
        ]
    return [
        TextSpan(" and the beam keeps "),
        *piece_spans(step.piece, step.log_prob, step.rank),
        TextSpan(", although "),
        *piece_spans(best.piece, best.log_prob),
        TextSpan(" is more probable here: the chosen piece leads to the sentence with the best score."),
    ]


def _would_repeat(trace: DecodingTrace, step: DecodingStep, candidate: Candidate, size: int) -> bool:
    """Whether the last pieces before `step` and `candidate` occur earlier in the translation; capitals do not matter."""
    before = [earlier.piece.casefold() for earlier in trace.steps[: step.position]]
    phrase = [*before, candidate.piece.casefold()][-size:]
    return any(before[start : start + size] == phrase for start in range(len(before) - size + 1))


def _forced_spans(step: DecodingStep) -> list[TextSpan]:
    if step.rank == 1:
        return [
            TextSpan("; "),
            *piece_spans(step.piece, step.log_prob),
            TextSpan(" is forced, and is also the model's first choice."),
        ]
    best = step.candidates[0]
    return [
        TextSpan(" and would choose "),
        *piece_spans(best.piece, best.log_prob),
        TextSpan("; instead it is forced to write "),
        *piece_spans(step.piece, step.log_prob, step.rank),
        TextSpan("."),
    ]


def doubts(forced: DecodingTrace, vocabulary: int, language: str) -> list[str]:
    """Return warnings about a translation that the user gave: bytes in place of pieces, or a very low probability."""
    texts = []
    spelled = sum(label(step.piece).kind == "byte" for step in forced.steps)
    if spelled:
        texts.append(
            f"{spelled} of its {len(forced.steps)} pieces are single bytes: these characters do not occur in the model's "
            "vocabulary."
        )
    loss, blind = -forced.log_prob / len(forced.steps), math.log(vocabulary)
    if loss > DOUBTFUL * blind:
        texts.append(
            f"To this model it is hardly more probable than random pieces (loss {loss:.2f} and {blind:.2f} nats per piece): "
            f"is it {language}, and a translation of this sentence?"
        )
    return texts


def _rival_spans(step: DecodingStep) -> list[TextSpan]:
    rival = next((c for c in step.candidates if c.token != step.token), None)
    return [] if rival is None else [TextSpan(" over "), *piece_spans(rival.piece, rival.log_prob)]


def piece_spans(piece: str, log_prob: float, rank: int | None = None) -> list[TextSpan]:
    """Return a quoted piece with its probability and, if given, its rank."""
    drawn = label(piece)
    quoted = {"end": "the end of the sentence", "space": "a space"}.get(drawn.kind, f"“{label(piece).text}”")
    place = "" if rank is None else f", rank {rank}"
    return [TextSpan(quoted, "target"), TextSpan(f" ({probability(log_prob)}{place})")]


def probability(log_prob: float) -> str:
    """Return exp(`log_prob`) with two decimals; never a false 0.00 or 1.00."""
    value = math.exp(min(log_prob, 0.0))
    if value < 0.005:
        return "under 0.01"
    return "over 0.99" if value > 0.995 else f"{value:.2f}"


def view(trace: DecodingTrace) -> list[list[dict[str, Any]]]:
    """Return T + 1 sentences as lists of {text, role}; the first one describes the state before step 1."""
    sentences = [
        start_sentence(trace),
        *(step_sentence(trace, i) for i in range(len(trace.steps))),
    ]
    return [to_dicts(sentence) for sentence in sentences]


def to_dicts(spans: Iterable[TextSpan]) -> list[dict[str, str]]:
    """Return a sentence in the form that the page reads."""
    return [{"text": span.text, "role": span.role} for span in spans]
