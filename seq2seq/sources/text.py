"""Convert text to ids and pieces, and back without loss.

Vocabularies are SentencePiece models (Kudo and Richardson 2018), trained only on training text: byte pairs (Sennrich et al.
2016), which keep frequent words whole, or a unigram model (Kudo 2018). Byte fallback writes characters outside the vocabulary
as UTF-8 bytes, so Unicode text is never unknown or changed. Closed sets need no bytes: a vocabulary of kind "word" has one
piece for each word between spaces, one of kind "character" has one for each character and leaves out spaces. Everything else
is unknown to them.
"""

from __future__ import annotations

import io
import math
import random
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, pairwise
from pathlib import Path

import sentencepiece

from seq2seq.config import BOS, EOS, PAD, UNK, TrainConfig, choose
from seq2seq.sources.normalise import normalise
from seq2seq.sources.pieces import UNSPACED, WORD_START, byte_of, byte_piece, has_letters
from seq2seq.sources.words import split

NBEST = 8  # number of segmentations that a unigram vocabulary samples from
WORD, CHARACTER = "word", "character"
CLOSED = {WORD: "word", CHARACTER: "char"}  # the kinds without bytes, and SentencePiece's names of them
KINDS = {
    "bpe": "byte pairs",
    "unigram": "unigram model",
    WORD: "whole words, for closed sets such as phonemes",
    CHARACTER: "single characters, for closed sets without spaces such as katakana",
}
_WORD_END = "\t"  # no text contains it after `normalise`
VOCABULARY_LINES = 300_000  # maximum number of training lines: SentencePiece needs about 25 bytes of memory per character


