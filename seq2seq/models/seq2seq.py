"""The common interface of all encoder-decoders: encode, step, forward, loss.

Symbols: B sentences, R rows (sentences, or hypotheses of a beam), S source positions, T target positions, V target pieces,
E embedding units.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from seq2seq.config import BOS, PAD, ModelConfig, choose
from seq2seq.models.architectures import ARCHITECTURES, Architecture
from seq2seq.models.attention import Memory
from seq2seq.models.layers import linear_cross_entropy, widen
from seq2seq.models.state import State
from seq2seq.sources.kinds import kind_of
from seq2seq.trace import Reading

ENCODER, CROSS, DECODER = (
    "encoder",
    "cross",
    "decoder",
)  # kinds of heads: encoder self-attention, decoder to source, decoder self-attention


class StepOutput(NamedTuple):
    log_probs: Tensor  # [R, V]
    attention: Tensor | None  # [R, S]
    state: State


class _NoDrawing(TorchFunctionMode):
    """Skip random initialisation, because on the meta device it would import PyTorch's compiler, which is slow."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func.__name__ in ("normal_", "uniform_"):
            return args[0] if args else kwargs["tensor"]
        return func(*args, **kwargs)


def shape_of(config: ModelConfig) -> Seq2Seq:
    """Return a model with shapes but without weights, which needs no memory. Raises ValueError like Seq2Seq."""
    with torch.device("meta"), _NoDrawing():
        return Seq2Seq(config)


