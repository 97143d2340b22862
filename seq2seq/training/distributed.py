"""Training by several processes, as `torchrun` starts them. Nothing else in the project knows torch.distributed.

Every process holds the whole model and makes the same updates from the same summed gradients, so that all stay equal; what
they share out are the rows of each batch.
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
    """The processes of a run, `size` in number, and which of them this one is. Alone, every method does next to nothing.

    Methods other than `share` are called by all processes in the same order; each waits for the others.
    """

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """The one process that writes files and reports."""
        return self.rank == 0

    def share(self, rows: Sequence[T]) -> Sequence[T]:
        """This process's part. The parts of all make up `rows`, each row once; of few rows some processes get none."""
        return rows[self.rank :: self.size]

    def sum(self, values: Sequence[float]) -> list[float]:
        """Each of the numbers, summed over the processes."""
        if self.size == 1:
            return list(values)
        device = "cuda" if dist.get_backend() == "nccl" else "cpu"
        total = torch.tensor(values, dtype=torch.float64, device=device)
        dist.all_reduce(total)
        return total.tolist()

    def sum_gradients(self, parameters: Iterable[torch.nn.Parameter], loss: Tensor) -> Tensor:
        """Sum the gradients over the processes, in place; returns `loss` [], summed likewise.

        All in one message: each has to wait for the slowest process. A parameter without gradient counts as zeros.
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
        """What `make` gives on this process. If it fails on one, all raise ValueError with its message: none waits in vain."""
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
        """What `make` gives on the first process, on all; it runs nowhere else. Fails like `together`."""
        made = [self.together(lambda: make() if self.first else None)]
        if self.size > 1:
            dist.broadcast_object_list(made)
        return made[0]  # type: ignore[return-value]

    def check_same(self, text: str, otherwise: str) -> None:
        """Raises ValueError with the message `otherwise` on all processes unless all were given the same `text`."""
        expected = self.from_first(lambda: text)

        def compare() -> None:
            if text != expected:
                raise ValueError(otherwise)

        self.together(compare)


ALONE = World()


@contextmanager
def join(device: torch.device) -> Iterator[World]:
    """The processes of torchrun's environment variables, while the block lasts; without them, this process alone.

    They talk by NCCL where `device` is CUDA, each with a GPU of its own, and by Gloo on CPUs. Raises ValueError for another
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
            raise ValueError(f"this machine has {present} GPU(s), too few for process {local + 1}: start one process a GPU")
        torch.cuda.set_device(local)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield World(dist.get_rank(), dist.get_world_size())
    finally:
        dist.destroy_process_group()
