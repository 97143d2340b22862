"""Optimizers. The training loop, not this module, sets the learning rate during the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from seq2seq.config import TrainConfig, choose


@dataclass(frozen=True)
class Kind:
    """An optimizer. `make` gets the parameter groups; `learning_rate` is its default peak."""

    make: Callable[[list[dict[str, Any]], float], torch.optim.Optimizer]
    learning_rate: float


# Loshchilov and Hutter 2017; Zeiler 2012 as in Bahdanau et al. 2014, appendix B.2; without momentum, as in Sutskever et al.
# 2014, section 3.4.
OPTIMIZERS: dict[str, Kind] = {
    "adamw": Kind(lambda groups, rate: torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), fused=True), 2e-3),
    "adadelta": Kind(lambda groups, rate: torch.optim.Adadelta(groups, lr=rate, rho=0.95, eps=1e-6), 1.0),
    "sgd": Kind(lambda groups, rate: torch.optim.SGD(groups, lr=rate), 0.7),
}


def optimizer(model: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """Make the chosen optimizer. Raises ValueError with the choices for an unknown one."""
    kind = choose("optimizer", config.optimizer, OPTIMIZERS)
    decay = config.weight_decay if kind is OPTIMIZERS["adamw"] else 0.0  # in the others, weight decay would not be decoupled
    matrices = [p for p in model.parameters() if p.dim() > 1]
    rest = [p for p in model.parameters() if p.dim() <= 1]
    groups = [{"params": matrices, "weight_decay": decay}, {"params": rest, "weight_decay": 0.0}]
    made: torch.optim.Optimizer = kind.make(groups, config.learning_rate)
    return made
