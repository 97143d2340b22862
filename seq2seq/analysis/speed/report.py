"""Measure the engine's speed on this machine. Ratios within one run are valid even if the machine itself gets slower.

Two references are measured too: the same model as a plain loop over positions (plain_loop.py), and the highest possible speed
of the processor, taken from bare matrix products.
"""

from __future__ import annotations

import os
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from seq2seq.analysis.speed.plain_loop import PerStepLoop
from seq2seq.config import EOS, TrainConfig
from seq2seq.data.batches import Batch, collate
from seq2seq.decoding.loop import decode
from seq2seq.decoding.strategies import Beam, Greedy, Prefix
from seq2seq.decoding.translator import Translator
from seq2seq.models.packed import pack, pack_linear
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.training.device import bf16_pays, choose_device, keep_freed_memory
from seq2seq.training.events import Started, StepDone
from seq2seq.training.loop import train

SENTENCE = "We were waiting for you in the garden of the old house."  # 12 words
SENTENCES = [
    SENTENCE,
    "Where is the old station?",
    "My brother has never seen the sea.",
    "I forgot my umbrella at your house.",
    "The soup is too hot to eat now, so let us wait a little longer.",
    "Do you know why he left so early?",
    "There are three apples on the kitchen table.",
    "She told me that the train to the city would be late because of the snow on the mountains.",
]
ROUNDS = 15
BATCH = 64


@dataclass(frozen=True)
class Measure:
    """One figure. `loop` is the plain loop's value in the same unit; `roofline` is the share of time for matrix products."""

    what: str
    value: float
    unit: str
    loop: float | None = None
    to_loop: float | None = None  # speed relative to the loop
    roofline: float | None = None


@dataclass(frozen=True)
class Report:
    machine: str
    torch: str
    model: str
    gemm_gflops: dict[str, float]  # speed of a large matrix product on the training device, by precision
    measures: tuple[Measure, ...]
    peak_memory_mb: float  # of this process, over all measures


def measure(name: str, sentences: Sequence[str] = (), device_name: str = "auto") -> Report:
    """Measure one model: training on `device_name`, decoding on one thread of the CPU, as in the app."""
    torch.set_num_threads(1)
    keep_freed_memory()
    translator = Translator.load(name)
    device = choose_device(device_name)
    loop = _loop(translator.model)
    peaks = {"fp32": _gemm(torch.float32, device)}
    if bf16_pays(device):
        peaks["bf16"] = _gemm(torch.bfloat16, device)
    measures = [*_training(translator.model, device, loop, peaks), *_one_sentence(translator, loop)]
    peak = _gemm(torch.float32, torch.device("cpu"))
    measures += _many(translator, list(sentences) or SENTENCES * (4 * BATCH // len(SENTENCES)), loop, peak)
    measures.append(Measure("new process: import, load, first translation", _cold_start(name), "s"))
    return Report(
        machine=f"{torch.cpu.get_capabilities().get('cpu_name', 'unknown processor')}, one thread"
        + (f"; training on {torch.cuda.get_device_name(device)}" if device.type == "cuda" else ""),
        torch=torch.__version__,
        model=translator.name,
        gemm_gflops=peaks,
        measures=tuple(measures),
        peak_memory_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024),
    )


def _loop(model: Seq2Seq) -> PerStepLoop | None:
    """Return the plain loop of `model`; None unless it has the default architecture."""
    wiring = ("recurrent", "gru", "additive", 1, 2)
    config = model.config
    if (config.architecture, config.cell, config.attention, config.encoder_layers, config.decoder_layers) != wiring:
        return None
    return PerStepLoop(model)


def _gemm(dtype: torch.dtype, device: torch.device, size: int = 1024) -> float:
    """Return the speed of one large product, in billions of floating-point operations per second."""
    a, b = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))

    def product() -> None:
        a @ b
        _wait(device)

    return 2 * size**3 / _medians(product)[0] / 1e6


def _training(model: Seq2Seq, device: torch.device, loop: Any, peaks: dict[str, float]) -> list[Measure]:
    """Measure updates on equal batches: the engine in each precision, and the plain loop."""
    drill = _Drill(model.config.target_vocabulary)
    actions = [partial(_updates, model, drill, TrainConfig(epochs=1, device=device.type, bf16=p == "bf16")) for p in peaks]
    flops = []
    model.requires_grad_(True)
    for action in actions:
        with FlopCounterMode(display=False) as counter:
            action()
        flops.append(counter.get_total_flops())
    if loop:
        model.to(device)
        actions.append(partial(_plain_updates, model, loop, [collate(batch).to(device) for batch in drill.batches]))
    times = _medians(*actions, rounds=5)
    slow = 1000 * drill.tokens / times[-1] if loop else None
    measures = []
    for (precision, peak), work, milliseconds in zip(peaks.items(), flops, times, strict=False):
        speed = 1000 * drill.tokens / milliseconds
        share = work / (peak * 1e6) / milliseconds
        measures.append(Measure(f"training, {precision}", speed, "target pieces/s", slow, slow and speed / slow, share))
    model.to("cpu").eval().requires_grad_(False)
    return measures


