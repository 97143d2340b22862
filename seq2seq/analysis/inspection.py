"""Inspect a model beyond its trace: the attention of every head, and how the encoder's states change.

Symbols: S source positions, T steps, N heads, H units of one direction of the encoder.
"""

from __future__ import annotations

import torch
from torch import Tensor

from seq2seq.data.batches import pad
from seq2seq.decoding.translator import Translator
from seq2seq.trace import DecodingTrace


@torch.inference_mode()
def heads(translator: Translator, trace: DecodingTrace) -> dict[str, list[Tensor]]:
    """Return the weights [N, rows, columns] of each layer, by kind ("encoder", "cross", "decoder"; see `Seq2Seq.weights`).

    The result is empty for a model without heads. The target in `trace` is forced in one pass, which gives the same weights as
    the steps had.
    """
    source, lengths = pad([[position.token for position in trace.source]])
    target = torch.tensor([[step.token for step in trace.steps]])
    model = translator.model
    weights = model.head_weights(*(tensor.to(model.device) for tensor in (source, lengths, target)))
    return {kind: [layer[0].float().cpu() for layer in layers] for kind, layers in weights.items()}


@torch.inference_mode()
def state_changes(translator: Translator, trace: DecodingTrace) -> dict[str, list[float]]:
    """Return, for each direction of a recurrent encoder, the mean change of a unit of its top layer at each source piece.

    The units of all cells lie between -1 and 1 and start at 0: the mean of |h_s - h_(s-1)| over H is between 0 and 2.
    The states of an encoder without recurrence have no such limits.
    """
    source, lengths = pad([[position.token for position in trace.source]])
    model = translator.model
    memory, _ = model.encode(source.to(model.device), lengths.to(model.device))
    reading = trace.reading
    changes = {}
    parts = memory.states[0].float().chunk(len(reading.names), -1)
    for name, order, states in zip(reading.names, reading.order, parts, strict=True):
        read = states.flip(0) if order == "backward" else states  # in reading order
        before = torch.cat([torch.zeros_like(read[:1]), read[:-1]])
        change = (read - before).abs().mean(-1)
        changes[name] = (change.flip(0) if order == "backward" else change).tolist()
    return changes
