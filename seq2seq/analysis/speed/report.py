"""Measure the engine's speed on this machine. Ratios within one run are valid even if the machine itself gets slower.

Two references are measured too: the same model as a plain loop over positions (plain_loop.py), and the highest possible speed
of the processor, taken from bare matrix products.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from seq2seq.analysis.speed.decoding import BATCH, SENTENCE, measure_batches, measure_one_sentence
from seq2seq.analysis.speed.plain_loop import PerStepLoop
from seq2seq.analysis.speed.timing import Measure, gemm
from seq2seq.analysis.speed.training import measure_training
from seq2seq.decoding.translator import Translator
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.training.device import bf16_pays, choose_device, keep_freed_memory

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
    peaks = {"fp32": gemm(torch.float32, device)}
    if bf16_pays(device):
        peaks["bf16"] = gemm(torch.bfloat16, device)
    measures = [*measure_training(translator.model, device, loop, peaks), *measure_one_sentence(translator, loop)]
    peak = gemm(torch.float32, torch.device("cpu"))
    measures += measure_batches(translator, list(sentences) or SENTENCES * (4 * BATCH // len(SENTENCES)), loop, peak)
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


def _cold_start(name: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "seq2seq", "translate", "--model", name, SENTENCE], check=True, capture_output=True)
    return time.perf_counter() - start
