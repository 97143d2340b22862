"""The decoder alone, as plain values: products of two sentences, what each piece is drawn from, what a source is worth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from seq2seq.sources.pieces import spell
from seq2seq.trace import DecodingStep, DecodingTrace
from seq2seq.views.pieces import label, visible

if TYPE_CHECKING:  # for the annotations only: the views do not load the engine
    from seq2seq.analysis.inside.language_model import Drawn

SHOWN = 5  # likeliest pieces under each piece
BITS = 1 / math.log(2)  # bits per nat
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Pair:
    """Two sentences that differ in what is right in one of them."""

    first: str
    second: str
    about: str


_ENGLISH = (
    Pair("You say goodbye.", "You say good die.", "a word that nobody says"),
    Pair("The keys to the car are on the table.", "The keys to the car is on the table.", "agreement across a noun"),
    Pair("She has never seen the sea.", "She has never saw the sea.", "the form of a verb"),
    Pair("I would like a glass of water.", "I would like a glass of stone.", "what one drinks"),
    Pair("Where is the station?", "Where the is station?", "word order"),
)
_FRENCH = (
    Pair("Je voudrais un verre d'eau.", "Je voudrais un verre d'os.", "what one drinks"),
    Pair("Les clés de la voiture sont sur la table.", "Les clés de la voiture est sur la table.", "agreement across a noun"),
    Pair("Nous avons mangé une pomme.", "Nous avons manger une pomme.", "the form of a verb"),
    Pair("Elle est très contente.", "Elle est très content.", "the form of an adjective"),
    Pair("Où est la gare ?", "Où la est gare ?", "word order"),
)
PAIRS = {"English": _ENGLISH, "French": _FRENCH}
STARTS = {"English": "I want to", "French": "Je voudrais"}  # the beginning of a sentence to write on


def pairs_of(language: str) -> tuple[Pair, ...]:
    """Return the pairs in a language; those in English if there are none."""
    return PAIRS.get(language, _ENGLISH)


def start_of(language: str) -> str:
    """Return the beginning of a sentence in a language; that in English if there is none."""
    return STARTS.get(language, STARTS["English"])


def _piece(piece: str) -> dict[str, str]:
    drawn = label(piece)
    return {"text": drawn.text, "kind": drawn.kind}


def lane(trace: DecodingTrace) -> dict[str, Any]:
    """Return one sentence: its pieces with their log-probabilities in nats, and the likeliest pieces of each step."""
    return {"text": trace.text, "log_prob": trace.log_prob, "steps": [_step(step) for step in trace.steps]}


def _step(step: DecodingStep) -> dict[str, Any]:
    return {
        **_piece(step.piece),
        "log_prob": step.log_prob,
        "total": step.total,
        "rank": step.rank,
        "likeliest": [
            {**_piece(c.piece), "p": math.exp(c.log_prob), "came": c.token == step.token} for c in step.candidates[:SHOWN]
        ],
    }


def parting(first: DecodingTrace, second: DecodingTrace) -> int:
    """Return the number of first pieces that both sentences share."""
    both = zip(first.steps, second.steps, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0].token == pair[1].token, both))


def sentences(traces: Sequence[DecodingTrace]) -> list[list[dict[str, str]]]:
    """Return for each step of the clock what happens in each sentence, as spans of text."""
    said = [[_span("Nothing is written yet: the product is 1.")]]
    for t in range(max(len(trace.steps) for trace in traces)):
        spans = []
        for number, trace in enumerate(traces, start=1):
            if t >= len(trace.steps):
                continue
            step, before = trace.steps[t], spell(s.piece for s in trace.steps[:t])
            name = f"Sentence {number}: " if len(traces) > 1 else ""
            given = f"after “{_end(before)}”, " if before else ""
            spans += [
                _span(f"{name}{given}the next piece is "),
                _span(label(step.piece).text, "target"),
                _span(f", p = {_p(step.log_prob)} (rank {step.rank:,}). The product is now {_p(step.total)}. "),
            ]
        said.append(spans)
    return said


def _span(text: str, role: str = "") -> dict[str, str]:
    return {"text": text, "role": role}


def _end(text: str, most: int = 40) -> str:
    text = visible(text)
    return text if len(text) <= most else "…" + text[-most:]


def _p(log_prob: float) -> str:
    """Format a probability of any size from its logarithm, with two digits, never as a false 0 or 1."""
    if log_prob == 0:
        return "1"
    value = math.exp(log_prob)
    if value >= 0.001:
        return "> 0.99" if value > 0.995 else f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"
    exponent = math.floor(log_prob / math.log(10))
    return f"{math.exp(log_prob - exponent * math.log(10)):.1f} × 10⁻{str(-exponent).translate(_SUPERSCRIPTS)}"


def verdict(traces: Sequence[DecodingTrace]) -> str:
    """Say how likely the sentences are, which is likelier, and where they part."""
    if len(traces) == 1:
        (only,) = traces
        bits = -only.log_prob * BITS
        each = f"{bits:.1f} bits of surprise, {_per_piece(only):.1f} per piece"
        return f"p = {_p(only.log_prob)}: {-only.log_prob:.1f} nats, {each}."
    first, second = traces
    gap = first.log_prob - second.log_prob
    if gap == 0 and first.text == second.text:
        return "Both sentences are the same."
    likelier, other = (first, second) if gap >= 0 else (second, first)
    shared = parting(first, second)
    parts = [step.piece for step in (first.steps[shared], second.steps[shared])]
    where = f"They part at piece {shared + 1}: “{label(parts[0]).text}” or “{label(parts[1]).text}”."
    times = math.exp(abs(gap)) if abs(gap) < 700 else math.inf
    by = f"{times:,.0f}" if times >= 10 else f"{times:.1f}"
    return (
        f"“{visible(likelier.text)}” is {by} times likelier than “{visible(other.text)}”: "
        f"e^{abs(gap):.1f}, {abs(gap) * BITS:.1f} bits. {where}"
    )


def _per_piece(trace: DecodingTrace) -> float:
    return -trace.log_prob * BITS / len(trace.steps)


def written(trace: DecodingTrace, drawn: Sequence[Drawn], start: int) -> dict[str, Any]:
    """Return what was written on: for each new piece the likeliest ones, their probability `p` in the model and `q` after the
    settings, from which one was drawn. `start` is the number of given pieces."""
    steps = []
    for step, choices in zip(trace.steps[start:], drawn, strict=True):
        rows = [{**_piece(piece), "p": p, "q": q, "came": token == step.token} for token, piece, p, q in choices.pieces]
        steps.append({**_piece(step.piece), "log_prob": step.log_prob, "rows": rows, "kept": choices.kept})
    given = visible(spell(step.piece for step in trace.steps[:start]))
    return {"given": given, "text": trace.text, "finished": trace.finished, "steps": steps, "said": _written_said(trace, steps)}


def _written_said(trace: DecodingTrace, steps: Sequence[dict[str, Any]]) -> list[list[dict[str, str]]]:
    said = [[_span("The decoder has read the beginning. Nothing is drawn yet.")]]
    for step in steps:
        (row,) = [row for row in step["rows"] if row["came"]]
        kept = "all pieces" if step["kept"] < 0 else "1 piece" if step["kept"] == 1 else f"{step['kept']:,} pieces"
        said.append(
            [
                _span("From "),
                _span(f"{kept}, it takes "),
                _span(step["text"], "target"),
                _span(f": p = {_p(step['log_prob'])} in the model, {_p(math.log(row['q']))} after the settings."),
            ]
        )
    if not trace.finished:
        said[-1].append(_span(" The length limit stops it here."))
    return said


def worth(rows: Sequence[tuple[str, str, DecodingTrace]]) -> dict[str, Any]:
    """Return one target under several conditions: a row for each (title, source, forced trace), in bits per piece."""
    drawn = [
        {"title": title, "source": source, "bits": _per_piece(trace), "steps": [-step.log_prob * BITS for step in trace.steps]}
        for title, source, trace in rows
    ]
    alone, with_source, with_other = (trace.log_prob for _, _, trace in rows)
    gain, loss = (with_source - alone) * BITS, (with_source - with_other) * BITS
    sign = "saves" if gain >= 0 else "costs"
    says = (
        f"For this sentence, its own source {sign} {abs(gain):.1f} bits against no source at all; somebody else's source costs "
        f"{loss:.1f} bits against its own."
    )
    return {"pieces": [_piece(step.piece) for step in rows[0][2].steps], "rows": drawn, "says": says}
