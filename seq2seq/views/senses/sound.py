"""A sound and the words that a model hears, as plain values: weights along its spectrogram, and the word that they fall on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seq2seq.trace import DecodingStep, DecodingTrace
from seq2seq.views.matrix import percent
from seq2seq.views.pieces import label
from seq2seq.views.senses import deletion as needs
from seq2seq.views.senses.deletion import Deletion
from seq2seq.views.senses.spans import DIGITS, candidates, probability, second_choice, span

MOSTLY = 0.5  # from this share on, the weight lies on a word


@dataclass(frozen=True)
class Spoken:
    """A word that a voice says, and from when to when, in seconds."""

    text: str
    start: float
    end: float


def view(trace: DecodingTrace, spoken: Sequence[Spoken] | None, deletion: Deletion | None = None) -> dict[str, Any]:
    """Return the spectrogram, the steps with their weights and candidates, and a sentence for each step.

    `spoken` is None for a recording of the visitor. With `deletion`, steps also have their losses, and sentences are about
    these. Raises ValueError for a model without attention.
    """
    if any(step.attention is None for step in trace.steps):
        raise ValueError(f"The model “{trace.model}” has no attention, so there is nothing to see here.")
    ends = [_box(trace, position)[1] for position in range(len(trace.source))]
    return {
        "media": trace.media,
        "seconds": ends[-1],
        "places": len(ends),
        "steps": [{**_step(trace, step), **needs.drawn(deletion, step)} for step in trace.steps],
        "said": [_start(trace), *(said(trace, step, spoken or (), deletion) for step in trace.steps)],
        "spoken": None if spoken is None else [vars(word) for word in spoken],
        "right": None if spoken is None else [word.text for word in spoken] == trace.text.split(),
    }


def _step(trace: DecodingTrace, step: DecodingStep) -> dict[str, Any]:
    weights = list(step.attention or ())
    return {
        "text": label(step.piece).text,
        "kind": label(step.piece).kind,
        "p": round(math.exp(step.log_prob), DIGITS),
        "weights": [round(weight, DIGITS) for weight in weights],
        "heaviest": _middle(trace, weights),
        "window": _window(trace, step.position),
        "candidates": candidates(step),
    }


def on_word(trace: DecodingTrace, step: DecodingStep, word: Spoken) -> float:
    """Return the share of the weight on positions that overlap a word."""
    overlap = (
        weight
        for position, weight in enumerate(step.attention or ())
        if max(word.start, _box(trace, position)[0]) < min(word.end, _box(trace, position)[1])
    )
    return sum(overlap)


def said(
    trace: DecodingTrace, step: DecodingStep, spoken: Sequence[Spoken], deletion: Deletion | None = None
) -> list[dict[str, str]]:
    """Say where the decoder looks when it writes this word, or what it needs, and how sure it is, as spans of text."""
    drawn = label(step.piece)
    spans = [span(f"Step {step.position + 1}: the decoder ")]
    spans += [span("ends")] if drawn.kind == "end" else [span("writes "), span(f"“{drawn.text}”", "target")]
    spans.append(span(f" (probability {probability(step.log_prob)}). "))
    if deletion is not None:
        names = (lambda at: _hidden(trace, deletion.regions[at], spoken), lambda at: f"at {sum(_box(trace, at)) / 2:.2f} s")
        return [*spans, *needs.said(deletion, step, *names)]
    shares = [on_word(trace, step, word) for word in spoken]
    best = max(range(len(shares)), key=shares.__getitem__, default=None)
    if best is not None and shares[best] >= MOSTLY:
        word = spoken[best]
        spans += [span(f"Of its weight, {percent(shares[best])} lies on word {best + 1} of the recording, ")]
        spans += [span(f"“{word.text}”", "source"), span(f" ({word.start:.1f} s to {word.end:.1f} s).")]
    else:
        weights = list(step.attention or ())
        beside = "No word has most of its weight. " if spoken else ""
        share = percent(max(weights))
        spans.append(span(f"{beside}Its heaviest place is at {_middle(trace, weights):.2f} s, with {share} of the weight."))
    return [*spans, *second_choice(step)]


def _hidden(trace: DecodingTrace, region: Sequence[int], spoken: Sequence[Spoken]) -> list[dict[str, str]]:
    """Name a part of the sound, and the spoken words that it overlaps."""
    start, end = _box(trace, region[0])[0], _box(trace, region[-1])[1]
    spans = [span(f"{start:.2f} s to {end:.2f} s")]
    words = [word.text for word in spoken if max(start, word.start) < min(end, word.end)]
    for count, word in enumerate(words):
        spans += [span(" and " if count else ", where the voice says "), span(f"“{word}”", "source")]
    return spans


def _window(trace: DecodingTrace, position: int) -> list[float] | None:
    """Return from where to where a step may look, in seconds; None: anywhere."""
    if not (window := trace.strategy.get("window")):
        return None
    last = 0
    if position:
        weights = list(trace.steps[position - 1].attention or ())
        last = max(range(len(weights)), key=weights.__getitem__)
    first, final = max(0, last - window[0]), min(len(trace.source) - 1, last + window[1])
    return [_box(trace, first)[0], _box(trace, final)[1]]


def _middle(trace: DecodingTrace, weights: Sequence[float]) -> float:
    """Return the middle of the heaviest position, in seconds."""
    start, end = _box(trace, max(range(len(weights)), key=weights.__getitem__))
    return round((start + end) / 2, DIGITS)


def _box(trace: DecodingTrace, position: int) -> tuple[float, float]:
    box = trace.source[position].box
    assert box is not None
    return box[0], box[1]


def _start(trace: DecodingTrace) -> list[dict[str, str]]:
    count = len(trace.source)
    return [span(f"The encoder has read {count} places, each of them 0.05 s long. Nothing is written yet.")]
