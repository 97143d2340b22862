"""Choose the device, read its name, memory and utilisation, and set the memory allocator."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Mapping
from contextlib import suppress

import torch

from seq2seq.errors import SettingError

ZERO_GPU = "SPACES_ZERO_GPU"  # environment variable of a Space that lends GPUs
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # glibc's malloc.h
_UNITS_OF_RSS = 1 if sys.platform == "darwin" else 1024  # bytes per unit of getrusage


def lends_gpu(variables: Mapping[str, str]) -> bool:
    """Return whether this machine is a Space with ZeroGPU. There PyTorch says that CUDA is available, but only the function
    that `spaces.GPU` decorates may use it."""
    return variables.get(ZERO_GPU, "").lower() in ("1", "t", "true")


def choose_device(name: str) -> torch.device:
    """Return the device. `auto` takes the first of CUDA, Apple's MPS and the CPU that works; where a GPU is only lent, the CPU.
    Raises ValueError if a named device is not available."""
    if name == "auto" and lends_gpu(os.environ):
        return torch.device("cpu")
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return torch.device(next(n for n in ("cuda", "mps", "cpu") if present[n] and _computes(n)))
    if name not in present:
        raise SettingError(f"{{device}} must be one of auto, {', '.join(present)}, not {name!r}")
    if not present[name]:
        raise SettingError(f"{{device}} {name!r} is not available on this machine: use 'auto'")
    return torch.device(name)


def _computes(name: str) -> bool:
    """Return whether a device works; after a fault, or while others use it alone, it is listed but fails."""
    try:
        return bool(torch.ones(1, device=name).item() == 1)
    except RuntimeError as error:
        return out_of_memory(error)


def lost(error: RuntimeError) -> bool:
    """Return whether the device failed, not the program. This process cannot compute on it any more."""
    return isinstance(error, torch.AcceleratorError) or str(error).startswith(("CUDA error", "cuDNN error", "HIP error"))


def bf16_pays(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and bool(torch.cpu.get_capabilities().get("avx512_bf16", False))


def described(device: torch.device) -> str:
    """Return the device's name; for a CPU, the number of threads."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{device.type}, {torch.get_num_threads()} thread(s)"


def memory(device: torch.device) -> tuple[int, int] | None:
    """Return the highest memory use of this process and the device's memory, in bytes; None if they cannot be read.

    On a CPU the first is all memory of the process, not only tensors.
    """
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device), torch.cuda.get_device_properties(device).total_memory
    if device.type == "mps":
        return torch.mps.driver_allocated_memory(), torch.mps.recommended_max_memory()
    with suppress(ImportError, OSError, ValueError):  # Windows has no getrusage
        import resource

        held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNITS_OF_RSS
        return held, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return None


def utilisation(device: torch.device) -> float | None:
    """Return the share of the last second in which the GPU was computing, 0 to 1; None if the driver's library is missing."""
    if device.type == "cuda":
        with suppress(ImportError, RuntimeError):  # NVML's Python package is not required
            return torch.cuda.utilization(device) / 100
    return None


def out_of_memory(error: RuntimeError) -> bool:
    """Return whether memory ran out. CUDA has an exception class for it; MPS and the CPU's allocator have only a message."""
    words = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError) or "out of memory" in words or "allocate memory" in words


def keep_freed_memory() -> None:
    """Make glibc reuse the memory of one step for the next: training on Linux gets 1.2 to 1.5 times faster (two cores).

    Otherwise glibc returns the memory and pays for page faults again. Use it in a training process, whose steps all need about
    the same memory. On other systems it does nothing.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:  # another C library
        return
    mallopt(_M_MMAP_MAX, 0)
    mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
