"""Read a word letter by letter: "knight" becomes the pieces k, n, i, g, h, t."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from seq2seq.config import EOS, UNK
from seq2seq.sources.normalise import normalise
from seq2seq.sources.pieces import END, WORD_START
from seq2seq.sources.reader import Place, TooLong
from seq2seq.sources.text_reader import TextReader, clean

MAX_LETTERS = 40


def spaced(word: str) -> str:
    """Return the letters of a word with spaces between them, in small letters: what the vocabulary sees."""
    return " ".join(normalise(word).casefold().replace(" ", ""))


class LettersReader(TextReader):
    """One word, whose letters the vocabulary must know. A letter with a mark is read without it if it is unknown: é as e."""

    def read(self, given: str | bytes, readable: bool = False) -> list[int]:
        word = clean(given, f"there is nothing to read: please type a word in {self._language}").casefold()
        if " " in word:
            raise ValueError("this model reads one word at a time: please type a word without spaces")
        if len(word) > MAX_LETTERS:
            raise TooLong(f"the word has {len(word)} letters; please keep to {MAX_LETTERS}")
        ids = [self._id(letter) for letter in word]
        if UNK in ids:
            letter = word[ids.index(UNK)]
            raise ValueError(f"this model does not know the letter “{letter}”: please type a word in {self._language}")
        return [*ids, EOS]

    def places(self, source: Sequence[int]) -> list[Place]:
        """Return the letters; each one is a word, whatever the kind of the vocabulary."""
        pieces = self._vocabulary.pieces(source)
        words = [piece if piece == END else WORD_START + piece.removeprefix(WORD_START) for piece in pieces]
        return [Place(*row) for row in zip(source, words, range(len(words)), strict=True)]

    def _id(self, letter: str) -> int:
        for form in (letter, unicodedata.normalize("NFD", letter)[0]):
            ids = self._vocabulary.encode(form)
            if len(ids) == 1 and ids[0] != UNK:
                return ids[0]
        return UNK
