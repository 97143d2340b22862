"""Measure updates on equal batches: the engine and the plain loop, in each precision."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from seq2seq.analysis.speed.timing import Measure, Spent, Stopwatch, median_spent, wait
from seq2seq.config import EOS, TrainConfig
from seq2seq.data.batches import Batch, collate
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.training.device import choose_device
from seq2seq.training.events import Started, StepDone
from seq2seq.training.loop import train


def measure_training(model: Seq2Seq, device: torch.device, loop: Any, peaks: dict[str, float]) -> list[Measure]:
    """Measure updates on equal batches: the engine in each precision, and the plain loop in the same precision."""
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
        batches = [collate(batch).to(device) for batch in drill.batches]
        actions += [partial(_plain_updates, model, loop, batches, p == "bf16") for p in peaks]
    times = median_spent(*actions, rounds=5)
    plain: Sequence[Spent | None] = times[len(peaks) :] or [None] * len(peaks)
    measures = []
    for (precision, peak), work, own, slow in zip(peaks.items(), flops, times, plain, strict=False):
        speed, unit, share = 1000 * drill.tokens / own.wall, "target pieces/s", work / (peak * 1e6) / own.wall
        measure = Measure(f"training, {precision}", speed, unit, roofline=share)
        if slow:
            loop_speed = 1000 * drill.tokens / slow.wall
            measure = replace(measure, loop=loop_speed, to_loop=speed / loop_speed, cpu_to_loop=slow.cpu / own.cpu)
        measures.append(measure)
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


def _updates(model: Seq2Seq, drill: _Drill, config: TrainConfig) -> Spent:
    """Return the time that the training loop needs for one epoch of updates."""
    watch, device = Stopwatch(), choose_device(config.device)
    for event in train(model, drill, [], config):  # type: ignore[arg-type]  # `train` needs only these of its data
        match event:
            case Started():
                wait(device)
                watch = Stopwatch()
            case StepDone() if event.update == len(drill.batches):
                wait(device)
                return watch.spent()
    raise AssertionError("the run ended before its last update")


def _plain_updates(model: Seq2Seq, loop: Any, batches: Sequence[Batch], bf16: bool) -> Spent:
    """Return the time that the plain loop needs for the same updates, in fp32 or with PyTorch's autocast to bf16."""
    optimizer = torch.optim.Adam(model.parameters(), 1e-4)
    wait(model.device)
    watch = Stopwatch()
    for batch in batches:
        with torch.autocast(model.device.type, torch.bfloat16, enabled=bf16):
            loss = loop.loss(batch.source, batch.lengths, batch.target, TrainConfig.label_smoothing) / batch.tokens
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), TrainConfig.gradient_clip)
        optimizer.step()
    wait(model.device)
    return watch.spent()