class Seq2Seq(nn.Module):
    """Model p(target | source) as a product of one distribution per step (Sutskever et al. 2014, equation 1)."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        self.architecture: Architecture = choose("architecture", config.architecture, ARCHITECTURES)
        self.architecture.check(config)
        self.target_embedding = nn.Embedding(config.target_vocabulary, config.embedding_size)
        kind = kind_of(config)
        if kind.front is not None:
            self.front = kind.front(config)
        elif (config.shared_vocabulary and config.tied_embeddings) or not self.architecture.reads_source:
            self.source_embedding = self.target_embedding
        else:
            self.source_embedding = nn.Embedding(config.source_vocabulary, config.embedding_size)
        self.reads_text = kind.is_text
        self.encoder = self.architecture.encoder(config)
        self.decoder = self.architecture.decoder(config, self.encoder.memory_size)
        self.output = nn.Linear(config.embedding_size, config.target_vocabulary)
        if config.tied_embeddings:
            self.output.weight = self.target_embedding.weight
        self._initialise()

    def _initialise(self) -> None:
        """Initialise matrices uniformly (Glorot and Bengio 2010), recurrent ones orthogonally; embedding rows have length about
        1."""
        for name, parameter in self.named_parameters():
            if "embedding" in name or name == "output.weight":
                nn.init.normal_(parameter, std=self.config.embedding_size**-0.5)
            elif parameter.dim() < 2:
                nn.init.constant_(parameter, float("norm.weight" in name))
            elif "weight_hh" in name:
                for gate in parameter.data.split(parameter.shape[1]):
                    nn.init.orthogonal_(gate)
            else:
                nn.init.xavier_uniform_(parameter)

    def _embed(self, table: nn.Module, ids: Tensor) -> Tensor:
        # Scale to unit variance, because the same rows can be output weights (Vaswani et al. 2017, section 3.4).
        return table(ids) * math.sqrt(self.config.embedding_size)

    def encode(self, source: Tensor, lengths: Tensor) -> tuple[Memory, State]:
        """Inputs [B, .., ..], padded, and their lengths [B] -> the decoder's memory, and its state before the first step.

        The input of a text is its ids [B, S]; other inputs are what the Reader of their kind returns (sources/kinds.py).
        """
        assert source.shape[0] == lengths.shape[0], (source.shape, lengths.shape)
        if self.reads_text:
            return self.encode_embedded(self.embed_source(source), lengths)
        return self.encode_embedded(*self.front(source, lengths))

    def embed_source(self, source: Tensor) -> Tensor:
        """Source ids [B, S] -> embedded source [B, S, E]. Only for text."""
        return self._embed(self.source_embedding, source)

    def embed_target(self, target: Tensor) -> Tensor:
        """Pieces that the decoder is fed [R, T] -> their embeddings [R, T, E]."""
        return self._embed(self.target_embedding, target)

    def encode_embedded(self, embedded: Tensor, lengths: Tensor) -> tuple[Memory, State]:
        """Encode vectors [B, S, E], of which the first `lengths` [B] of a row are real."""
        return self.decoder.begin(self.encoder(embedded, lengths))

    def step(self, token: Tensor, state: State, memory: Memory) -> StepOutput:
        """The last piece of each row [R] -> the distribution of the next piece."""
        embedded = self.embed_target(token[:, None])
        features, attention, state = self.decoder(embedded, state, memory)
        log_probs = widen(self.output(features[:, 0])).log_softmax(-1)
        return StepOutput(log_probs, None if attention is None else attention[:, 0], state)

    def forward(self, source: Tensor, lengths: Tensor, target: Tensor, window: tuple[int, int] | None = None) -> Tensor:
        """Return the teacher-forced log-probabilities [B, T, V] of every next piece, given the pieces of `target` [B, T] before
        it. A `window` limits the attention as in decoding (`Memory.window`)."""
        return widen(self.output(self._features(source, lengths, target, window))).log_softmax(-1)

    def loss(
        self, source: Tensor, lengths: Tensor, target: Tensor, smoothing: float = 0.0, fed: Tensor | None = None
    ) -> Tensor:
        """Return the cross-entropy in nats, summed over the real positions of `target` [B, T]. The inputs are `fed`, by default
        the target.

        `smoothing` spreads that share of the probability evenly over the vocabulary (Szegedy et al. 2016, section 7).
        """
        real = target != PAD
        features = self._features(source, lengths, target if fed is None else fed)[real]  # [N, E] without padding
        return linear_cross_entropy(features, self.output.weight, self.output.bias, target[real], smoothing)

    def _features(self, source: Tensor, lengths: Tensor, fed: Tensor, window: tuple[int, int] | None = None) -> Tensor:
        """Return the inputs [B, T, E] of the output layer; each position reads the piece of `fed` [B, T] before it."""
        memory, state = self.encode(source, lengths)
        if window is not None:
            memory = replace(memory, window=window)
        return self.decoder(self._embed_fed(fed), state, memory)[0]

    def _embed_fed(self, fed: Tensor) -> Tensor:
        """Embed the pieces of `fed` [B, T], shifted by one: each position gets the piece before it [B, T, E]."""
        return self.embed_target(F.pad(fed[:, :-1], (1, 0), value=BOS))

    def next_from_embedded(self, embedded: Tensor, lengths: Tensor, fed: Tensor) -> Tensor:
        """Return the log-probabilities [B, V] of the piece at the last position of `fed` [B, T], given the pieces before it.

        The source is `embedded` [B, S, E], so that its gradient can be computed.
        """
        memory, state = self.encode_embedded(embedded, lengths)
        features = self.decoder(self._embed_fed(fed), state, memory)[0][:, -1]
        return widen(self.output(features)).log_softmax(-1)

    def head_weights(self, source: Tensor, lengths: Tensor, target: Tensor) -> dict[str, list[Tensor]]:
        """Return the attention weights of every head of each layer for the output `target` [B, T]; empty for models without
        heads.

        Per layer: "encoder" [B, N, S, S]; "cross", decoder to source, [B, N, T, S]; "decoder", decoder to its inputs, [B, N, T,
        T]. Column t of "decoder" is the input of step t; the first one is the start mark.
        """
        if not self.architecture.has_heads:
            return {}
        memory, in_encoder = self.encoder.forward_with_heads(self.embed_source(source), lengths)
        memory, state = self.decoder.begin(memory)
        _, at_source, at_written, _ = self.decoder.forward_with_heads(self._embed_fed(target), state, memory)
        return {ENCODER: in_encoder, CROSS: at_source, DECODER: at_written}

    @property
    def reading(self) -> Reading:
        """Describe for a trace how the model reads. Encoders have `names` for the parts of their states, and the `order` of
        each."""
        encoder, architecture = self.encoder, self.architecture
        primed = not architecture.looks_back and self.config.start == "encoder"
        return Reading(encoder.names, encoder.order, architecture.has_heads, architecture.looks_back, primed)

    @property
    def device(self) -> torch.device:
        return self.target_embedding.weight.device


def count_parameters(model: nn.Module) -> int:
    """Count the trained parameters; a tied matrix counts once."""
    return sum(p.numel() for p in model.parameters())
