"""A small world to test in: sentences of our own from a little grammar, a tokenizer and untrained models."""

from __future__ import annotations

import itertools

import torch

from seq2seq.attention import NO_ATTENTION, SCORES
from seq2seq.checkpoint import Checkpoint, Origin
from seq2seq.config import ModelConfig, TrainConfig
from seq2seq.model import Seq2Seq
from seq2seq.recurrent import CELLS
from seq2seq.text import Tokenizer

SUBJECTS = [("I", "je"), ("we", "nous"), ("the cat", "le chat"), ("my sister", "ma sœur"), ("the old man", "le vieil homme")]
VERBS = [("see", "vois"), ("like", "aime"), ("forget", "oublie"), ("find", "trouve"), ("paint", "peins")]
OBJECTS = [("a red boat", "un bateau rouge"), ("the key", "la clé"), ("two apples", "deux pommes"), ("the garden", "le jardin")]

torch.set_num_threads(1)


def small_config(**changes: object) -> ModelConfig:
    settings = {
        "source_vocabulary": 310,
        "target_vocabulary": 310,
        "embedding_size": 16,
        "encoder_size": 12,
        "decoder_size": 20,
        "attention_size": 8,
        "dropout": 0.1,
    }
    return ModelConfig(**{**settings, **changes})  # type: ignore[arg-type]


# Every attention, every cell, and both depths: a new registry entry is tested by being there.
CONFIGS = {
    f"{attention}-{cell}-{layers}": small_config(attention=attention, cell=cell, encoder_layers=layers, decoder_layers=layers)
    for attention, cell, layers in itertools.product([*SCORES, NO_ATTENTION], CELLS, (1, 2))
}


def grammar_pairs() -> list[tuple[str, str]]:
    return [
        (f"{s} {v} {o}.", f"{s_fr} {v_fr} {o_fr}.")
        for (s, s_fr), (v, v_fr), (o, o_fr) in itertools.product(SUBJECTS, VERBS, OBJECTS)
    ]


def make_model(config: ModelConfig, seed: int = 3) -> Seq2Seq:
    """Untrained, its weights large enough for its distributions to be far from flat."""
    torch.manual_seed(seed)
    model = Seq2Seq(config).eval().requires_grad_(False)
    for parameter in model.parameters():
        parameter.add_(torch.randn_like(parameter) * 0.3)
    return model


def make_checkpoint(model: Seq2Seq, tokenizer: Tokenizer) -> Checkpoint:
    return Checkpoint("small", model, tokenizer, TrainConfig(), Origin(source_language="English", target_language="French"))
