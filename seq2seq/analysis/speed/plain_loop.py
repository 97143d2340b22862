"""The default model as simple code: one Python loop over positions, with small operations.

A tutorial would write it this way. It uses the weights of a `Seq2Seq` of architecture "recurrent", cell "gru" and additive
attention. The bench compares the engine's speed with it, and a test proves that both compute the same values.
Symbols: B sentences, S source positions, T target positions, E embedding units, M memory units, D decoder units, V pieces.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seq2seq.config import BOS, EOS, PAD
from seq2seq.models.seq2seq import Seq2Seq


class PerStepLoop:
    """A plain loop that shares the parameters of `model`, so that the optimizer of `model` finds the gradients."""

    def __init__(self, model: Seq2Seq):
        self.model = model
        encoder, decoder = model.encoder, model.decoder
        self.forwards, self.backwards = encoder.forwards[0].cell, encoder.backwards[0].cell
        self.first, self.second = decoder.first.cell, decoder.rest[0].cell
        self.score = decoder.context.score

    def _drop(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.model.config.dropout, self.model.training)

    def encode(self, source: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
        """[B, S] and [B] -> memory [B, S, M], its mask [B, S], the decoder's two states [B, D]."""
        embedded = self._drop(self._embed(self.model.source_embedding, source))
        mask = torch.arange(source.shape[1], device=source.device) < lengths[:, None]
        ahead = self._read(self.forwards, embedded, mask, range(source.shape[1]))
        back = self._read(self.backwards, embedded, mask, range(source.shape[1] - 1, -1, -1))
        memory = self._drop(torch.cat([torch.stack(ahead, 1), torch.stack(back[::-1], 1)], -1)) * mask[..., None]
        start = torch.tanh(self.model.decoder.start(torch.cat([ahead[-1], back[-1]], -1)))
        return memory, mask, list(start.chunk(2, -1))

    def _read(self, cell: nn.GRU, embedded: Tensor, mask: Tensor, order: range) -> list[Tensor]:
        state = embedded.new_zeros(len(embedded), cell.hidden_size)
        states = []
        for s in order:  # padding does not change a state
            state = torch.where(mask[:, s, None], _gru(cell, embedded[:, s], state), state)
            states.append(state)
        return states

    def step(self, token: Tensor, states: list[Tensor], memory: Tensor, mask: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Last pieces [B] -> logits [B, V] of the next pieces, and the states after this step."""
        embedded = self._drop(self._embed(self.model.target_embedding, token))
        first = _gru(self.first, embedded, states[0])
        compared = torch.tanh(self.score.query(first)[:, None] + self.score.memory(memory))  # [B, S, A]
        scores = self.score.weight(compared)[..., 0].masked_fill(~mask, float("-inf"))
        context = (scores.softmax(-1)[..., None] * memory).sum(1)
        second = _gru(self.second, torch.cat([self._drop(first), context], -1), states[1])
        features = torch.tanh(self.model.decoder.readout(torch.cat([self._drop(second), context, embedded], -1)))
        return self.model.output(self._drop(features)), [first, second]

    def loss(self, source: Tensor, lengths: Tensor, target: Tensor, smoothing: float = 0.0) -> Tensor:
        """Teacher-forced cross-entropy in nats, summed over the real positions of `target` [B, T]."""
        memory, mask, states = self.encode(source, lengths)
        token, logits = torch.full_like(target[:, 0], BOS), []
        for t in range(target.shape[1]):
            out, states = self.step(token, states, memory, mask)
            logits.append(out)
            token = target[:, t]
        flat = torch.stack(logits, 1).flatten(0, 1)
        return F.cross_entropy(flat, target.flatten(), ignore_index=PAD, label_smoothing=smoothing, reduction="sum")

    @torch.no_grad()
    def translate(self, source: list[int], limit: int) -> list[int]:
        """Translate one sentence greedily."""
        memory, mask, states = self.encode(torch.tensor([source]), torch.tensor([len(source)]))
        pieces = [BOS]
        while len(pieces) <= limit and pieces[-1] != EOS:
            logits, states = self.step(torch.tensor([pieces[-1]]), states, memory, mask)
            pieces.append(int(logits.log_softmax(-1).argmax()))
        return pieces[1:]

    def _embed(self, table: nn.Module, ids: Tensor) -> Tensor:
        return table(ids) * math.sqrt(self.model.config.embedding_size)


def _gru(cell: nn.GRU, x: Tensor, state: Tensor) -> Tensor:
    """One step of the unit of Cho et al. 2014, with PyTorch's variant of the reset gate."""
    from_inputs, from_state, input_bias, state_bias = cell.all_weights[0]
    reset_x, update_x, new_x = F.linear(x, from_inputs, input_bias).chunk(3, -1)
    reset_h, update_h, new_h = F.linear(state, from_state, state_bias).chunk(3, -1)
    reset, update = torch.sigmoid(reset_x + reset_h), torch.sigmoid(update_x + update_h)
    new = torch.tanh(new_x + reset * new_h)
    return (1 - update) * new + update * state
