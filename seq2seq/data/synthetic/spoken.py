"""Spoken digits: one to six digits said by one voice, with pauses, in more or less noise and echo.

The voices are those of this project, which are synthesised, and as many examples of the recordings that SEQ2SEQ_RECORDINGS
names, if it names any (sources/sound/voices.py). Chorowski et al. 2015, section 4, join utterances in this way, too.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from seq2seq.data.synthetic.example import Example, Part
from seq2seq.sources.sound import voices
from seq2seq.sources.sound.utterance import PAUSE, Utterance
from seq2seq.sources.sound.utterance import Part as Said

UNSEEN_VOICES = frozenset({"fay", "ned", "quinn", "zoe"})
FIRST_TAKE = 10  # of a recorded voice that training hears; the takes before it are held out
SILENT = 0.03  # share of the examples in which nobody speaks
MODEL: dict[str, Any] = {
    "source_kind": "sound",
    "attention": "location",
    "embedding_size": 128,
    "encoder_size": 160,
    "decoder_size": 192,
    "attention_size": 128,
    "dropout": 0.2,
}
TRAINING: dict[str, Any] = {
    "learning_rate": 2e-3,
    "warmup_updates": 200,
    "batch_tokens": 160,
    "label_smoothing": 0.1,
    "average_decay": 0.999,
    "validate_every": 200,
}


def origin() -> dict[str, str]:
    """Return what a model card must say about the recordings, if there are any."""
    if not (real := voices.recorded()):
        return {}
    return {
        "trained_on": f"Utterances of the task digits-spoken: synthesised voices, and recordings of {', '.join(sorted(real))}.",
        "attribution": f"Synthesised voices of this project; recordings in {voices.FOLDER}",
        "licence": "that of the recordings",
    }


def draw(numbers: random.Random) -> Example:
    """Make an utterance as in training."""
    if numbers.random() < SILENT:
        nothing = (PAUSE, numbers.randint(400, 2500))
        return _example(Utterance(numbers.choice(_known()), (nothing,), noise=numbers.randint(0, 50)))
    real = voices.recorded()
    voice = numbers.choice(sorted(real) if real and numbers.random() < 0.5 else _known())
    takes = [take for take in real[voice] if take >= FIRST_TAKE] if voice in real else range(voices.ours()[voice])
    utterance = _said(numbers, voice, takes, 1, 6)
    speed = numbers.randint(85, 118) if numbers.random() < 0.6 else 100
    room = numbers.randint(5, 60) if numbers.random() < 0.4 else 0
    return _example(replace(utterance, speed=speed, room=room, noise=numbers.randint(10, 50)))


def unseen_voices(numbers: random.Random) -> Example:
    """Make an utterance of a synthesised voice that training never hears."""
    voice = numbers.choice(sorted(UNSEEN_VOICES))
    return _clean(numbers, voice, range(voices.ours()[voice]), 1, 6)


def long(numbers: random.Random) -> Example:
    """Make an utterance of 7 to 10 digits, more than training ever hears, of a synthesised voice that it knows."""
    voice = numbers.choice(_known())
    return _clean(numbers, voice, range(voices.ours()[voice]), 7, 10)


def unseen_recordings(numbers: random.Random) -> Example:
    """Make an utterance of held-out recordings of voices that training knows."""
    return _recorded(numbers, lambda take: take < FIRST_TAKE, 1, 6)


def long_recordings(numbers: random.Random) -> Example:
    """Make an utterance of 7 to 10 held-out recordings."""
    return _recorded(numbers, lambda take: take < FIRST_TAKE, 7, 10)


def recordings(numbers: random.Random) -> Example:
    """Make an utterance of any recordings: those of a voice that was left out of the folder in training."""
    return _recorded(numbers, lambda take: True, 1, 6)


def example(numbers: random.Random, voice: str, count: int) -> Utterance:
    """Return an utterance of `count` digits by one of our voices, without noise."""
    return _said(numbers, voice, range(voices.ours()[voice]), count, count)


def _recorded(numbers: random.Random, suits: Any, least: int, most: int) -> Example:
    known = {
        voice: fitting for voice, takes in voices.recorded().items() if (fitting := [take for take in takes if suits(take)])
    }
    if not known:
        raise ValueError(f"this split needs recordings: fetch digits-spoken, and name their folder with {voices.FOLDER}")
    voice = numbers.choice(sorted(known))
    return _clean(numbers, voice, known[voice], least, most)


def _known() -> list[str]:
    return [voice for voice in voices.ours() if voice not in UNSEEN_VOICES]


def _clean(numbers: random.Random, voice: str, takes: Sequence[int], least: int, most: int) -> Example:
    return _example(replace(_said(numbers, voice, takes, least, most), noise=numbers.randint(20, 35)))


def _said(numbers: random.Random, voice: str, takes: Sequence[int], least: int, most: int) -> Utterance:
    parts: list[Said] = [(PAUSE, numbers.randint(20, 400))]
    for _ in range(numbers.randint(least, most)):
        parts += [(numbers.choice(voices.WORDS), numbers.choice(takes)), (PAUSE, numbers.randint(20, 500))]
    return Utterance(voice, tuple(parts))


def _example(utterance: Utterance) -> Example:
    lines = str(utterance).split("; ")
    source: list[Part] = [(lines[0], ())]
    target: list[Part] = []
    for number, line in enumerate(lines[1:]):
        said = number < len(utterance.parts) and utterance.parts[number][0] != PAUSE
        source += [("; ", ()), (line, (number,) if said else ())]
        if said:
            target.append((f"{' ' if target else ''}{utterance.parts[number][0]}", (number,)))
    count = len(target)
    found = Example.of(source, target, f"{count} digits" if count != 1 else "1 digit")
    return replace(found, regions=tuple(utterance.spans))
