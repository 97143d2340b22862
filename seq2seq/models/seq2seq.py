"""The contract that every encoder-decoder keeps: encode, step, forward, loss.

Symbols: B sentences, R rows (sentences, or hypotheses of a beam), S source positions, T target positions, V target pieces,
E embedding units.
"""

from __future__ import annotations

import math
from collections.abc import Callable
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
from seq2seq.trace import Reading

ENCODER, CROSS, DECODER = "encoder", "cross", "decoder"  # the kinds of heads, by whose they are and what they look at


class StepOutput(NamedTuple):
    log_probs: Tensor  # [R, V]
    attention: Tensor | None  # [R, S]
    state: State


class _NoDrawing(TorchFunctionMode):
    """No random numbers are drawn. The meta device has none, and asking it for some would import PyTorch's compiler: slow."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func.__name__ in ("normal_", "uniform_"):
            return args[0] if args else kwargs["tensor"]
        return func(*args, **kwargs)


def shape_of(config: ModelConfig) -> Seq2Seq:
    """A model with its shapes and without numbers: it takes no memory, whatever its size. Raises ValueError as Seq2Seq does."""
    with torch.device("meta"), _NoDrawing():
        return Seq2Seq(config)


class Seq2Seq(nn.Module):
    """p(target | source) as a product of one distribution a step (Sutskever et al. 2014, equation 1)."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        self.architecture: Architecture = choose("architecture", config.architecture, ARCHITECTURES)
        self.architecture.check(config)
        self.target_embedding = nn.Embedding(config.target_vocabulary, config.embedding_size)
        if config.shared_vocabulary and config.tied_embeddings:
            self.source_embedding = self.target_embedding
        else:
            self.source_embedding = nn.Embedding(config.source_vocabulary, config.embedding_size)
        self.encoder = self.architecture.encoder(config)
        self.decoder = self.architecture.decoder(config, self.encoder.memory_size)
        self.output = nn.Linear(config.embedding_size, config.target_vocabulary)
        if config.tied_embeddings:
            self.output.weight = self.target_embedding.weight
        self._initialise()

    def _initialise(self) -> None:
        """Matrices uniform (Glorot and Bengio 2010), recurrent ones orthogonal; rows of embeddings of length about 1."""
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
        # Scaled up to unit variance, since the same rows serve as output weights (Vaswani et al. 2017, section 3.4).
        return table(ids) * math.sqrt(self.config.embedding_size)

    def encode(self, source: Tensor, lengths: Tensor) -> tuple[Memory, State]:
        """Source ids [B, S], padded, and their lengths [B] -> what the decoder reads, and its state before the first step."""
        assert source.shape[0] == lengths.shape[0] and source.dim() == 2, (source.shape, lengths.shape)
        return self.encode_embedded(self.embed_source(source), lengths)

    def embed_source(self, source: Tensor) -> Tensor:
        """Source ids [B, S] -> what the encoder reads [B, S, E]."""
        return self._embed(self.source_embedding, source)

    def encode_embedded(self, embedded: Tensor, lengths: Tensor) -> tuple[Memory, State]:
        """`encode` for a source [B, S, E] that need not be any text's."""
        return self.decoder.begin(self.encoder(embedded, lengths))

    def step(self, token: Tensor, state: State, memory: Memory) -> StepOutput:
        """The last written piece of each row [R] -> the distribution of the next."""
        embedded = self._embed(self.target_embedding, token[:, None])
        features, attention, state = self.decoder(embedded, state, memory)
        log_probs = widen(self.output(features[:, 0])).log_softmax(-1)
        return StepOutput(log_probs, None if attention is None else attention[:, 0], state)

    def forward(self, source: Tensor, lengths: Tensor, target: Tensor) -> Tensor:
        """Teacher-forced log-probabilities [B, T, V] of every next piece, given `target` [B, T] before it."""
        return widen(self.output(self._features(source, lengths, target))).log_softmax(-1)

    def loss(
        self, source: Tensor, lengths: Tensor, target: Tensor, smoothing: float = 0.0, fed: Tensor | None = None
    ) -> Tensor:
        """Cross-entropy in nats, summed over the real positions of `target` [B, T]; teacher-forced unless others are `fed`.

        `smoothing` spreads that share of the probability evenly over the vocabulary (Szegedy et al. 2016, section 7).
        """
        real = target != PAD
        features = self._features(source, lengths, target if fed is None else fed)[real]  # [N, E]: no work is done for padding
        return linear_cross_entropy(features, self.output.weight, self.output.bias, target[real], smoothing)

    def _features(self, source: Tensor, lengths: Tensor, fed: Tensor) -> Tensor:
        """[B, T, E]: what the output layer reads, for all positions at once; each reads the piece of `fed` [B, T] before it."""
        memory, state = self.encode(source, lengths)
        return self.decoder(self._embed_fed(fed), state, memory)[0]

    def _embed_fed(self, fed: Tensor) -> Tensor:
        """[B, T, E]: each position reads the piece of `fed` [B, T] before it."""
        return self._embed(self.target_embedding, F.pad(fed[:, :-1], (1, 0), value=BOS))

    def next_from_embedded(self, embedded: Tensor, lengths: Tensor, fed: Tensor) -> Tensor:
        """Log-probabilities [B, V] of the piece at the last position of `fed` [B, T], given those before it.

        The source is `embedded` [B, S, E], so that a gradient can be taken with respect to it.
        """
        memory, state = self.encode_embedded(embedded, lengths)
        features = self.decoder(self._embed_fed(fed), state, memory)[0][:, -1]
        return widen(self.output(features)).log_softmax(-1)

    def looks(self, source: Tensor, lengths: Tensor, target: Tensor) -> dict[str, list[Tensor]]:
        """What every head of each layer looks at where `target` [B, T] is written; nothing for models without heads.

        "encoder": a layer [B, N, S, S]; "cross", from the decoder into the source: [B, N, T, S]; "decoder", into what was
        written: [B, N, T, T], where column t is the piece that was fed at step t, the first being the start mark.
        """
        if not self.architecture.has_heads:
            return {}
        memory, in_encoder = self.encoder.look(self.embed_source(source), lengths)
        memory, state = self.decoder.begin(memory)
        _, at_source, at_written, _ = self.decoder.look(self._embed_fed(target), state, memory)
        return {ENCODER: in_encoder, CROSS: at_source, DECODER: at_written}

    @property
    def reading(self) -> Reading:
        """How the model reads, for a trace. Encoders have `names` for the equal parts of their states, and their `order`."""
        encoder, architecture = self.encoder, self.architecture
        return Reading(encoder.names, encoder.order, architecture.has_heads, architecture.looks_back)

    @property
    def device(self) -> torch.device:
        return self.target_embedding.weight.device


def count_parameters(model: nn.Module) -> int:
    """Trained numbers; a tied matrix counts once."""
    return sum(p.numel() for p in model.parameters())
