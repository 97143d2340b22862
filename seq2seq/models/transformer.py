"""The Transformer (Vaswani et al. 2017), with layer normalisation before each sublayer (Xiong et al. 2020) and cached keys.

Symbols: R rows, S source positions, T target positions of a call, P positions before them, E units of the model, N heads.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from seq2seq.config import ModelConfig
from seq2seq.errors import SettingError
from seq2seq.models.attention import Memory, masked_softmax
from seq2seq.models.layers import Dropout
from seq2seq.models.state import PerRow

TINY = 1e-30  # smallest divisor; real softmax weights are larger
Heads = tuple[Tensor, Tensor]  # keys and values, [R, N, positions, E / N] each


@dataclass(frozen=True, kw_only=True)
class TransformerMemory(Memory):
    cross: tuple[Heads, ...] = ()  # per decoder layer: keys and values of the source, computed once per sentence


@dataclass(frozen=True)
class TransformerState(PerRow):
    """The cache of all earlier positions: a step computes keys and values only for its own position."""

    written: tuple[Heads, ...]  # per decoder layer; P positions
    hidden: Tensor  # [R, E] top layer at the last position


def positions(start: int, count: int, like: Tensor) -> Tensor:
    """Return the sinusoids [count, E] of the positions from `start` on: Vaswani et al. 2017, section 3.5. `like` is [.., E]."""
    size = like.shape[-1]
    position = torch.arange(start, start + count, device=like.device, dtype=torch.float32)[:, None]
    rate = torch.exp(torch.arange(0, size, 2, device=like.device) * (-math.log(10_000.0) / size))
    return torch.stack([(position * rate).sin(), (position * rate).cos()], -1).flatten(1)[:, :size].to(like.dtype)


class MultiHead(nn.Module):
    """Scaled dot-product attention in N subspaces: section 3.2.2."""

    def __init__(self, size: int, heads: int):
        super().__init__()
        self.query, self.keys_values = nn.Linear(size, size), nn.Linear(size, 2 * size)
        self.output = nn.Linear(size, size)
        self.heads = heads

    def read(self, x: Tensor) -> Heads:
        """[R, positions, E] -> keys and values."""
        keys, values = self.keys_values(x).chunk(2, -1)
        return self._split(keys), self._split(values)

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def forward(self, x: Tensor, source: Heads, mask: Tensor, given: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Queries [R, T, E] attend to `source` where `mask` [.., positions] is True -> [R, T, E], weights [R, N, T, positions].

        If an edited mean over the heads is `given` [R, positions], each head's weights are scaled by given / mean and
        normalised to sum 1. So the heads keep their differences, and the unedited mean changes nothing.

        This does not use the library's fused attention, which is slower for sentences in training on a CPU and hides the
        weights.
        """
        keys, values = source
        query = self._split(self.query(x)) * (self.heads / x.shape[-1]) ** 0.5
        weights = masked_softmax(query @ keys.transpose(-1, -2), mask)
        if given is not None:
            weights = weights * (given[:, None] / weights.mean(1).clamp_min(TINY))[:, None]
            weights = weights / weights.sum(-1, keepdim=True)
        read = weights.to(values.dtype) @ values
        return self.output(read.transpose(1, 2).flatten(2)), weights


