"""The facts about a model that the app shows, without its weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seq2seq.models.attention import NO_ATTENTION
from seq2seq.models.saved import checkpoint
from seq2seq.models.saved.checkpoint import Checkpoint, Outline
from seq2seq.models.seq2seq import count_parameters
from seq2seq.sources.kinds import KINDS, Kind
from seq2seq.sources.text_reader import MAX_CHARACTERS, MAX_PIECES

Family = tuple[str, str, str]  # source language, target language, subject


@dataclass(frozen=True)
class ModelInfo:
    """The facts about a model that the app shows."""

    name: str
    title: str
    source_language: str
    target_language: str
    subject: str
    trained_on: str
    attribution: str
    licence: str
    architecture: str
    parameters: int
    has_attention: bool
    reads_source: bool  # False: a language model, which has nothing to translate
    source: str  # the kind of source that it reads, a name of KINDS
    max_source_pieces: int
    max_characters: int

    @property
    def kind(self) -> Kind:
        return KINDS[self.source]

    @property
    def family(self) -> Family:
        """Return what models have in common that can be compared on the same sentences."""
        return self.source_language, self.target_language, self.subject

    @classmethod
    def read(cls, name_or_folder: str | Path) -> ModelInfo:
        """Read only config.json, not the tokenizer or the weights. Raises ValueError that names the fault."""
        return cls.of(checkpoint.outline(name_or_folder))

    @classmethod
    def of(cls, known: Outline | Checkpoint) -> ModelInfo:
        config, origin = known.model.config, known.origin
        return cls(
            name=known.name,
            title=origin.title,
            source_language=origin.source_language,
            target_language=origin.target_language,
            subject=origin.subject,
            trained_on=origin.trained_on,
            attribution=origin.attribution,
            licence=origin.licence,
            architecture=known.model.architecture.describe(config),
            parameters=count_parameters(known.model),
            has_attention=config.attention != NO_ATTENTION,
            reads_source=known.model.architecture.reads_source,
            source=config.source_kind,
            max_source_pieces=MAX_PIECES - 1,  # one position is for the end mark
            max_characters=MAX_CHARACTERS,
        )
