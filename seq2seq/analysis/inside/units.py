"""What a unit of the encoder does: the words at which it moves most, and how well it follows a feature of the text.

Measured on our own phrasebook in the model's source language. Most units follow nothing that has a name (Karpathy et al. 2015,
section 4.2, found a few readable cells among hundreds), so every correlation stands beside one that chance alone gives.
Symbols: P pieces of all sentences, M units of the memory.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from seq2seq.data.augmentation import lists
from seq2seq.data.batches import pad
from seq2seq.decoding.translator import Translator
from seq2seq.sources.languages import code_of
from seq2seq.sources.pieces import group_words, spell, word_indices

SEED = 1  # of the shuffle that gives the correlation of chance
READABLE = 0.5  # from this correlation on, a unit follows a feature
RARE = 0.003  # a feature of fewer pieces than this share is left out
NEGATIONS = {
    "en": r"not|no|never|n't|\w+n't",
    "fr": r"ne|n'|n'\w+|pas|jamais|non",
    "es": r"no|nunca|nada",
    "de": r"nicht|nie|niemals|nein|kein\w*",
}


@dataclass(frozen=True)
class Following:
    """The unit that follows a feature best. `chance` is the best correlation of any unit after a random shuffle of the
    pieces."""

    feature: str
    layer: str
    unit: int  # from 0, in its layer
    correlation: float  # Pearson's
    chance: float


@dataclass(frozen=True)
class Units:
    """The top layer of the encoder on all sentences."""

    layers: tuple[str, ...]  # "encoder-1-forward", …
    size: int  # units of each layer
    words: tuple[str, ...]  # P: the word of each piece
    moves: np.ndarray  # [P, M] change of the state when a piece is read
    following: tuple[Following, ...]
    readable: int  # units that follow a feature
    sentences: int

    def moved_by(self, layer: str, unit: int, count: int = 6) -> list[tuple[str, float]]:
        """Return the words at which a unit moves most, each once, with the mean change over its occurrences."""
        column = self.moves[:, self.layers.index(layer) * self.size + unit]
        by_word: dict[str, list[float]] = {}
        for word, change in zip(self.words, column, strict=True):
            by_word.setdefault(word, []).append(float(change))
        means = {word: sum(values) / len(values) for word, values in by_word.items() if len(values) > 1}
        return sorted(means.items(), key=lambda item: -abs(item[1]))[:count]


def examine(translator: Translator) -> Units | None:
    """Return what the units of the encoder's top layer do; None without a phrasebook in the source language.

    Raises ValueError for a model without a recurrent encoder.
    """
    encoder, code = translator.model.encoder, code_of(translator.info.source_language)
    if "forward" not in encoder.names and "backward" not in encoder.names:
        raise ValueError("this model has no recurrent encoder")
    texts = [row[code] for row in lists.table("phrases") if code in row]
    if not texts:
        return None
    sources = [translator.source_ids(text) for text in texts]
    with torch.inference_mode():
        padded, lengths = pad(sources)
        memory = translator.model.encode(padded, lengths)[0].states.float().numpy()  # [B, S, M]
    states, moves, words, features = [], [], [], []
    for ids, rows in zip(sources, memory, strict=True):
        own = rows[: len(ids)]
        pieces = translator.source_vocabulary.pieces(ids)
        states.append(own)
        moves.append(_moves(own, encoder.names, encoder.size))
        sentence = _words(pieces)
        words += sentence
        features.append(_features(sentence, code))
    layers = tuple(f"encoder-{encoder.depth}-{name}" for name in encoder.names)
    all_states = np.concatenate(states)
    table = {name: np.concatenate([each[name] for each in features]) for name in features[0]}
    following, readable = _follow(all_states, table, layers, encoder.size)
    return Units(layers, encoder.size, tuple(words), np.concatenate(moves), following, readable, len(texts))


def _moves(states: np.ndarray, names: Sequence[str], size: int) -> np.ndarray:
    """Return the change of each unit at each piece [S, M], in the order in which its direction reads."""
    parts = [states[:, k * size : (k + 1) * size] for k in range(len(names))]
    changes = [
        np.diff(part, axis=0, prepend=0) if name == "forward" else -np.diff(part, axis=0, append=0)
        for name, part in zip(names, parts, strict=True)
    ]
    return np.concatenate(changes, 1)


def _words(pieces: Sequence[str]) -> list[str]:
    """Return the word of each piece, without the punctuation marks around it; a mark alone stays."""
    found = [""] * len(pieces)
    for group in group_words(word_indices(pieces)):
        for position in group:
            text = spell([pieces[i] for i in group]).strip()
            mark = spell([pieces[position]]).strip()
            found[position] = mark if mark and not any(c.isalnum() for c in mark) else text.strip(".,!?;:…¿¡«» ")
    return found


def _features(words: Sequence[str], code: str) -> dict[str, np.ndarray]:
    """Return for each feature its value at each piece [S]. The last piece is the end mark."""

    def each(test: Callable[[str], object]) -> np.ndarray:
        return np.array([bool(test(word)) for word in words], dtype=float)

    negation = each(re.compile(NEGATIONS[code], re.IGNORECASE).fullmatch) if code in NEGATIONS else np.zeros(len(words))
    question = float(any("?" in word or "？" in word for word in words))
    return {
        "a word of negation": negation,
        "after a word of negation": np.minimum(1, np.cumsum(negation)),
        "a sentence with a question mark": np.full(len(words), question),
        "a capital letter": each(lambda word: word[:1].isupper()),
        "a punctuation mark": each(lambda word: word and not any(c.isalnum() for c in word)),
        "the number of the piece": np.arange(len(words), dtype=float),
        "the number of pieces that follow": np.arange(len(words), dtype=float)[::-1].copy(),
    }


def _follow(
    states: np.ndarray, features: dict[str, np.ndarray], layers: Sequence[str], size: int
) -> tuple[tuple[Following, ...], int]:
    """Return the best unit of each feature, and the number of units that follow any feature."""
    centred = states - states.mean(0)
    scaled = centred / np.maximum(np.linalg.norm(centred, axis=0), 1e-9)
    order = np.random.default_rng(SEED).permutation(len(states))
    found, readable = [], np.zeros(states.shape[1], dtype=bool)
    for name, values in features.items():
        rest = values - values.mean()
        if not np.count_nonzero(values) / len(values) > RARE or not rest.any():
            continue
        rest /= np.linalg.norm(rest)
        correlation, by_chance = rest @ scaled, rest[order] @ scaled
        best = int(np.abs(correlation).argmax())
        readable |= np.abs(correlation) >= READABLE
        found.append(
            Following(name, layers[best // size], best % size, float(correlation[best]), float(np.abs(by_chance).max()))
        )
    return tuple(found), int(readable.sum())
