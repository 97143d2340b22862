"""A story and its summary, as plain values: sentences as rows, and the attention on each word at each word of the summary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seq2seq.sources.pieces import END
from seq2seq.trace import DecodingTrace
from seq2seq.views.matrix import percent
from seq2seq.views.pieces import words
from seq2seq.views.senses.spans import DIGITS, span

ENDS = ".!?"  # a word that ends in one of these ends a sentence
MARKS = ".,;:!?\"'()"
MOST_NAMED = 3  # words that the sentence of a step names
NAMED = 0.1  # least weight of a word that is named
READ = 0.05  # least weight of a number that counts as looked at
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True)
class Word:
    """A word of the story; `row` is the index of its sentence. The end mark is a row of its own."""

    text: str
    row: int

    @property
    def bare(self) -> str:
        return self.text.strip(MARKS)


@dataclass(frozen=True)
class Step:
    """A word of the summary, and the weights on the words of the story when it is written. They sum to 1."""

    text: str
    weights: tuple[float, ...]

    @property
    def bare(self) -> str:
        return self.text.strip(MARKS)


def story(trace: DecodingTrace) -> list[Word]:
    """Return the words of the source, with their sentences; the last one is the end mark."""
    found: list[Word] = []
    row = 0
    for text, at in words(trace.source):
        is_end = trace.source[at[0]].piece == END
        if is_end and found and found[-1].row == row:
            row += 1  # the last sentence has no full stop
        found.append(Word(text, row))
        row += text.endswith(tuple(ENDS))
    return found


def summary(trace: DecodingTrace) -> list[Step]:
    """Return the words of the target without the end mark. The weights of a word are the mean over its pieces with letters or
    digits.

    Raises ValueError for a model without attention.
    """
    columns = [at for _, at in words(trace.source)]
    steps = []
    for text, at in words(trace.steps):
        if trace.steps[at[0]].piece == END:
            continue
        written = [i for i in at if any(map(str.isalnum, trace.steps[i].piece))] or at
        attention = [trace.steps[i].attention for i in written]
        if any(row is None for row in attention):
            raise ValueError(f"The model “{trace.model}” has no attention, so there is nothing to see here.")
        weights = [[sum(row[s] for s in column) for column in columns] for row in attention if row is not None]
        steps.append(Step(text, tuple(sum(column) / len(column) for column in zip(*weights, strict=True))))
    return steps


def view(trace: DecodingTrace) -> dict[str, Any]:
    """Return rows of words, the words of the summary with weights by word and by row, and a sentence for each step."""
    read, written = story(trace), summary(trace)
    rows = [[word.text for word in read if word.row == row] for row in range(read[-1].row + 1)]
    return {
        "rows": rows,
        "steps": [
            {
                "text": step.text,
                "words": [round(weight, DIGITS) for weight in step.weights],
                "rows": [round(weight, DIGITS) for weight in by_row(read, step)],
            }
            for step in written
        ],
        "said": [_start(read), *(said(read, step) for step in written)],
        "rests_at": next((i for i, step in enumerate(written, start=1) if step.bare.isdigit()), len(written)),
    }


def by_row(read: Sequence[Word], step: Step) -> list[float]:
    """Return the sum of the weights on each sentence."""
    sums = [0.0] * (read[-1].row + 1)
    for word, weight in zip(read, step.weights, strict=True):
        sums[word.row] += weight
    return sums


def _start(read: Sequence[Word]) -> list[dict[str, str]]:
    count = read[-1].row
    return [span(f"The encoder has read {count} sentence{'' if count == 1 else 's'}. Nothing is written yet.")]


def said(read: Sequence[Word], step: Step) -> list[dict[str, str]]:
    """Say what the decoder looks at when it writes this word, as spans of text."""
    if step.bare.isdigit():
        numbers = [i for i, word in enumerate(read) if word.bare.isdigit()]
        looked = [i for i in numbers if step.weights[i] >= READ]
        if looked:
            return _of_number(read, step, looked, [i for i in numbers if i not in looked])
    ranked = sorted(range(len(read)), key=lambda i: -step.weights[i])
    looked = sorted(i for n, i in enumerate(ranked[:MOST_NAMED]) if n == 0 or step.weights[i] >= NAMED)
    spans = [span("To write "), span(step.bare or step.text, "target"), span(" the decoder looks most at ")]
    named = [[span(_name(read, i), "source"), span(f" ({percent(step.weights[i])})")] for i in looked]
    spans += _listed(named)
    copied = any(word.bare.casefold() == step.bare.casefold() for word in read)
    if copied:
        return [*spans, span(".")]
    return [*spans, span(". The story does not have the word "), span(step.bare or step.text, "target"), span(".")]


def _of_number(read: Sequence[Word], step: Step, looked: list[int], others: list[int]) -> list[dict[str, str]]:
    sentences, terms = len({read[i].row for i in looked}), [int(read[i].bare) for i in looked]
    spans = [span("To write "), span(step.bare, "target"), span(" the decoder looks at ")]
    spans += _listed([[span(read[i].bare, "source")] for i in looked])
    where = "one sentence that gets" if sentences == 1 else f"{_count(sentences)} sentences that get"
    sums = by_row(read, step)
    spans.append(span(f", in {where} {percent(sum(sums[row] for row in {read[i].row for i in looked}))} of the weight"))
    total, written = sum(terms), int(step.bare)
    if len(terms) > 1:
        added = " + ".join(map(str, terms)) + f" = {total}"
        spans.append(span(f"; {added}." if total == written else f"; but {added}: the number is wrong."))
    else:
        spans.append(span("." if total == written else "; but it writes another number."))
    if others:
        rest = percent(sum(step.weights[i] for i in others))
        names = _listed([[span(read[i].bare, "source")] for i in others])
        spans += [span(f" The other number{'' if len(others) == 1 else 's'} of the story, "), *names]
        spans.append(span(f", get{'s' if len(others) == 1 else ''} {rest}."))
    return spans


def _count(number: int) -> str:
    return NUMBERS[number] if number < len(NUMBERS) else str(number)


def _name(read: Sequence[Word], index: int) -> str:
    return "the end mark" if index == len(read) - 1 else read[index].bare or read[index].text


def _listed(items: list[list[dict[str, str]]]) -> list[dict[str, str]]:
    """Join items with commas and "and"."""
    spans: list[dict[str, str]] = []
    for n, item in enumerate(items):
        if n:
            spans.append(span(" and " if n == len(items) - 1 else ", "))
        spans += item
    return spans
