"""How fast the engine is on this machine: ratios within one run, so that they hold where the machine's own speed does not."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import torch

from .decoding import Beam, Greedy, decode
from .translator import Translator

SENTENCE = "We were waiting for you in the garden of the old house."  # 12 words
ROUNDS = 30


@dataclass(frozen=True)
class Result:
    """Medians over `ROUNDS`. Milliseconds and seconds are this machine's; the ratios are what to compare."""

    machine: str
    model: str
    pieces: int  # written for the sentence
    greedy_ms_per_piece: float
    matrix_ms_per_piece: float  # the same step's matrix products alone
    step_to_matrix_ratio: float
    decode_ms: float  # the sentence, greedy, nothing recorded
    trace_ms: float  # the sentence, greedy, text to finished trace
    trace_to_decode_ratio: float
    beam_trace_ms: float  # the same with a beam of 5
    cold_start_seconds: float  # a new process: import, load, first translation


def measure(name: str) -> Result:
    """All figures for one model, on one thread."""
    torch.set_num_threads(1)
    translator = Translator.load(name)
    trace = translator.translate(SENTENCE)
    model = translator.model
    source = torch.tensor([[p.token for p in trace.source]])
    lengths, limits = torch.tensor([source.shape[1]]), torch.tensor([len(trace.steps)])

    @torch.inference_mode()
    def bare() -> None:
        for _ in decode(model, *model.encode(source, lengths), Greedy(), limits):
            pass

    bare_ms, trace_ms, beam_ms, matrix_ms = _medians(
        bare,
        lambda: translator.translate(SENTENCE),
        lambda: translator.translate(SENTENCE, Beam(5)),
        _matrices(model, len(trace.steps)),
    )
    pieces = len(trace.steps)
    return Result(
        machine=f"{torch.cpu.get_capabilities().get('cpu_name', 'unknown processor')}, one thread",
        model=translator.name,
        pieces=pieces,
        greedy_ms_per_piece=bare_ms / pieces,
        matrix_ms_per_piece=matrix_ms / pieces,
        step_to_matrix_ratio=bare_ms / matrix_ms,
        decode_ms=bare_ms,
        trace_ms=trace_ms,
        trace_to_decode_ratio=trace_ms / bare_ms,
        beam_trace_ms=beam_ms,
        cold_start_seconds=_cold_start(name),
    )


def _medians(*actions: Callable[[], Any]) -> list[float]:
    """Milliseconds of each action; they take turns, so that a drift of the machine's speed meets all alike."""
    times: list[list[float]] = [[] for _ in actions]
    for round_number in range(ROUNDS + 3):
        for action, own in zip(actions, times, strict=True):
            start = time.perf_counter()
            action()
            if round_number >= 3:  # the first rounds warm up
                own.append(1000 * (time.perf_counter() - start))
    return [statistics.median(own) for own in times]


def _matrices(model: torch.nn.Module, steps: int) -> Callable[[], None]:
    """The decoder's and output layer's matrices, each times one row, once a step: work that no decoder can save."""
    once = ("decoder.start.", "decoder.context.score.memory.", "decoder.context.project.")  # not work of a step
    parts = [p for n, p in model.named_parameters() if p.dim() == 2 and n.startswith("decoder.") and not n.startswith(once)]
    parts.append(model.get_parameter("output.weight"))
    rows = [torch.randn(1, part.shape[1]) for part in parts]

    @torch.inference_mode()
    def run() -> None:
        for _ in range(steps):
            for row, part in zip(rows, parts, strict=True):
                torch.nn.functional.linear(row, part)

    return run


def _cold_start(name: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "seq2seq", "translate", "--model", name, SENTENCE], check=True, capture_output=True)
    return time.perf_counter() - start


def as_dict(result: Result) -> dict[str, Any]:
    return {key: round(value, 3) if isinstance(value, float) else value for key, value in asdict(result).items()}
