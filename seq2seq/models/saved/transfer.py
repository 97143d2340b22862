"""Start a model from the weights of a model with other pieces: transfer learning (Zoph et al. 2016, section 3)."""

from __future__ import annotations

import torch

from seq2seq.models.saved.checkpoint import Checkpoint
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.sources.text import Tokenizer, Vocabulary

SOURCE_TABLES = ("source_embedding.weight",)  # weights with one row for each piece of the source
TARGET_TABLES = ("target_embedding.weight", "output.weight", "output.bias")  # and of the target


def transfer(start: Checkpoint, model: Seq2Seq, tokenizer: Tokenizer) -> None:
    """Copy the weights of `start` into `model`, whose pieces are those of `tokenizer`; all other sizes are equal.

    A row of an embedding or of the output layer goes to the same piece on the same side. A piece that `start` does not know
    keeps its random row.
    """
    old, new = start.model.state_dict(), model.state_dict()
    sides = {
        SOURCE_TABLES: _shared_rows(start.tokenizer.source, tokenizer.source),
        TARGET_TABLES: _shared_rows(start.tokenizer.target, tokenizer.target),
    }
    rows = {name: found for names, found in sides.items() for name in names}
    for name, weights in new.items():  # state_dict returns the weights themselves, not copies
        if name in rows:
            there, here = rows[name]
            weights[here] = old[name][there]
        else:
            weights.copy_(old[name])


def _shared_rows(old: Vocabulary, new: Vocabulary) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the rows of all pieces that both vocabularies have: in the old one and in the new one, in the same order."""
    before = {piece: row for row, piece in enumerate(old.pieces(range(len(old))))}
    both = [(before[piece], row) for row, piece in enumerate(new.pieces(range(len(new)))) if piece in before]
    there, here = zip(*both, strict=True)  # never empty: the four special pieces are in every vocabulary
    return torch.tensor(there), torch.tensor(here)