@dataclass(frozen=True)
class Vocabulary:
    """One SentencePiece model. Ids 0 to 3 are padding, begin, end and unknown."""

    model: bytes = field(repr=False)

    @cached_property
    def _processor(self) -> sentencepiece.SentencePieceProcessor:
        processor = sentencepiece.SentencePieceProcessor()
        try:
            processor.LoadFromSerializedProto(self.model)
            special = (processor.pad_id(), processor.bos_id(), processor.eos_id(), processor.unk_id())
        except (RuntimeError, OSError, SystemError, TypeError) as error:
            raise ValueError(f"not a SentencePiece model: {str(error)[:200]}") from None
        if special != (PAD, BOS, EOS, UNK):
            raise ValueError(f"the tokenizer's special ids are {special}; this project needs {(PAD, BOS, EOS, UNK)}")
        return processor

    def __len__(self) -> int:
        return self._processor.GetPieceSize()

    @cached_property
    def _mark(self) -> list[int]:
        """Return the byte pieces of a "▁" in the text, because SentencePiece would read it as a space."""
        return [self._processor.PieceToId(byte_piece(byte)) for byte in WORD_START.encode()]

    def encode(self, text: str) -> list[int]:
        """Return the ids of the pieces without begin and end marks. `decode` returns exactly `text`, but for a closed set."""
        if self.kind == CHARACTER:
            return list(self._processor.EncodeAsIds(text.replace(" ", "")))
        ids: list[int] = []
        if not text:
            return ids
        for index, part in enumerate((" " + text).split(WORD_START)):
            if index:
                ids += self._mark
            if part:
                ids += self._processor.EncodeAsIds(part)
        return ids

    def sample(self, text: str, config: TrainConfig, random_source: random.Random) -> list[int]:
        """Return a random segmentation of `text`; `decode` returns exactly `text`, too."""
        if not text or WORD_START in text or self.kind in CLOSED:
            return self.encode(text)
        if self.kind == "bpe":
            return self._drop_merges(text, config.merge_dropout, random_source)
        cuts = self._processor.NBestEncodeAsIds(" " + text, NBEST)
        scores = [sum(self._processor.GetScore(i) for i in cut) for cut in cuts]
        weights = [math.exp(config.subword_alpha * (score - max(scores))) for score in scores]
        return random_source.choices(cuts, weights)[0]

    @cached_property
    def kind(self) -> str:
        """Return one of KINDS. A closed set has no byte pieces, and only words start with a space; the scores are ranks for
        byte pairs, else log-probabilities."""
        if self._processor.PieceToId(byte_piece(0)) == UNK:
            return WORD if any(piece.startswith(WORD_START) for piece in self._merges) else CHARACTER
        return "bpe" if all(score.is_integer() for score in self._merges.values()) else "unigram"

    @cached_property
    def _merges(self) -> dict[str, float]:
        """Return every ordinary piece and its score."""
        processor = self._processor
        ordinary = (
            i for i in range(len(self)) if not (processor.IsControl(i) or processor.IsByte(i) or processor.IsUnknown(i))
        )
        return {processor.IdToPiece(i): processor.GetScore(i) for i in ordinary}

    def _drop_merges(self, text: str, rate: float, random_source: random.Random) -> list[int]:
        """BPE-dropout (Provilkov et al. 2020): skip each possible merge of a step with probability `rate`."""
        ids: list[int] = []
        for word in text.split(" "):
            parts = list(WORD_START + word)
            if not all(part in self._merges for part in parts):  # a character that is written as bytes
                return self.encode(text)
            while True:
                joined = [a + b for a, b in pairwise(parts)]
                open_to = [(-self._merges[piece], i) for i, piece in enumerate(joined) if piece in self._merges]
                kept = [merge for merge in open_to if random_source.random() >= rate]
                if not kept:
                    break
                _, first = min(kept)
                parts[first : first + 2] = [joined[first]]
            ids += map(self._processor.PieceToId, parts)
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of the ids without begin, end and padding marks."""
        text = self._processor.DecodeIds([int(i) for i in ids if i not in (PAD, BOS, EOS)])
        return text[1:] if text.startswith(" ") else text

    def unknown(self, text: str) -> list[str]:
        """Return the characters of `text`, each once, that no piece contains, so that they are read as bytes."""
        visible = dict.fromkeys(text.replace(" ", ""))
        return [c for c in visible if any(byte_of(piece) is not None for piece in self.pieces(self.encode(c)))]

    def pieces(self, ids: Iterable[int]) -> list[str]:
        """Return the pieces of the ids."""
        return [self._pieces[i] for i in ids]

    @cached_property
    def _pieces(self) -> list[str]:
        return [self._processor.IdToPiece(i) for i in range(len(self))]

    @cached_property
    def word_pieces(self) -> list[int]:
        """Return the ids of pieces that can be a word: they start a word and have three letters, or their script has no spaces.

        If a tiny vocabulary has none, return all ordinary pieces.
        """

        def is_word(piece: str) -> bool:
            spaced = piece.startswith(WORD_START) and len(piece) > 3 and piece[1:].isalpha()
            return spaced or all(UNSPACED.match(character) for character in piece)

        found = [i for i, piece in enumerate(self._pieces) if is_word(piece)]
        return found if len(found) > 1 else [self._processor.PieceToId(piece) for piece in self._merges]

    @cached_property
    def has_letters(self) -> bool:
        """False for a vocabulary that has only symbols, such as brackets."""
        return any(map(has_letters, self._merges))

    @classmethod
    def train(
        cls,
        lines: Iterable[tuple[str, str]],
        size: int,
        seed: int = 1,
        kind: str = "bpe",
        split_digits: bool = False,
    ) -> Vocabulary:
        """Train a vocabulary of `size` pieces on `lines`, each a text and its language, which may be unknown ("").

        A piece never crosses the end of a word as `words.split` defines it: "J'" is a piece, "J'ai" is not, and "aujourd'hui"
        can be one. With `split_digits`, each digit is a separate piece. For closed sets, `size` is only a limit. At most
        VOCABULARY_LINES lines are used, a random sample that is the same every time. Raises ValueError if the text is too small
        for the size.
        """
        choose("vocabulary kind", kind, KINDS)
        out = io.BytesIO()
        closed = kind in CLOSED
        texts = (_for_training(text, language, kind) for text, language in lines)
        try:
            sentencepiece.SentencePieceTrainer.Train(
                sentence_iterator=iter(_sample(texts, VOCABULARY_LINES, seed)),
                model_writer=out,
                vocab_size=size,
                hard_vocab_limit=not closed,
                model_type=CLOSED.get(kind, kind),
                normalization_rule_name="identity",  # this and the next two settings keep the text unchanged
                remove_extra_whitespaces=False,
                add_dummy_prefix=False,  # `encode` adds the space before the first word itself, because "▁" can be text, too
                byte_fallback=not closed,
                pretokenization_delimiter="" if closed else _WORD_END,
                split_by_unicode_script=False,  # an apostrophe may belong to a word
                split_digits=split_digits,
                character_coverage=1.0 if closed else 0.9999,
                pad_id=PAD,
                bos_id=BOS,
                eos_id=EOS,
                unk_id=UNK,
                minloglevel=2,
                num_threads=1,  # with more threads, the vocabulary depends on their timing
            )
        except RuntimeError as error:
            raise ValueError(_size_fault(size, str(error))) from None
        return cls(out.getvalue())


def _sample(texts: Iterable[str], most: int, seed: int) -> list[str]:
    """Return at most `most` of the texts, drawn at random (Vitter 1985, algorithm R). SentencePiece can draw, too, but draws
    others in each process."""
    numbers, drawn = random.Random(seed), list[str]()
    for count, text in enumerate(texts):
        if count < most:
            drawn.append(text)
        elif (place := numbers.randrange(count + 1)) < most:
            drawn[place] = text
    return drawn


def _size_fault(size: int, fault: str) -> str:
    """Return in our words what SentencePiece says about a size that the text cannot have."""
    if most := re.search(r"value <= (\d+)", fault):
        largest = int(most[1])
        too_large = f"a vocabulary of {size:,} pieces is too large for this text, which gives at most {largest:,}"
        return f"{too_large}: choose {largest:,} or fewer"
    if least := re.search(rf"{size} vs (\d+)", fault):
        return f"a vocabulary of {size:,} pieces is too small: the characters of this text alone need {int(least[1]):,}"
    return f"a vocabulary of {size:,} pieces cannot be trained on this text: {fault[:200]}"


def _for_training(text: str, language: str, kind: str) -> str:
    """Return a line as SentencePiece needs it for a vocabulary of this kind."""
    if kind == CHARACTER:
        return text.replace(" ", "")
    return " " + (text if kind == WORD else _with_word_ends(text, language))


def _with_word_ends(text: str, language: str) -> str:
    """Return `text` with a mark between words that have no space between them. Chinese and Japanese characters get none."""
    text = text.replace(WORD_START, "")
    if not normalise(text):
        return text
    words = split(text, language)
    parts = [""]
    for (start, end), (following, _) in pairwise([*words.spans, (len(words.text), 0)]):
        word, gap = words.text[start:end], words.text[end:following]
        both_unspaced = UNSPACED.match(word) and UNSPACED.match(words.text[following:])
        parts.append(word + (gap or ("" if both_unspaced else _WORD_END)))
    return "".join(parts).removesuffix(_WORD_END)


@dataclass(frozen=True)
class Tokenizer:
    """The vocabularies of source and target; one object if they share a vocabulary."""

    source: Vocabulary
    target: Vocabulary

    @property
    def shared(self) -> bool:
        return self.source is self.target

    @classmethod
    def train(
        cls,
        pairs: Iterable[tuple[str, str]],
        size: int,
        shared: bool,
        seed: int = 1,
        kind: str = "bpe",
        split_digits: bool = False,
        languages: tuple[str, str] = ("", ""),
    ) -> Tokenizer:
        """Train on `pairs`, which are read once per side and not stored. `languages` are names, such as "French".

        Raises ValueError if the pairs are too few for `size`.
        """
        sources, targets = ((text, languages[0]) for text, _ in pairs), ((text, languages[1]) for _, text in pairs)
        if shared:
            both = Vocabulary.train(chain(sources, targets), size, seed, kind, split_digits)
            return cls(both, both)
        return cls(*(Vocabulary.train(side, size, seed, kind, split_digits) for side in (sources, targets)))

    def files(self) -> dict[str, bytes]:
        """Return file names and contents for a checkpoint folder."""
        if self.shared:
            return {"tokenizer.model": self.source.model}
        return {"source.model": self.source.model, "target.model": self.target.model}

    @classmethod
    def load(cls, folder: Path, shared: bool) -> Tokenizer:
        """Load the files of a checkpoint folder. Raises ValueError if a file is missing or is not a tokenizer."""

        def read(name: str) -> Vocabulary:
            try:
                vocabulary = Vocabulary((folder / name).read_bytes())
            except OSError:
                raise ValueError(f"{folder.name}: {name} is missing or cannot be read") from None
            len(vocabulary)  # parse it now, not at the first sentence
            return vocabulary

        if shared:
            both = read("tokenizer.model")
            return cls(both, both)
        return cls(read("source.model"), read("target.model"))
