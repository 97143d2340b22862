"""Train with several processes that `torchrun` starts. Only this module uses torch.distributed.

Every process holds the whole model and makes the same updates from the same summed gradients, so that all models stay equal.
The processes share the rows of each batch.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

T = TypeVar("T")


@dataclass(frozen=True)
class World:
    """The processes of a run: their number `size`, and the `rank` of this one. With one process, most methods do nothing.

    All processes must call the methods other than `share` in the same order; each call waits for the other processes.
    """

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Return whether this is the process that writes files and reports."""
        return self.rank == 0

    def share(self, rows: Sequence[T]) -> Sequence[T]:
        """Return this process's rows. Each row goes to one process; if there are few rows, some processes get none."""
        return rows[self.rank :: self.size]

    def sum(self, values: Sequence[float]) -> list[float]:
        """Sum each number over the processes."""
        if self.size == 1:
            return list(values)
        device = "cuda" if dist.get_backend() == "nccl" else "cpu"
        total = torch.tensor(values, dtype=torch.float64, device=device)
        dist.all_reduce(total)
        return total.tolist()

    def sum_gradients(self, parameters: Iterable[torch.nn.Parameter], loss: Tensor) -> Tensor:
        """Sum the gradients over the processes, in place; return the sum of `loss` [].

        One message carries all, because each message waits for the slowest process. A missing gradient counts as zeros.
        """
        if self.size == 1:
            return loss
        parameters = list(parameters)
        parts = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        message = torch.cat([part.flatten() for part in (*parts, loss)])
        dist.all_reduce(message)
        *summed, total = message.split([p.numel() for p in parameters] + [1])
        for parameter, gradient in zip(parameters, summed, strict=True):
            parameter.grad = gradient.view_as(parameter)
        return total[0]

    def copy_from_first(self, tensors: Iterable[Tensor]) -> None:
        """Overwrite the tensors with those of the first process."""
        if self.size > 1:
            for tensor in tensors:
                dist.broadcast(tensor.detach(), 0)

    def together(self, make: Callable[[], T]) -> T:
        """Return the result of `make` on this process. If it fails on one, all raise ValueError with its message."""
        if self.size == 1:
            return make()
        problem = ""
        try:
            made = make()
        except (ValueError, OSError) as error:
            problem = str(error) or type(error).__name__
        problems = [""] * self.size
        dist.all_gather_object(problems, problem)
        for first in filter(None, problems):
            raise ValueError(first)
        return made

    def from_first(self, make: Callable[[], T]) -> T:
        """Return the result of `make` on the first process to all; only the first runs it. Fails like `together`."""
        made = [self.together(lambda: make() if self.first else None)]
        if self.size > 1:
            dist.broadcast_object_list(made)
        return made[0]  # type: ignore[return-value]

    def check_same(self, text: str, otherwise: str) -> None:
        """Raises ValueError with the message `otherwise` on all processes unless all have the same `text`."""
        expected = self.from_first(lambda: text)

        def compare() -> None:
            if text != expected:
                raise ValueError(otherwise)

        self.together(compare)


ALONE = World()


@contextmanager
def join(device: torch.device) -> Iterator[World]:
    """Join the processes of torchrun's environment variables during the block; without the variables, use this process alone.

    They communicate by NCCL if `device` is CUDA, each with its own GPU, and by Gloo on CPUs. Raises ValueError for another
    device, and for more processes than GPUs.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield ALONE
        return
    if device.type not in ("cuda", "cpu"):
        raise ValueError(f"several processes train on cuda or cpu, not on {device.type}: choose one with --device")
    if device.type == "cuda":
        local, present = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
        if local >= present:
            raise ValueError(f"this machine has {present} GPU(s), too few for process {local + 1}: start one process per GPU")
        torch.cuda.set_device(local)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield World(dist.get_rank(), dist.get_world_size())
    finally:
        dist.destroy_process_group()
