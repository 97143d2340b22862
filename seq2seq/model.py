"""The contract that every encoder-decoder keeps, and the registry of architectures.

Symbols: B sentences, R rows (sentences, or hypotheses of a beam), S source positions, T target positions, V target pieces,
E embedding units.
"""

from __future__ import annotations

import math
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .attention import Memory
from .config import BOS, PAD, ModelConfig, choose
from .losses import linear_cross_entropy
from .recurrent import RecurrentDecoder, RecurrentEncoder


class State(Protocol):
    """What a decoder carries from step to step. Only the decoder knows what is inside."""

    def select(self, rows: Tensor) -> State: ...

    @property
    def hidden(self) -> Tensor: ...


class StepOutput(NamedTuple):
    log_probs: Tensor  # [R, V]
    attention: Tensor | None  # [R, S]
    state: State


# An architecture is an encoder and a decoder; Seq2Seq adds what all share: embeddings, output layer, loss.
ARCHITECTURES: dict[str, tuple[type[nn.Module], type[nn.Module]]] = {"recurrent": (RecurrentEncoder, RecurrentDecoder)}


class Seq2Seq(nn.Module):
    """p(target | source) as a product of one distribution a step (Sutskever et al. 2014, equation 1)."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        encoder, decoder = choose("architecture", config.architecture, ARCHITECTURES)
        self.target_embedding = nn.Embedding(config.target_vocabulary, config.embedding_size)
        if config.shared_vocabulary and config.tied_embeddings:
            self.source_embedding = self.target_embedding
        else:
            self.source_embedding = nn.Embedding(config.source_vocabulary, config.embedding_size)
        self.encoder = encoder(config)
        self.decoder = decoder(config, self.encoder.memory_size)
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
                nn.init.zeros_(parameter)
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
        return self.decoder.begin(self.encoder(self._embed(self.source_embedding, source), lengths))

    def step(self, token: Tensor, state: State, memory: Memory) -> StepOutput:
        """The last written piece of each row [R] -> the distribution of the next."""
        embedded = self._embed(self.target_embedding, token[:, None])
        features, attention, state = self.decoder(embedded, state, memory)
        log_probs = self.output(features[:, 0]).float().log_softmax(-1)
        return StepOutput(log_probs, None if attention is None else attention[:, 0], state)

    def forward(self, source: Tensor, lengths: Tensor, target: Tensor) -> Tensor:
        """Teacher-forced log-probabilities [B, T, V] of every next piece, given `target` [B, T] before it."""
        return self.output(self._features(source, lengths, target)).float().log_softmax(-1)

    def loss(self, source: Tensor, lengths: Tensor, target: Tensor, smoothing: float = 0.0) -> Tensor:
        """Teacher-forced cross-entropy in nats, summed over the real positions of `target` [B, T].

        `smoothing` spreads that share of the probability evenly over the vocabulary (Szegedy et al. 2016, section 7).
        """
        real = target != PAD
        features = self._features(source, lengths, target)[real]  # [N, E]: no work is done for padding
        return linear_cross_entropy(features, self.output.weight, self.output.bias, target[real], smoothing)

    def _features(self, source: Tensor, lengths: Tensor, target: Tensor) -> Tensor:
        """[B, T, E]: what the output layer reads, for all positions at once."""
        memory, state = self.encode(source, lengths)
        inputs = F.pad(target[:, :-1], (1, 0), value=BOS)
        return self.decoder(self._embed(self.target_embedding, inputs), state, memory)[0]

    @property
    def device(self) -> torch.device:
        return self.output.weight.device


def count_parameters(model: nn.Module) -> int:
    """Trained numbers; a tied matrix counts once."""
    return sum(p.numel() for p in model.parameters())
