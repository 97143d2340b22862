"""The trace of a decode: frozen plain values that can be written to JSON and read back, without torch.

The player, the heatmap, the command line, the download and the tests all read this record. It has a version (`SCHEMA`), so that
a later version of the project can read or refuse an old file.

Symbols in docstrings: S source positions, T decoding steps, K recorded candidates, G groups of a state summary.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any

SCHEMA = "seq2seq-unrolled/trace/3"
EARLIER = "seq2seq-unrolled/trace/2"  # can still be read; it had `lanes` instead of `reading`
ORDERS = ("forward", "backward", "parallel")
SUMMARY_GROUPS = 8  # G: a state is summarised by the means of 8 equal slices of its units


@dataclass(frozen=True, slots=True)
class Candidate:
    """A piece of the vocabulary with its natural log-probability at one step."""

    token: int
    piece: str
    log_prob: float


@dataclass(frozen=True, slots=True)
class Reading:
    """How a model reads the source; with this, a view can draw any architecture without its name."""

    names: tuple[str, ...]  # of the equal parts of an encoder state: directions, or the kind of attention
    order: tuple[str, ...]  # of each part, one of ORDERS: first piece to last, last to first, or all at once
    averaged: bool = False  # the attention weights are the mean over the heads of one decoder layer
    looks_back: bool = False  # the decoder attends to all earlier steps instead of carrying a hidden state
    primed: bool = False  # the decoder's first state is made from the encoder's final states

    def __post_init__(self) -> None:
        if not self.names or len(self.names) != len(self.order) or not set(self.order) <= set(ORDERS):
            raise ValueError(f"a reading needs an order of {', '.join(ORDERS)} for each of its parts, not {self.order}")


@dataclass(frozen=True, slots=True)
class SourcePosition:
    """One source position: a piece or a place, and a summary (G values) of each part of its encoder state."""

    token: int  # -1 for a place that is not a piece of a vocabulary
    piece: str  # of the tokenizer: "▁" marks the start of a word; or the name of the place
    word: int  # index of its word or group; the end mark is a separate word
    states: tuple[tuple[float, ...], ...]
    box: tuple[float, ...] | None = None  # shares of the picture: left, top, right, bottom; or seconds: from, to


@dataclass(frozen=True, slots=True)
class DecodingStep:
    """One decoding step of the final hypothesis.

    `log_prob`, `rank`, `entropy` and `candidates` are the model's true values, also for a forced piece.
    """

    position: int  # 0-based
    token: int
    piece: str
    word: int  # index of its target word
    log_prob: float  # natural logarithm, of this piece given all before it
    total: float  # running sum of log_prob
    rank: int  # 1 = the model's most probable piece at this step
    forced: bool  # given by the teacher or the user, not chosen by the strategy
    parent: int  # row of the beam that this step continues (0 for greedy and sampling)
    entropy: float  # of the whole distribution, in bits
    candidates: tuple[Candidate, ...]  # the K most probable pieces, best first
    attention: tuple[float, ...] | None  # S weights that sum to 1; None for a model without attention
    state: tuple[float, ...]  # G values: summary of the decoder's hidden state


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """An output of the search. `score` is `log_prob` after the length penalty; in greedy decoding both are equal."""

    text: str
    log_prob: float
    score: float
    finished: bool  # False: cut off by the length limit


@dataclass(frozen=True, slots=True)
class DecodingTrace:
    """One source and every step of its translation."""

    model: str
    architecture: str
    source_text: str
    reading: Reading
    source: tuple[SourcePosition, ...]
    context: tuple[float, ...] | None  # G values: the fixed context vector, for decoders that use one
    strategy: Mapping[str, Any]  # name and settings from `strategies.describe`
    steps: tuple[DecodingStep, ...]
    text: str  # the hypothesis, detokenized
    log_prob: float
    score: float
    finished: bool  # False: stopped by the length limit before the end-of-sentence mark
    hypotheses: tuple[Hypothesis, ...]  # the n best of the search, best first; the first one is this trace
    notes: tuple[str, ...] = ()  # sentences for the user about how the model read this text, such as unknown characters
    kind: str = "text"  # of the source, a name of `sources.kinds.KINDS`
    media: str | None = None  # data URL: what the model read, if it is not text

    def __post_init__(self) -> None:
        for position in self.source:
            if len(position.states) != len(self.reading.names):
                raise ValueError(f"a source position has {len(position.states)} states for {len(self.reading.names)} parts")
        for step in self.steps:
            if step.attention is not None and len(step.attention) != len(self.source):
                raise ValueError(
                    f"step {step.position} has {len(step.attention)} attention weights for {len(self.source)} source positions"
                )

    @property
    def id(self) -> str:
        """Return a short digest of the content. Equal traces have the same id, so that a view redraws only changes."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

    def to_dict(self) -> dict[str, Any]:
        """Return plain dicts, lists, tuples, strings and numbers; the first entry is the schema."""
        return {"schema": SCHEMA, **_plain(self)}

    def to_json(self, indent: int | None = None) -> str:
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=indent, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> DecodingTrace:
        """Read a trace of `to_json`.

        Raises ValueError for another schema, a missing or unknown field, a wrong type, or a number that is not finite.
        """
        try:
            data = json.loads(text, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"not a JSON trace: {error}") from None
        if not isinstance(data, dict) or data.get("schema") not in (SCHEMA, EARLIER):
            found = data.get("schema") if isinstance(data, dict) else type(data).__name__
            raise ValueError(f"not a trace of schema {SCHEMA!r}: found {found!r}")
        if data.pop("schema") == EARLIER and "lanes" in data:
            data["reading"] = _reading_of_lanes(data.pop("lanes"))
        return _reader()(data)


def _plain(value: Any) -> Any:
    """Do the same as `dataclasses.asdict`, but without copying thousands of numbers."""
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple) and value and not isinstance(value[0], float | str):
        return [_plain(part) for part in value]
    return value


@cache
def _reader() -> Callable[[dict[str, Any]], DecodingTrace]:
    """Return a function that checks every field of the records above. Pydantic is imported only by those who read a file."""
    from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

    strict = with_config(ConfigDict(strict=True, extra="forbid", allow_inf_nan=False))
    for record in (Candidate, Reading, SourcePosition, DecodingStep, Hypothesis, DecodingTrace):
        strict(record)
    adapter = TypeAdapter(DecodingTrace)

    def read(data: dict[str, Any]) -> DecodingTrace:
        try:
            return adapter.validate_json(json.dumps(data))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise ValueError(f"malformed trace: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None

    return read


def _reading_of_lanes(lanes: Any) -> dict[str, Any]:
    """Convert the `lanes` of schema 2: "forward", "backward" or both, or "together" for a Transformer."""
    if lanes == ["together"]:
        return {"names": ["self-attention"], "order": ["parallel"], "averaged": True, "looks_back": True}
    return {"names": lanes, "order": list(lanes), "averaged": False, "looks_back": False}


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not allowed as a number in a trace")