class FeedForward(nn.Module):
    """Two maps with a ReLU between them, for each position separately: section 3.3."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.wide = nn.Linear(config.embedding_size, config.feed_forward_size)
        self.narrow = nn.Linear(config.feed_forward_size, config.embedding_size)
        self.dropout = Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        return self.narrow(self.dropout(self.wide(x).relu()))


class EncoderLayer(nn.Module):
    def __init__(self, config: ModelConfig):
        super().__init__()
        size = config.embedding_size
        self.norm, self.attention = nn.LayerNorm(size), MultiHead(size, config.heads)
        self.feed_norm, self.feed = nn.LayerNorm(size), FeedForward(config)
        self.dropout = Dropout(config.dropout)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """[B, S, E] -> the same shape, and the attention weights [B, N, S, S]."""
        normed = self.norm(x)
        read, weights = self.attention(normed, self.attention.read(normed), mask)
        x = x + self.dropout(read)
        return x + self.dropout(self.feed(self.feed_norm(x))), weights


class DecoderLayer(nn.Module):
    def __init__(self, config: ModelConfig):
        super().__init__()
        size = config.embedding_size
        self.norm, self.attention = nn.LayerNorm(size), MultiHead(size, config.heads)
        self.cross_norm, self.cross = nn.LayerNorm(size), MultiHead(size, config.heads)
        self.feed_norm, self.feed = nn.LayerNorm(size), FeedForward(config)
        self.dropout = Dropout(config.dropout)

    def forward(
        self, x: Tensor, written: Heads, source: Heads, mask: Tensor, given: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor, Heads]:
        """[R, T, E] -> the same shape; weights on the source [R, N, T, S] and on the decoder's inputs [R, N, T, P + T]; keys
        and values of all P + T positions. `given` [R, S] is `Memory.given`."""
        normed = self.norm(x)
        keys, values = self.attention.read(normed)
        own = (torch.cat([written[0], keys], 2), torch.cat([written[1], values], 2))
        read, self_weights = self.attention(normed, own, _earlier(keys.shape[2], own[0].shape[2], x.device))
        x = x + self.dropout(read)
        read, weights = self.cross(self.cross_norm(x), source, mask, given)
        x = x + self.dropout(read)
        return x + self.dropout(self.feed(self.feed_norm(x))), weights, self_weights, own


def _earlier(count: int, total: int, device: torch.device) -> Tensor:
    """Return the mask [count, total]: each of the last `count` of `total` positions sees itself and the positions before it."""
    return torch.ones(count, total, dtype=torch.bool, device=device).tril(total - count)


class TransformerEncoder(nn.Module):
    """Every position attends to every other position; there is no direction."""

    names: tuple[str, ...] = ("self-attention",)
    order: tuple[str, ...] = ("parallel",)

    def __init__(self, config: ModelConfig):
        super().__init__()
        if config.embedding_size % (2 * config.heads):
            raise SettingError(
                f"{{embedding_size}} must be a multiple of twice the {config.heads} {{heads}}, not {config.embedding_size}"
            )
        self.layers = nn.ModuleList(EncoderLayer(config) for _ in range(config.encoder_layers))
        self.norm = nn.LayerNorm(config.embedding_size)
        self.dropout = Dropout(config.dropout)
        self.memory_size = config.embedding_size

    def forward(self, embedded: Tensor, lengths: Tensor) -> TransformerMemory:
        """Embedded source [B, S, E] and lengths [B] -> memory with states [B, S, E]."""
        return self.forward_with_heads(embedded, lengths)[0]

    def forward_with_heads(self, embedded: Tensor, lengths: Tensor) -> tuple[TransformerMemory, list[Tensor]]:
        """Return the same, and the weights of every head of each layer [B, N, S, S]."""
        count = embedded.shape[1]
        mask = torch.arange(count, device=embedded.device) < lengths[:, None]
        x = self.dropout(embedded + positions(0, count, embedded))
        head_weights = []
        for layer in self.layers:
            x, weights = layer(x, mask[:, None, None])
            head_weights.append(weights)
        # States after the end of a sentence are set to 0, so that padding has no effect.
        return TransformerMemory(states=self.norm(x) * mask[..., None], mask=mask), head_weights


class TransformerDecoder(nn.Module):
    def __init__(self, config: ModelConfig, memory_size: int):
        super().__init__()
        self.layers = nn.ModuleList(DecoderLayer(config) for _ in range(config.decoder_layers))
        self.norm = nn.LayerNorm(config.embedding_size)
        self.dropout = Dropout(config.dropout)
        self.heads = config.heads
        # The layer whose attention is shown and edited. The second-to-last layer aligns words better than the last one, on our
        # own alignments (assets/docs/models.md) and in larger models (Garg et al. 2019).
        self.shown = max(0, config.decoder_layers - 2)

    def _layers(self) -> Sequence[DecoderLayer]:
        return list(self.layers)  # type: ignore[arg-type]

    def begin(self, memory: TransformerMemory) -> tuple[TransformerMemory, TransformerState]:
        """Return the memory with each layer's keys and values, and an empty state."""
        rows, _, size = memory.states.shape
        nothing = memory.states.new_zeros(rows, self.heads, 0, size // self.heads)
        cross = tuple(layer.cross.read(memory.states) for layer in self._layers())
        written = tuple((nothing, nothing) for _ in self.layers)
        return replace(memory, cross=cross), TransformerState(written, memory.states[:, 0])

    def forward(
        self, embedded: Tensor, state: TransformerState, memory: TransformerMemory
    ) -> tuple[Tensor, Tensor, TransformerState]:
        """Embedded inputs [R, T, E] -> features [R, T, E], attention [R, T, S], state after the last position.

        The attention is the mean over the heads of the cross-attention in the layer `shown`.
        """
        features, head_weights, _, state = self.forward_with_heads(embedded, state, memory)
        return features, head_weights[self.shown].mean(1), state

    def forward_with_heads(
        self, embedded: Tensor, state: TransformerState, memory: TransformerMemory
    ) -> tuple[Tensor, list[Tensor], list[Tensor], TransformerState]:
        """Return the same, and each layer's head weights: on the source [R, N, T, S], on the decoder's inputs [R, N, T, P +
        T]."""
        before = state.written[0][0].shape[2]
        x = self.dropout(embedded + positions(before, embedded.shape[1], embedded))
        mask, written = memory.mask[:, None, None], []
        head_weights, all_self_weights = [], []
        for number, (layer, own, source) in enumerate(zip(self._layers(), state.written, memory.cross, strict=True)):
            given = memory.given if number == self.shown else None
            x, cross_weights, self_weights, own = layer(x, own, source, mask, given)
            head_weights.append(cross_weights)
            all_self_weights.append(self_weights)
            written.append(own)
        features = self.norm(x)
        return features, head_weights, all_self_weights, TransformerState(tuple(written), features[:, -1])
