"""The registry of architectures: an encoder, a decoder, and their settings.

To add one, write its encoder and decoder in a new module and add an entry to `ARCHITECTURES`. Menus, the command line
and the tests read this registry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from torch import nn

from seq2seq.config import ModelConfig
from seq2seq.errors import SettingError
from seq2seq.models.attention import NO_ATTENTION, SCORES
from seq2seq.models.language_model import LanguageModelDecoder, NoEncoder
from seq2seq.models.papers import BahdanauDecoder, ChoDecoder, LuongDecoder, SutskeverDecoder
from seq2seq.models.pointwise import PointwiseEncoder
from seq2seq.models.recurrent import CELLS, RecurrentDecoder, RecurrentEncoder
from seq2seq.models.transformer import TransformerDecoder, TransformerEncoder
from seq2seq.sources.kinds import KINDS, kind_of


def _recurrent_summary(title: str, config: ModelConfig) -> str:
    reader = "no attention" if config.attention == NO_ATTENTION else f"{config.attention} attention"
    start = "" if config.start == ModelConfig.start else f", {config.start} start"
    return f"{CELLS[config.cell].title} {title}, {reader}{start}"


def _transformer_summary(title: str, config: ModelConfig) -> str:
    return f"{title}, {config.encoder_layers} + {config.decoder_layers} layers, {config.heads} heads"


def _language_model_summary(title: str, config: ModelConfig) -> str:
    layers = f"{config.decoder_layers} layer{'' if config.decoder_layers == 1 else 's'}"
    return f"{CELLS[config.cell].title} {title}, {layers} of {config.decoder_size} units"


@dataclass(frozen=True)
class Architecture:
    """An encoder and a decoder. Seq2Seq adds the common parts: embeddings, output layer, loss."""

    title: str
    encoder: type[nn.Module]
    decoder: type[nn.Module]
    own: frozenset[str]  # its settings in ModelConfig besides `COMMON` and those of its score function
    fixed: Mapping[str, Any] = field(default_factory=dict)  # settings with only one possible value
    usual: Mapping[str, Any] = field(default_factory=dict)  # the paper's value, if it differs from ModelConfig's default
    summary: Callable[[str, ModelConfig], str] = _recurrent_summary  # (title, config) -> one line for the user
    has_heads: bool = False  # encoder and decoder have `forward_with_heads`, which returns the weights of every head
    looks_back: bool = False  # the decoder attends to all earlier steps instead of carrying a hidden state
    reads_source: bool = True  # False: a language model, which writes without reading

    def settings(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Complete `given` with the fixed and usual values of this architecture."""
        return {**self.usual, **self.fixed, **given}

    def describe(self, config: ModelConfig) -> str:
        """Describe a model in one line for the user."""
        return self.summary(self.title, config)

    def reads(self, attention: str) -> frozenset[str]:
        """Return the names of the settings that this architecture uses with this score function."""
        score = SCORES.get(attention) if "attention" in self.own else None
        common = COMMON if self.reads_source else COMMON - {"encoder_layers", "source_kind"}
        return common | self.own | (score.reads if score else frozenset())

    def check(self, config: ModelConfig) -> None:
        """Raise ValueError for a setting that contradicts the architecture or that it would ignore."""
        kind = kind_of(config)
        read = self.reads(config.attention) | kind.reads
        if not kind.is_text and not config.shared_vocabulary:
            kind_name = f"{{source_kind}} {config.source_kind!r}"
            raise SettingError(f"{{shared_vocabulary}} cannot be off for {kind_name}, which has no vocabulary of its own")
        for setting in fields(config):
            name, value = setting.name, getattr(config, setting.name)
            if name in self.fixed:
                if value != self.fixed[name]:
                    raise SettingError(
                        f"{{architecture}} {config.architecture!r} needs {{{name}}} {self.fixed[name]!r}, not {value!r}"
                    )
            elif name not in read and value != setting.default:
                reader = f"{{architecture}} {config.architecture!r}"
                if any(name in kind.reads for kind in KINDS.values()):
                    reader = f"{{source_kind}} {config.source_kind!r}"
                if "attention" in self.own and any(name in score.reads for score in SCORES.values()):
                    reader = f"{{attention}} {config.attention!r}"
                raise SettingError(f"{reader} does not read {{{name}}}; leave it out")


COMMON = frozenset(
    {
        *("architecture", "source_kind", "source_vocabulary", "target_vocabulary", "shared_vocabulary", "tied_embeddings"),
        *("embedding_size", "encoder_layers", "decoder_layers", "dropout"),
    }
)
_RECURRENT = frozenset({"cell", "encoder_size", "decoder_size", "reverse_source", "bidirectional"})
_ATTENTIVE = _RECURRENT | {"attention"}
_ONE_WAY = {"bidirectional": False}
_PLAIN = {"attention": NO_ATTENTION}

ARCHITECTURES: dict[str, Architecture] = {
    "recurrent": Architecture("encoder-decoder", RecurrentEncoder, RecurrentDecoder, _ATTENTIVE | {"start"}),
    "sutskever": Architecture(
        "encoder-decoder of Sutskever et al. 2014",
        *(RecurrentEncoder, SutskeverDecoder, _RECURRENT),
        fixed={**_ONE_WAY, **_PLAIN},
        usual={"cell": "lstm", "encoder_layers": 4, "decoder_layers": 4, "encoder_size": 320, "reverse_source": True},
    ),
    "cho": Architecture(
        "encoder-decoder of Cho et al. 2014",
        *(RecurrentEncoder, ChoDecoder, _RECURRENT),
        fixed=_PLAIN,
        usual={**_ONE_WAY, "decoder_layers": 1},
    ),
    "bahdanau": Architecture(
        "encoder-decoder of Bahdanau et al. 2014",
        *(RecurrentEncoder, BahdanauDecoder, _ATTENTIVE - {"reverse_source"}),
        fixed={"bidirectional": True},
        usual={"decoder_layers": 1},
    ),
    "luong": Architecture(
        "encoder-decoder of Luong et al. 2015",
        *(RecurrentEncoder, LuongDecoder, _ATTENTIVE | {"input_feeding"}),
        fixed=_ONE_WAY,
        usual={"cell": "lstm", "attention": "general", "input_feeding": True, "encoder_layers": 2, "encoder_size": 320},
    ),
    "transformer": Architecture(
        "Transformer",
        *(TransformerEncoder, TransformerDecoder, frozenset({"heads", "feed_forward_size"})),
        fixed={"attention": "dot"},
        usual={"encoder_layers": 4, "decoder_layers": 4, "embedding_size": 192},
        summary=_transformer_summary,
        has_heads=True,
        looks_back=True,
    ),
    "pointwise": Architecture(
        "decoder with an encoder without recurrence",
        *(PointwiseEncoder, RecurrentDecoder, frozenset({"cell", "decoder_size", "attention", "start"})),
        fixed={"encoder_layers": 1},
    ),
    "language-model": Architecture(
        "language model",
        *(NoEncoder, LanguageModelDecoder, frozenset({"cell", "decoder_size"})),
        fixed={**_PLAIN, "start": "learned", "shared_vocabulary": True},
        summary=_language_model_summary,
        reads_source=False,
    ),
}
