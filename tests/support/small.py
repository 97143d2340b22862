"""Small test data: generated sentences, a tokenizer and untrained models."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence

import torch

from seq2seq.config import ModelConfig, TrainConfig
from seq2seq.decoding.model_info import ModelInfo
from seq2seq.models.architectures import ARCHITECTURES
from seq2seq.models.attention import NO_ATTENTION, SCORES
from seq2seq.models.recurrent import CELLS, STARTS
from seq2seq.models.saved.checkpoint import Checkpoint, Origin
from seq2seq.models.seq2seq import Seq2Seq
from seq2seq.sources.text import Tokenizer

SUBJECTS = [("I", "je"), ("we", "nous"), ("the cat", "le chat"), ("my sister", "ma sœur"), ("the old man", "le vieil homme")]
VERBS = [("see", "vois"), ("like", "aime"), ("forget", "oublie"), ("find", "trouve"), ("paint", "peins")]
OBJECTS = [("a red boat", "un bateau rouge"), ("the key", "la clé"), ("two apples", "deux pommes"), ("the garden", "le jardin")]

torch.set_num_threads(1)
os.environ.setdefault("OMP_NUM_THREADS", "1")  # for the processes that tests start


SMALL = {
    "source_vocabulary": 310,
    "target_vocabulary": 310,
    "embedding_size": 16,
    "encoder_size": 12,
    "decoder_size": 24,
    "attention_size": 8,
    "heads": 2,
    "feed_forward_size": 20,
    "dropout": 0.1,
}
ONE_SIZE = {"sutskever", "luong"}  # the decoder starts from the encoder's states, so both have one size


def small_config(architecture: str = "recurrent", **changes: object) -> ModelConfig:
    """Return a small config of an architecture, with its paper's settings except for `changes`."""
    entry = ARCHITECTURES.get(architecture)
    if entry is None:
        return ModelConfig(architecture=architecture)
    chosen = entry.settings(changes)
    read = entry.reads(chosen.get("attention", ModelConfig.attention))
    sizes = {name: value for name, value in SMALL.items() if name in read}
    if architecture in ONE_SIZE:
        sizes["decoder_size"] = sizes["encoder_size"]
    return ModelConfig(architecture=architecture, **entry.settings({**sizes, **changes}))


def _small_configs() -> dict[str, ModelConfig]:
    """Return every architecture with its defaults, and with each other value of each choice. A new registry entry is thus
    tested automatically."""
    configs = {}
    for name, entry in ARCHITECTURES.items():
        choices: dict[str, Sequence[object]] = {
            "attention": [*SCORES, NO_ATTENTION],
            "cell": list(CELLS),
            "bidirectional": [True, False],
            "reverse_source": [True, False],
            "input_feeding": [True, False],
            "start": list(STARTS),
        }
        changes = [{key: value} for key in choices if key in entry.own - entry.fixed.keys() for value in choices[key]]
        free = entry.reads(NO_ATTENTION) - entry.fixed.keys()
        layers = [name for name in ("encoder_layers", "decoder_layers") if name in free]
        for change in [{}, dict.fromkeys(layers, 1), dict.fromkeys(layers, 3), *changes]:
            if change.get("reverse_source") and not entry.fixed.get("bidirectional"):
                change["bidirectional"] = False
            one_way = "bidirectional" not in entry.own or not entry.fixed.get("bidirectional", True)
            if change.get("attention") == "dot" and one_way:
                memory = "encoder_size" if "encoder_size" in entry.own else "embedding_size"
                change["decoder_size"] = SMALL[memory]  # a dot product needs equal sizes
            config = small_config(name, **change)
            label = "-".join(f"{key}={value}" for key, value in change.items()) or "usual"
            if config not in configs.values():
                configs[f"{name}-{label}"] = config
    return configs


CONFIGS = _small_configs()
# Every architecture, attention and reading direction. Only the model itself depends on its cells and its number of layers.
KINDS = {name: config for name, config in CONFIGS.items() if "cell=" not in name and "layers=" not in name}


def grammar_pairs() -> list[tuple[str, str]]:
    return [
        (f"{s} {v} {o}.", f"{s_fr} {v_fr} {o_fr}.")
        for (s, s_fr), (v, v_fr), (o, o_fr) in itertools.product(SUBJECTS, VERBS, OBJECTS)
    ]


def make_model(config: ModelConfig, seed: int = 3) -> Seq2Seq:
    """Return an untrained model with large weights, so that its distributions are far from flat."""
    torch.manual_seed(seed)
    model = Seq2Seq(config).eval().requires_grad_(False)
    for parameter in model.parameters():
        parameter.add_(torch.randn_like(parameter) * 0.3)
    return model


def make_info(name: str, source: str = "English", target: str = "French", kind: str = "GRU encoder-decoder") -> ModelInfo:
    """Return the info of a model that does not exist."""
    subject = "captions" if name.startswith("captions") else "everyday"
    return ModelInfo(name, "A title", source, target, subject, *["Not stated."] * 3, kind, 1, True, True, "text", 127, 1000)


def make_checkpoint(model: Seq2Seq, tokenizer: Tokenizer) -> Checkpoint:
    return Checkpoint("small", model, tokenizer, TrainConfig(), Origin(source_language="English", target_language="French"))
