"""Export a model to ONNX: one graph for the encoder, and one for a decoding step. Other programs can then decode without torch.

The graphs have named tensors. The encoder reads `source` [1, S] and returns the parts of the memory and of the first state. A
step reads `token` [R] and these parts, and returns `log_probs` [R, V], `attention` [R, S] where the model has it, and the next
state: the tensor `next.NAME` replaces NAME. R rows are hypotheses of one sentence.

The export traces the model (`dynamo=False`): the newer exporter unrolls a recurrent layer over the positions of its example, so
that the graph would fit one length only.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from seq2seq.config import BOS, EOS
from seq2seq.models.attention import Memory
from seq2seq.models.seq2seq import Seq2Seq

ENCODER, STEP = "encoder.onnx", "step.onnx"
NEXT = "next."  # prefix of the state's tensors after a step
OPSET = 17  # version of ONNX's operators
_EXAMPLES = ([EOS + 1, EOS + 2, EOS], [EOS + 1, EOS + 2, EOS + 3, EOS])  # two lengths show which sizes depend on the length


def export(model: Seq2Seq, folder: Path) -> None:
    """Write ENCODER and STEP into `folder`. Raises ValueError if the package onnx is missing."""
    try:
        import onnx  # noqa: F401 - torch's exporter needs it
    except ImportError:
        raise ValueError("the export needs the package onnx: pip install -r assets/docs/onnx/requirements.txt") from None
    folder.mkdir(parents=True, exist_ok=True)
    model.float().eval()
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of each shape that it traces as a number
        (memory, state), (longer, _) = (model.encode(*_source(ids)) for ids in _EXAMPLES)
        parts = {**named(memory, "memory"), **named(state, "state")}
        by_source = _growing(named(memory, "memory"), named(longer, "memory"), "source")
        _write(
            _Encoder(model),
            folder / ENCODER,
            {"source": _source(_EXAMPLES[0])[0]},
            list(parts),
            {"source": {1: "source"}, **by_source},
        )

        token = torch.tensor([BOS, BOS])
        memory, state = memory.select(torch.tensor([0, 0])), state.select(torch.tensor([0, 0]))  # two rows: neither size is 1
        first = model.step(token, state, memory)
        second = model.step(token, first.state, memory)
        by_steps = _growing(named(first.state, "state"), named(second.state, "state"), "written")
        inputs = {"token": token, **named(memory, "memory"), **named(first.state, "state")}
        attention = [] if first.attention is None else ["attention"]
        outputs = ["log_probs", *attention, *(NEXT + name for name in named(state, "state"))]
        axes = {name: {0: "rows", **by_source.get(name, {}), **by_steps.get(name, {})} for name in inputs}
        axes |= {name: {0: "rows", **by_steps.get(name.removeprefix(NEXT), {})} for name in outputs}
        axes |= {name: {0: "rows", 1: "source"} for name in attention}
        _write(_Step(model, memory, first.state), folder / STEP, inputs, outputs, axes)


def difference(model: Seq2Seq, folder: Path, sentences: Sequence[Sequence[int]], steps: int = 20) -> float:
    """Return the largest difference of a log-probability between ONNX Runtime and PyTorch.

    `sentences` are source ids with their end mark. PyTorch decodes them greedily for `steps` pieces. ONNX Runtime is fed
    the same pieces. Raises ValueError if the package onnxruntime is missing.
    """
    try:
        import onnxruntime
    except ImportError:
        raise ValueError("this needs the package onnxruntime: pip install -r assets/docs/onnx/requirements.txt") from None
    encoder, step = (onnxruntime.InferenceSession(folder / file) for file in (ENCODER, STEP))
    inputs, outputs = [part.name for part in step.get_inputs()], [part.name for part in step.get_outputs()]
    names = [part.name for part in encoder.get_outputs()]
    worst = 0.0
    for ids in sentences:
        source, lengths = _source(list(ids))
        with torch.no_grad():
            memory, state = model.encode(source, lengths)
            values = dict(zip(names, encoder.run(None, {"source": source.numpy()}), strict=True))
            token = torch.tensor([BOS])
            for _ in range(steps):
                values["token"] = token.numpy()
                found = dict(zip(outputs, step.run(outputs, {name: values[name] for name in inputs}), strict=True))
                output = model.step(token, state, memory)
                worst = max(worst, float((output.log_probs - torch.from_numpy(found["log_probs"])).abs().max()))
                state, token = output.state, output.log_probs.argmax(-1)
                values |= {name.removeprefix(NEXT): value for name, value in found.items() if name.startswith(NEXT)}
    return worst


def named(record: Any, prefix: str) -> dict[str, Tensor]:
    """Return the tensors of a memory or a state (PerRow) by name: `memory.keys`, `state.layers.0`."""
    return {
        name: tensor
        for field in fields(record)
        for name, tensor in _parts(getattr(record, field.name), f"{prefix}.{field.name}")
    }


def _parts(value: Any, name: str) -> Iterator[tuple[str, Tensor]]:
    if isinstance(value, Tensor):
        yield name, value
    elif isinstance(value, tuple):
        for number, part in enumerate(value):
            yield from _parts(part, f"{name}.{number}")


def _rebuilt(record: Any, tensors: Iterator[Tensor]) -> Any:
    """Return the record with other tensors, in the order of `named`."""
    return type(record)(**{field.name: _filled(getattr(record, field.name), tensors) for field in fields(record)})


def _filled(value: Any, tensors: Iterator[Tensor]) -> Any:
    if isinstance(value, Tensor):
        return next(tensors)
    return tuple(_filled(part, tensors) for part in value) if isinstance(value, tuple) else value


class _Encoder(nn.Module):
    """Encode one sentence without padding."""

    def __init__(self, model: Seq2Seq):
        super().__init__()
        self.model = model

    def forward(self, source: Tensor) -> tuple[Tensor, ...]:
        lengths = torch.ones_like(source).sum(1)
        memory, state = self.model.encode(source, lengths)
        return (*named(memory, "memory").values(), *named(state, "state").values())


class _Step(nn.Module):
    """One decoding step; `memory` and `state` are examples of the records that it gets as single tensors."""

    def __init__(self, model: Seq2Seq, memory: Memory, state: Any):
        super().__init__()
        self.model, self.memory, self.state = model, memory, state

    def forward(self, token: Tensor, *tensors: Tensor) -> tuple[Tensor, ...]:
        given = iter(tensors)
        memory = _rebuilt(self.memory, given)
        output = self.model.step(token, _rebuilt(self.state, given), memory)
        attention = () if output.attention is None else (output.attention,)
        return (output.log_probs, *attention, *named(output.state, "state").values())


def _source(ids: list[int]) -> tuple[Tensor, Tensor]:
    return torch.tensor([ids]), torch.tensor([len(ids)])


def _growing(before: dict[str, Tensor], after: dict[str, Tensor], name: str) -> dict[str, dict[int, str]]:
    """Return the axes whose size differs, by tensor."""
    return {
        key: {axis: name for axis, (one, other) in enumerate(zip(tensor.shape, after[key].shape, strict=True)) if one != other}
        for key, tensor in before.items()
    }


def _write(
    module: nn.Module, file: Path, inputs: dict[str, Tensor], outputs: list[str], axes: dict[str, dict[int, str]]
) -> None:
    torch.onnx.export(
        module.eval(),
        tuple(inputs.values()),
        str(file),
        input_names=list(inputs),
        output_names=outputs,
        dynamic_axes={name: sizes for name, sizes in axes.items() if sizes},
        opset_version=OPSET,
        dynamo=False,
    )
