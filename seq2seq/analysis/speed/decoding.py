"""Measure decoding: the time per piece while a visitor waits, and sentences per second in batches."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from seq2seq.analysis.speed.timing import Measure, medians
from seq2seq.decoding.loop import decode
from seq2seq.decoding.strategies import Beam, Greedy, Prefix
from seq2seq.decoding.translator import Translator
from seq2seq.models.saved.packed import pack, pack_linear
from seq2seq.models.seq2seq import Seq2Seq

SENTENCE = "We were waiting for you in the garden of the old house."  # 12 words
BATCH = 64


def measure_one_sentence(translator: Translator, loop: Any) -> list[Measure]:
    """Measure the time per piece while a visitor waits, and the cost of recording the trace."""
    trace = translator.translate(SENTENCE)
    pieces = len(trace.steps)
    ids = [position.token for position in trace.source]
    packed = pack(translator.model)
    source, lengths, limits = torch.tensor([ids]), torch.tensor([len(ids)]), torch.tensor([pieces])
    short, long = 40, 160
    forced = [Prefix((tuple([5] * length),)) for length in (short, long)]

    @torch.inference_mode()
    def bare(strategy: Any = Greedy(), limits: torch.Tensor = limits) -> None:
        for _ in decode(packed, *packed.encode(source, lengths), strategy, limits):
            pass

    actions: list[Callable[[], Any]] = [
        bare,
        lambda: bare(Beam(5)),
        lambda: translator.translate(SENTENCE),
        _matrices(translator.model, pieces),
        lambda: bare(forced[0], torch.tensor([short])),
        lambda: bare(forced[1], torch.tensor([long])),
    ]
    if loop:
        actions.append(lambda: loop.translate(ids, pieces))
    greedy, beam, record, matrices, at_short, at_long, *slow = medians(*actions)
    plain = slow[0] / pieces if slow else None
    return [
        Measure(
            "one sentence, greedy", greedy / pieces, "ms/piece", plain, plain and plain * pieces / greedy, matrices / greedy
        ),
        Measure("one sentence, beam 5", beam / pieces, "ms/piece", plain, plain and plain * pieces / beam),
        Measure("text to trace, against decoding alone", record / greedy, "times"),
        Measure(f"a piece among {long}, against one among {short}", at_long / long / (at_short / short), "times"),
    ]


def _matrices(model: Seq2Seq, steps: int) -> Callable[[], None]:
    """Multiply each matrix of a step by one row, once per step: the minimum work of any decoder."""
    once = {"start", "memory", "project"}  # computed once per sentence, not per step
    matrices = [p for n, p in model.decoder.named_parameters() if p.dim() == 2 and not set(n.split(".")) & once]
    parts = []
    for matrix in [*matrices, model.output.weight]:
        linear = nn.Linear(matrix.shape[1], matrix.shape[0], bias=False, device="meta")
        linear.weight = nn.Parameter(matrix, requires_grad=False)
        parts.append((pack_linear(linear), torch.randn(1, matrix.shape[1])))

    @torch.inference_mode()
    def run() -> None:
        for _ in range(steps):
            for linear, row in parts:
                linear(row)

    return run


def measure_batches(translator: Translator, sentences: list[str], loop: Any, peak: float) -> list[Measure]:
    """Measure sentences per second: in batches on all processors; the loop translates one by one, on one processor."""
    measures, slow = [], None
    some = sentences[:: max(1, len(sentences) // 16)]
    if loop:
        requests = [(ids := translator.source_ids(text), 2 * len(ids) + 10) for text in some]

        def one_by_one() -> None:
            for ids, limit in requests:
                loop.translate(ids, limit)

        (milliseconds,) = medians(one_by_one, rounds=2)
        slow = 1000 * len(some) / milliseconds
    encoded = sorted((translator.source_ids(text) for text in sentences), key=len)
    batches = [encoded[start : start + BATCH] for start in range(0, len(encoded), BATCH)]
    cores = os.cpu_count() or 1
    for label, strategy in (("greedy", Greedy()), ("beam 5", Beam(5))):
        with FlopCounterMode(display=False) as counter:
            for batch in batches:
                translator.decode_batch(batch, strategy)
        lines = partial(translator.translate_lines, sentences, strategy, BATCH)
        (milliseconds,) = medians(lambda lines=lines: dict(lines()), rounds=3)  # type: ignore[misc]
        speed = 1000 * len(sentences) / milliseconds
        share = counter.get_total_flops() / (cores * peak * 1e6) / milliseconds
        what = f"batches of {BATCH}, {label}, {cores} processors"
        measures.append(Measure(what, speed, "sentences/s", slow, slow and speed / slow, share))
    return measures
