"""Read text: normalise it, check it, and cut it into ids."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from seq2seq.config import EOS
from seq2seq.sources.normalise import normalise
from seq2seq.sources.pieces import WORD_START, byte_of, group_words, word_indices
from seq2seq.sources.reader import Place, TooLong
from seq2seq.sources.text import Vocabulary

MAX_CHARACTERS = 1000  # of a typed text; checked first
MAX_PIECES = 100  # longest source or target in training; the app shows it as its limit


class TextReader:
    """Text in `language`. `reads_source` is False for a language model, whose source is empty."""

    def __init__(self, vocabulary: Vocabulary, language: str, reads_source: bool = True):
        self._vocabulary, self._language, self._reads_source = vocabulary, language, reads_source

    def read(self, given: str | bytes, readable: bool = False) -> list[int]:
        """Return the ids of `given` and the end mark."""
        if not self._reads_source and given == "":
            return [EOS]
        text = clean(given, f"there is nothing to translate: please type a sentence in {self._language}")
        ids = self._vocabulary.encode(text)
        if readable:
            self._check_readable(text, self._vocabulary.pieces(ids))
        if len(ids) >= MAX_PIECES:
            raise TooLong(
                f"the text has {len(ids)} pieces; the model was trained on at most {MAX_PIECES - 1}: please shorten it"
            )
        return [*ids, EOS]

    def places(self, source: Sequence[int]) -> list[Place]:
        pieces = self._vocabulary.pieces(source)
        return [Place(*row) for row in zip(source, pieces, word_indices(pieces), strict=True)]

    def media(self, given: str | bytes, source: Any) -> None:
        return None

    def regions(self, source: Sequence[int]) -> list[list[int]]:
        """Return the positions of each word, without the end mark."""
        return group_words([place.word for place in self.places(source)[:-1]])

    def without(self, source: Sequence[int], positions: Collection[int]) -> list[int]:
        return [token for position, token in enumerate(source) if position not in positions]

    def _check_readable(self, text: str, pieces: Sequence[str]) -> None:
        """Refuse text without letters, if the vocabulary has letters, and text that is mostly characters outside the training
        data, because the model would translate it to noise."""
        if self._vocabulary.has_letters and not any(character.isalnum() for character in text):
            raise ValueError(f"there are no words in this text: please type a sentence in {self._language}")
        known = sum(len(piece.strip(WORD_START)) for piece in pieces if byte_of(piece) is None)
        if 2 * known < len(text.replace(" ", "")):
            raise ValueError(f"most of these characters never occurred in training: please type a sentence in {self._language}")


def clean(text: object, empty: str) -> str:
    """Normalise `text`. Raises ValueError for another type, too long text, and with the message `empty` for empty text."""
    if not isinstance(text, str):
        raise ValueError("a sentence must be text")
    if len(text) > MAX_CHARACTERS:
        raise TooLong(f"the text has {len(text):,} characters; please keep to {MAX_CHARACTERS:,}")
    if not (normalised := normalise(text)):
        raise ValueError(empty)
    return normalised
