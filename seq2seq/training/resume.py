"""Save and restore the whole state of a training run in one file; a killed run then continues exactly as before."""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load

from seq2seq.config import ModelConfig, TrainConfig
from seq2seq.data.batches import TrainingData
from seq2seq.files import replace_file
from seq2seq.models.saved.weights import save_tensors
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.training.distributed import ALONE, World

Weights = dict[str, torch.Tensor]  # by the names of parameters
LENGTH = ("epochs", "updates", "patience", "stop_when_solved")  # settings that say when a run ends


@dataclass
class Progress:
    """The progress of a run. `index` counts the finished batches of `epoch`."""

    update: int = 0
    epoch: int = 0
    index: int = 0
    seconds: float = 0.0
    best: float = math.inf  # validation loss of the kept weights
    best_score: float | None = None  # their BLEU or chrF, if that decides
    best_update: int = 0  # the update of that validation
    waited: int = 0  # validations since then
    earlier: list[str] = field(default_factory=list)  # for the model card: the lengths that the run had before
    solved: bool = False  # whether the last validation found all measured sentences exactly right
    parts: int = 1  # parts of each batch; more than 1 if memory is too small for a whole batch


def snapshot(
    path: str,
    model: Seq2Seq,
    average: Seq2Seq,
    optimizer: torch.optim.Optimizer,
    run: str,
    progress: Progress,
    past: Iterable[Weights] = (),
) -> None:
    """Write weights, average, optimizer moments and progress: a complete file or nothing. Raises OSError.

    `past` are the weights of the last validations, if the run averages them.

    The file does not depend on the number of processes. Random numbers follow from the progress, so they need no saved state.
    """
    tensors = {}
    for (name, weight), mean in zip(model.named_parameters(), average.parameters(), strict=True):
        tensors[f"weight/{name}"], tensors[f"average/{name}"] = weight.detach(), mean
        for moment, value in optimizer.state[weight].items():
            tensors[f"{moment}/{name}"] = value
    for number, weights in enumerate(past):
        tensors |= {f"past/{number}/{name}": weight for name, weight in weights.items()}
    about = {"progress": json.dumps(vars(progress)), "run": run}
    contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
    replace_file(Path(path), lambda partial: save_tensors(contiguous, partial, about))


def restore(
    path: str,
    model: Seq2Seq,
    average: Seq2Seq,
    optimizer: torch.optim.Optimizer,
    run: str,
    past: deque[Weights],
    world: World = ALONE,
) -> Progress:
    """Restore the state that `snapshot` saved; return a fresh Progress if there is no file. Only the first process reads it.
    `past` is filled as well.

    Raises ValueError if the file is damaged or belongs to another run.
    """
    content = world.from_first(lambda: Path(path).read_bytes() if Path(path).exists() else None)
    if content is None:
        return Progress()
    try:
        tensors = load(content)
        # A safetensors file begins with the length of its header, in 8 bytes, and the header, in JSON.
        about = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]
        if _deciding(about["run"]) != _deciding(run):
            raise ValueError(
                f"{path} belongs to a run with other settings or data: use them again, or train into another folder"
            )
        progress = Progress(**json.loads(about["progress"]))
        before, now = (TrainConfig.from_dict(json.loads(text)["training"]).length for text in (about["run"], run))
        if now != before:
            progress.earlier.append(
                f"had {before} until update {progress.update:,}, then {now}: in one piece it would give other numbers"
            )
        with torch.no_grad():
            for (name, weight), mean in zip(model.named_parameters(), average.parameters(), strict=True):
                weight.copy_(tensors[f"weight/{name}"])
                mean.copy_(tensors[f"average/{name}"])
        names = {parameter: name for name, parameter in model.named_parameters()}
        order = [names[parameter] for group in optimizer.param_groups for parameter in group["params"]]
        for number in range(past.maxlen or 0):
            prefix = f"past/{number}/"
            if weights := {k.removeprefix(prefix): t.to(model.device) for k, t in tensors.items() if k.startswith(prefix)}:
                past.append(weights)
        moments = {key.partition("/")[0] for key in tensors} - {"weight", "average", "past"}
        state = {i: {moment: tensors[f"{moment}/{name}"] for moment in moments} for i, name in enumerate(order)}
        # An optimizer has no moments before its first update; some never have any.
        optimizer.load_state_dict({**optimizer.state_dict(), "state": state if moments else {}})
        return progress
    except (SafetensorError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is damaged ({str(error)[:100]}): delete it to start again") from None


def progress_of(path: str | Path) -> Progress:
    """Return how far the run of a state file is. Raises ValueError if the file is damaged."""
    try:
        with safe_open(path, "pt") as file:
            return Progress(**json.loads(file.metadata()["progress"]))
    except (SafetensorError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is damaged ({str(error)[:100]}): delete it to start again") from None


def settings_of(path: str | Path) -> TrainConfig:
    """Return the settings with which the interrupted run was started. Raises ValueError if the file is damaged."""
    try:
        with safe_open(path, "pt") as file:
            return TrainConfig.from_dict(json.loads(file.metadata()["run"])["training"])
    except (SafetensorError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is damaged ({str(error)[:100]}): delete it to start again") from None


def identity(model: Seq2Seq, config: TrainConfig, data: TrainingData) -> str:
    """Return settings and data as text: all that decides a run's numbers.

    Device and number of processes may change; the numbers then differ by rounding and, with several processes, by dropout.
    """
    settings = {name: value for name, value in config.to_dict().items() if name != "device"}
    return json.dumps({"training": settings, "model": model.config.to_dict(), "data": data.digest}, sort_keys=True)


def _deciding(run: str) -> dict[str, Any]:
    """Return what must be the same when a run goes on. Its length may change; a setting that an earlier version of this
    project did not have has its default."""
    values = json.loads(run)
    training = TrainConfig.from_dict(values["training"]).to_dict()
    model = ModelConfig.from_dict(values["model"]).to_dict()
    return {**values, "model": model, "training": {k: v for k, v in training.items() if k not in (*LENGTH, "device")}}
