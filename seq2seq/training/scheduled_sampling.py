"""Scheduled sampling (Bengio et al. 2015): during training, feed the decoder fewer pieces of the reference and more of its own
pieces. `schedules.py` decides how fast.

Symbols: B sentences, T longest target, R rows (live sentences), V pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from seq2seq.config import PAD
from seq2seq.data.batches import Batch, Ids
from seq2seq.decoding.loop import decode
from seq2seq.decoding.strategies import Choice, Rows, Search
from seq2seq.models.seq2seq import Seq2Seq


@dataclass(frozen=True)
class Mixed:
    """A strategy: at each step feed the reference's piece with probability `ratio`, else a piece drawn from the model.

    Each piece has its own coin toss (section 2.4). A row always has the length of its reference.
    """

    references: Sequence[Ids]
    ratio: float
    seed: int

    def start(self, sentences: int) -> Search:
        return _MixedSearch(self)


class _MixedSearch:
    def __init__(self, strategy: Mixed):
        longest = max(map(len, strategy.references))
        self._references = torch.tensor([[*ids, *[PAD] * (longest - len(ids))] for ids in strategy.references])
        self._ratio = strategy.ratio
        self._generator = torch.Generator().manual_seed(strategy.seed)

    def choose(self, log_probs: Tensor, rows: Rows) -> Choice:
        device = log_probs.device
        truth = self._references.to(device)[rows.sentences, rows.position]  # [R]
        heads, point = torch.rand(2, len(truth), 1, generator=self._generator).to(device)
        heads = heads[:, 0] < self._ratio
        # A uniform point between 0 and the sum of all probabilities lies in the interval of one piece.
        shares = log_probs.exp().cumsum(-1)
        drawn = torch.searchsorted(shares, point * shares[:, -1:])[:, 0].clamp_max(log_probs.shape[1] - 1)
        tokens = torch.where(heads, truth, drawn)
        totals = rows.totals + log_probs.gather(-1, tokens[:, None])[:, 0]
        return Choice(rows.all, tokens, totals, torch.ones_like(heads))


@torch.no_grad()
def fed_pieces(model: Seq2Seq, batch: Batch, ratio: float, seed: int) -> Tensor:
    """Return the decoder's input instead of `batch.target` [B, T]: each piece its own or the reference's. Padding stays.

    The pieces are drawn without dropout, as in use, and without gradient (section 2.4). The loss is then one pass over the
    whole target, as fast as with teacher forcing.
    """
    training = model.training
    model.eval()
    lengths = (batch.target != PAD).sum(1)
    references = [ids[:n] for ids, n in zip(batch.target.tolist(), lengths.tolist(), strict=True)]
    memory, state = model.encode(batch.source, batch.lengths)
    fed = batch.target.clone()
    for position, frame in enumerate(decode(model, memory, state, Mixed(references, ratio, seed), lengths)):
        fed[frame.lineage.sentences, position] = frame.lineage.choice.tokens
    model.train(training)
    return fed
