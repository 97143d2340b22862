"""Tests of word dropout: which pieces of the decoder's input are hidden, and that all pieces are still asked for."""

from dataclasses import replace
from typing import Any

import torch
from support.small import small_config

from seq2seq.config import PAD, UNK, TrainConfig
from seq2seq.data.batches import TrainingData, fixed_batches
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.sources.text import Tokenizer
from seq2seq.training.loop import train
from seq2seq.training.word_dropout import drop_words

Pairs = list[tuple[str, str]]
CONFIG = TrainConfig(updates=3, batch_tokens=150, warmup_updates=1, word_dropout=0.4, device="cpu", bf16=False)


class Watched(Seq2Seq):
    """A model that keeps what it is fed and what it is asked for in training."""

    seen: list[tuple[torch.Tensor, torch.Tensor | None]]

    def loss(self, source: torch.Tensor, lengths: torch.Tensor, target: torch.Tensor, *rest: Any) -> torch.Tensor:
        if self.training:
            self.seen.append((target, rest[1]))
        return super().loss(source, lengths, target, *rest)


def seen(pairs: Pairs, tokenizer: Tokenizer, config: TrainConfig) -> list[tuple[torch.Tensor, torch.Tensor | None]]:
    torch.manual_seed(1)
    model = Watched(small_config(dropout=0.0))
    model.seen = []
    list(train(model, TrainingData(pairs[:60], tokenizer, config), fixed_batches(pairs[60:70], tokenizer, 300), config))
    return model.seen


def test_about_the_share_of_the_pieces_is_hidden_and_padding_stays() -> None:
    torch.manual_seed(1)
    pieces = torch.randint(4, 90, (200, 30))
    pieces[:, 20:] = PAD
    fed = drop_words(pieces, 0.3)
    hidden = fed == UNK
    assert 0.27 < hidden[:, :20].float().mean() < 0.33 and not hidden[:, 20:].any()
    assert fed[~hidden].equal(pieces[~hidden])


def test_the_decoder_reads_hidden_pieces_and_is_asked_for_all(pairs: Pairs, tokenizer: Tokenizer) -> None:
    for target, fed in seen(pairs, tokenizer, CONFIG):
        assert fed is not None and not (target == UNK).any()
        hidden = fed == UNK
        assert 0.2 < hidden[target != PAD].float().mean() < 0.6
        assert fed[~hidden].equal(target[~hidden])


def test_each_update_hides_others_and_a_run_can_be_repeated(pairs: Pairs, tokenizer: Tokenizer) -> None:
    first, again = (seen(pairs, tokenizer, CONFIG) for _ in range(2))
    masks = [fed == UNK for _, fed in first if fed is not None]
    assert all(one.equal(other == UNK) for one, (_, other) in zip(masks, again, strict=True) if other is not None)
    assert not masks[0][:2, :4].equal(masks[1][:2, :4])


def test_without_it_the_decoder_reads_the_target(pairs: Pairs, tokenizer: Tokenizer) -> None:
    assert all(fed is None for _, fed in seen(pairs, tokenizer, replace(CONFIG, word_dropout=0.0)))
