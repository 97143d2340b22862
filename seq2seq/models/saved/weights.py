"""The weights of a model in a safetensors file: matrices in int8 with one scale a row, other parameters in fp16.

A row w of a matrix is stored as round(w / s) with s = max |w| / 127, half the size of fp16. When read, s times the integer is
rounded to fp16, so that a packed model (packed.py), whose matrices are fp16, computes with the same numbers. Matrices in fp16,
bf16 or fp32 are read as well.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from seq2seq.models.seq2seq import Seq2Seq

STORED = ("I8", "F16", "BF16", "F32")  # allowed types of stored weights
SCALE = ".scale"  # ending of the name of an int8 matrix's scales
MAX_HEADER_BYTES = 1_000_000  # names and shapes, about a hundred bytes per tensor
LEVELS = 127


def save(model: nn.Module, path: Path) -> None:
    """Write the parameters of `model`. Raises OSError."""
    tensors: dict[str, Tensor] = {}
    for name, parameter in model.named_parameters():
        values = parameter.detach().cpu().float()
        if values.dim() == 2:
            # The largest value of a row is rounded to fp16 first, so that a model that was read is written without change.
            scale = values.abs().amax(1, keepdim=True).half().float() / LEVELS
            scale = scale.clamp_min(torch.finfo(torch.float32).tiny)
            tensors[name], tensors[name + SCALE] = (values / scale).round().to(torch.int8), scale[:, 0].contiguous()
        else:
            tensors[name] = values.half().contiguous()
    save_tensors(tensors, path)
    path.chmod(0o644)  # the library makes the file private; a copied folder should stay readable


def save_tensors(tensors: Mapping[str, torch.Tensor], path: Path, about: dict[str, str] | None = None) -> None:
    """Write a safetensors file. Raises OSError if that fails; the library reports the error number only in its message."""
    try:
        save_file(dict(tensors), path, metadata=about)
    except SafetensorError as error:
        found = re.search(r"os error (\d+)", str(error))
        number = int(found[1]) if found else errno.EIO
        raise OSError(number, os.strerror(number), str(path)) from None


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open the weights. The size of the header is checked first, because the library parses it completely and a huge one would
    need gigabytes."""
    try:
        with open(path, "rb") as begin:
            length = int.from_bytes(begin.read(8), "little")
        if length > MAX_HEADER_BYTES:
            raise ValueError("model.safetensors is truncated or of another kind (its list of tensors is too long)")
        with safe_open(path, framework="pt") as file:
            yield file
    except OSError:  # the original message would show the path
        raise ValueError("model.safetensors is missing or cannot be read") from None
    except SafetensorError as error:
        raise ValueError(f"model.safetensors is truncated or of another kind ({str(error)[:100]})") from None


def check(path: Path, model: Seq2Seq) -> None:
    """Check that the file has the weights of `model`, without reading them. Raises ValueError that names the fault."""
    with _opened(path) as file:
        _check_shapes(file, model)


def _check_shapes(file: Any, model: Seq2Seq) -> None:
    wanted = {name: list(p.shape) for name, p in model.named_parameters()}
    found = {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118 (not a dict)
    kinds = {name: file.get_slice(name).get_dtype() for name in found}
    for name, kind in kinds.items():
        if kind == "I8" and len(found[name]) == 2:
            wanted[name + SCALE] = found[name][:1]
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) != found.get(name):
            raise ValueError(
                f"model.safetensors does not fit config.json: {name[:80]} is {str(found.get(name, 'missing'))[:40]}, "
                f"expected {wanted.get(name, 'nothing')} (another version of this project may have written it)"
            )
        if kinds[name] not in STORED or (kinds[name] == "I8" and name + SCALE not in wanted):
            raise ValueError(f"model.safetensors holds {name} as {kinds[name]}, not as one of {', '.join(STORED[1:])}")


def _read(file: Any, name: str) -> Tensor:
    stored: Tensor = file.get_tensor(name)
    if stored.dtype != torch.int8:
        return stored.float()
    return (stored.float() * file.get_tensor(name + SCALE).float()[:, None]).half().float()


def fill(model: Seq2Seq, path: Path) -> Seq2Seq:
    """Fill `model`, which has no weights yet, from the file. Raises ValueError that names the fault."""
    with _opened(path) as file:
        _check_shapes(file, model)
        state = {name: _read(file, name) for name, _ in model.named_parameters()}
    if bad := next((name for name, tensor in state.items() if not tensor.isfinite().all()), None):
        raise ValueError(f"model.safetensors holds numbers that are not finite, in {bad}")
    parameters = {name: torch.nn.Parameter(tensor, requires_grad=False) for name, tensor in state.items()}
    stored_as = {id(parameter): name for name, parameter in model.named_parameters()}
    for name, parameter in list(model.named_parameters(remove_duplicate=False)):
        # A tied matrix has several names but is stored once; all names get the same object again.
        owner, _, leaf = name.rpartition(".")
        setattr(model.get_submodule(owner), leaf, parameters[stored_as[id(parameter)]])
    return model.eval()
