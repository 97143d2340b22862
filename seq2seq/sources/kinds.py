"""The registry of kinds of source. To add one, write its Reader and its Front in a room of its own, and add an entry here.

Menus, the command line and the tests read this registry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from seq2seq.config import ModelConfig, choose
from seq2seq.sources.letters import LettersReader, spaced
from seq2seq.sources.picture.front import PictureFront
from seq2seq.sources.picture.reader import PictureReader
from seq2seq.sources.reader import Reader
from seq2seq.sources.sound.front import SoundFront
from seq2seq.sources.sound.reader import SoundReader
from seq2seq.sources.text import Vocabulary
from seq2seq.sources.text_reader import TextReader

TEXT = "text"


@dataclass(frozen=True)
class Kind:
    """What a model can read. `front` is None for text, whose vectors are rows of an embedding table."""

    title: str
    front: Callable[[ModelConfig], nn.Module] | None
    reader: Callable[[Vocabulary, str, bool], Reader]  # source vocabulary, its language, whether the model reads a source
    reads: frozenset[str] = frozenset()  # the settings of ModelConfig that only this kind uses
    prepare: Callable[[str], str] = str  # a text of training as the vocabulary sees it
    example: str = ""  # what every model of a kind that is not text can read
    is_exact: bool = True  # each source has one right target, so that exact answers are counted instead of BLEU
    blocks_repeats: bool = False  # a phrase that stands once in the source should not be written twice

    @property
    def is_text(self) -> bool:
        """Whether the source is pieces of a vocabulary."""
        return self.front is None


KINDS: dict[str, Kind] = {
    TEXT: Kind("text", None, TextReader, is_exact=False, blocks_repeats=True),
    "letters": Kind("the letters of a word", None, LettersReader, prepare=spaced),
    "picture": Kind(
        "a picture",
        PictureFront,
        lambda *_: PictureReader(),
        reads=frozenset({"place_sees"}),
        example="light; small red star 32 32",
    ),
    "sound": Kind("a sound", SoundFront, lambda *_: SoundReader(), example="amy; pause 100; four 0; pause 100"),
}


def kind_of(config: ModelConfig) -> Kind:
    """Return the kind of source that a model reads. Raises ValueError with the choices."""
    kind: Kind = choose("source_kind", config.source_kind, KINDS)
    return kind
