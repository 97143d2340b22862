"""The whole state of a training run in one file, so that a killed run goes on as if nothing had happened."""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from .batches import TrainingData
from .config import TrainConfig
from .model import Seq2Seq


@dataclass
class Progress:
    """Where a run stands. `index` counts the batches of `epoch` that are done."""

    update: int = 0
    epoch: int = 0
    index: int = 0
    seconds: float = 0.0
    best: float = math.inf


def snapshot(
    path: str, model: Seq2Seq, average: Seq2Seq, optimizer: torch.optim.Optimizer, run: str, progress: Progress
) -> None:
    """Write weights, average, the optimizer's moments, random state and place in the data; whole or not at all."""
    tensors = {"random/cpu": torch.get_rng_state()}
    if model.device.type == "cuda":
        tensors["random/cuda"] = torch.cuda.get_rng_state()
    for (name, weight), mean in zip(model.named_parameters(), average.parameters(), strict=True):
        tensors[f"weight/{name}"], tensors[f"average/{name}"] = weight.detach(), mean
        for moment, value in optimizer.state[weight].items():
            tensors[f"{moment}/{name}"] = value
    about = {"progress": json.dumps(vars(progress)), "run": run}
    partial = f"{path}.partial"
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, partial, metadata=about)
    os.replace(partial, path)


def restore(path: str, model: Seq2Seq, average: Seq2Seq, optimizer: torch.optim.Optimizer, run: str) -> Progress:
    """Put everything back as `snapshot` found it; a fresh Progress if there is no file.

    Raises ValueError if the file is damaged or belongs to another run.
    """
    if not Path(path).exists():
        return Progress()
    try:
        with safe_open(path, framework="pt", device=str(model.device)) as file:
            about = file.metadata() or {}
            if about.get("run") != run:
                raise ValueError(
                    f"{path} belongs to a run with other settings or data: use them again, or train into another folder"
                )
            progress = Progress(**json.loads(about["progress"]))
            with torch.no_grad():
                for (name, weight), mean in zip(model.named_parameters(), average.parameters(), strict=True):
                    weight.copy_(file.get_tensor(f"weight/{name}"))
                    mean.copy_(file.get_tensor(f"average/{name}"))
                    if progress.update:  # before the first update the optimizer has no moments
                        moments = ("step", "exp_avg", "exp_avg_sq")
                        optimizer.state[weight] = {m: file.get_tensor(f"{m}/{name}") for m in moments}
            torch.set_rng_state(file.get_tensor("random/cpu").cpu())
            if model.device.type == "cuda" and "random/cuda" in file.keys():  # noqa: SIM118 (not a dict)
                torch.cuda.set_rng_state(file.get_tensor("random/cuda").cpu())
            return progress
    except (OSError, SafetensorError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is damaged ({str(error)[:100]}): delete it to start anew") from None


def identity(model: Seq2Seq, config: TrainConfig, data: TrainingData) -> str:
    """What decides a run's numbers: settings and data. The device may change; the numbers then agree only within rounding."""
    settings = {name: value for name, value in config.to_dict().items() if name != "device"}
    return json.dumps({"training": settings, "model": model.config.to_dict(), "data": data.digest}, sort_keys=True)