class _Drill:
    """Training data of three batches of random pieces, 2,000 positions each, with lengths like those of image captions."""

    digest = "drill"

    def __init__(self, vocabulary: int):
        draw = random.Random(1)

        def side(length: int) -> list[int]:
            return [draw.randrange(EOS + 2, vocabulary) for _ in range(length - 1)] + [EOS]

        self.batches = [
            [(side(length - draw.randrange(3)), side(length)) for _ in range(2000 // length)] for length in (12, 16, 20)
        ]
        self.tokens = sum(len(target) for batch in self.batches for _, target in batch)

    def __len__(self) -> int:
        return sum(map(len, self.batches))

    def epoch(self, number: int) -> list[Any]:
        return self.batches


def _updates(model: Seq2Seq, drill: _Drill, config: TrainConfig) -> float:
    """Return the milliseconds that the training loop needs for one epoch of updates."""
    start, device = 0.0, choose_device(config.device)
    for event in train(model, drill, [], config):  # type: ignore[arg-type]  # `train` needs only these of its data
        match event:
            case Started():
                _wait(device)
                start = time.perf_counter()
            case StepDone() if event.update == len(drill.batches):
                _wait(device)
                return 1000 * (time.perf_counter() - start)
    raise AssertionError("the run ended before its last update")


def _plain_updates(model: Seq2Seq, loop: Any, batches: Sequence[Batch]) -> float:
    """Return the milliseconds that the plain loop needs for the same updates."""
    optimizer = torch.optim.Adam(model.parameters(), 1e-4)
    _wait(model.device)
    start = time.perf_counter()
    for batch in batches:
        loss = loop.loss(batch.source, batch.lengths, batch.target, TrainConfig.label_smoothing) / batch.tokens
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), TrainConfig.gradient_clip)
        optimizer.step()
    _wait(model.device)
    return 1000 * (time.perf_counter() - start)


def _one_sentence(translator: Translator, loop: Any) -> list[Measure]:
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
    greedy, beam, record, matrices, at_short, at_long, *slow = _medians(*actions)
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


def _many(translator: Translator, sentences: list[str], loop: Any, peak: float) -> list[Measure]:
    """Measure sentences per second: in batches on all processors; the loop translates one by one, on one processor."""
    measures, slow = [], None
    some = sentences[:: max(1, len(sentences) // 16)]
    if loop:
        requests = [(ids := translator.source_ids(text), 2 * len(ids) + 10) for text in some]

        def one_by_one() -> None:
            for ids, limit in requests:
                loop.translate(ids, limit)

        (milliseconds,) = _medians(one_by_one, rounds=2)
        slow = 1000 * len(some) / milliseconds
    encoded = sorted((translator.source_ids(text) for text in sentences), key=len)
    batches = [encoded[start : start + BATCH] for start in range(0, len(encoded), BATCH)]
    cores = os.cpu_count() or 1
    for label, strategy in (("greedy", Greedy()), ("beam 5", Beam(5))):
        with FlopCounterMode(display=False) as counter:
            for batch in batches:
                translator.decode_batch(batch, strategy)
        lines = partial(translator.translate_lines, sentences, strategy, BATCH)
        (milliseconds,) = _medians(lambda lines=lines: dict(lines()), rounds=3)  # type: ignore[misc]
        speed = 1000 * len(sentences) / milliseconds
        share = counter.get_total_flops() / (cores * peak * 1e6) / milliseconds
        what = f"batches of {BATCH}, {label}, {cores} processors"
        measures.append(Measure(what, speed, "sentences/s", slow, slow and speed / slow, share))
    return measures


def _medians(*actions: Callable[[], Any], rounds: int = ROUNDS) -> list[float]:
    """Return the median milliseconds of each action, or of the values it returns. Actions alternate, so a drift affects all."""
    times: list[list[float]] = [[] for _ in actions]
    for action in actions:  # warm up
        action()
    for _ in range(rounds):
        for action, own in zip(actions, times, strict=True):
            start = time.perf_counter()
            measured = action()
            own.append(measured if isinstance(measured, float) else 1000 * (time.perf_counter() - start))
    return [statistics.median(own) for own in times]


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _cold_start(name: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "seq2seq", "translate", "--model", name, SENTENCE], check=True, capture_output=True)
    return time.perf_counter() - start
