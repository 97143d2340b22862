"""An utterance: what a voice says, with pauses, as one line of text, and as a sound.

    theo; pause 120; four 12; pause 180; nine 33; pause 200; speed 105; noise 25; room 40

After a digit stands the number of its recording (voices.py). A pause is in milliseconds, the speed in per cent, the noise in
decibels below the voice, the room in per cent of echo.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from seq2seq.sources.sound.voices import RATE, WORDS, clip

PAUSE = "pause"
MAX_PARTS = 45
MAX_TAKE = 999
# The settings, their range, and what they are when they are not given.
SETTINGS = {"speed": (70, 140, 100), "noise": (0, 60, 60), "room": (0, 100, 0)}
MAX_PAUSE = 3000  # milliseconds
MAX_SECONDS = 30
_QUIET = 0.02  # the level of a voice, to which noise is compared when nobody speaks
_ECHO = 0.25  # seconds after which an echo has died away

Part = tuple[str, int]  # a word and the number of its recording, or PAUSE and its milliseconds


@dataclass(frozen=True, slots=True)
class Utterance:
    voice: str
    parts: tuple[Part, ...]
    speed: int = 100  # per cent; a faster voice is also higher
    noise: int = 60  # decibels below the voice
    room: int = 0  # per cent of echo

    @property
    def words(self) -> list[str]:
        return [word for word, _ in self.parts if word != PAUSE]

    def __str__(self) -> str:
        given = {name: value for name, (_, _, usual) in SETTINGS.items() if (value := getattr(self, name)) != usual}
        return "; ".join([self.voice, *(f"{word} {value}" for word, value in (*self.parts, *given.items()))])

    @classmethod
    def parse(cls, text: str) -> Utterance:
        """Read the line of `str(utterance)`. Raises ValueError with one sentence."""
        voice, *lines = (part.strip() for part in text.split(";"))
        if not 1 <= len(lines) <= MAX_PARTS:
            raise ValueError(f"an utterance is a voice and 1 to {MAX_PARTS} parts, such as 'amy; four 0; pause 150; nine 1'")
        parts, settings = [], {}
        for line in lines:
            name, number = _part(line)
            if name in SETTINGS:
                settings[name] = number
            else:
                parts.append((name, number))
        if not parts:
            raise ValueError("an utterance needs a digit or a pause")
        return cls(voice, tuple(parts), **settings)

    @property
    def spans(self) -> list[tuple[float, float]]:
        """Return from where to where each word is said, in seconds. Raises ValueError for a recording that does not exist."""
        found, end = [], 0
        for word, value in self.parts:
            start, end = end, end + (_samples(value) if word == PAUSE else len(clip(self.voice, word, value)))
            if word != PAUSE:
                found.append((start, end))
        scale = 100 / self.speed / RATE
        return [(start * scale, end * scale) for start, end in found]

    def sound(self) -> np.ndarray:
        """Return the samples [RATE per second] in -1 to 1. Noise and echo depend only on the line of text.

        Raises ValueError for a recording that does not exist, and for more than MAX_SECONDS.
        """
        samples = np.concatenate([self._piece(word, value) for word, value in self.parts])
        count = max(1, round(len(samples) * 100 / self.speed))
        if count > MAX_SECONDS * RATE:
            raise ValueError(f"the utterance lasts {count / RATE:.0f} s; please keep to {MAX_SECONDS} s")
        if self.speed != 100:
            samples = np.interp(np.linspace(0, len(samples) - 1, count), np.arange(len(samples)), samples)
        dice = np.random.default_rng(zlib.crc32(str(self).encode()))
        if self.room:
            samples = _echoed(samples, self.room / 100, dice)
        if self.noise < SETTINGS["noise"][2]:
            level = np.sqrt(np.mean(samples[samples != 0] ** 2)) if samples.any() else _QUIET
            samples = samples + _noise(count, dice) * level * 10 ** (-self.noise / 20)
        return np.clip(samples, -1, 1).astype(np.float32)

    def _piece(self, word: str, value: int) -> np.ndarray:
        return np.zeros(_samples(value), np.float32) if word == PAUSE else clip(self.voice, word, value)


def _samples(milliseconds: int) -> int:
    return milliseconds * RATE // 1000


def _part(line: str) -> Part:
    name, _, number = line.partition(" ")
    limits = {PAUSE: (1, MAX_PAUSE), **{key: (low, high) for key, (low, high, _) in SETTINGS.items()}}
    low, high = limits.get(name, (0, MAX_TAKE))
    if name not in limits and name not in WORDS:
        raise ValueError(f"{line[:40]!r} is not a part of an utterance: write {', '.join((*WORDS, *limits))} and a number")
    if not (number.isascii() and number.isdigit() and len(number) < 5 and low <= int(number) <= high):
        raise ValueError(f"the number of {name!r} must be between {low} and {high}, not {number[:20]!r}")
    return name, int(number)


def _noise(count: int, dice: np.random.Generator) -> np.ndarray:
    """Return noise [count] of level 1, between white (equal power at all frequencies) and brown (less of the high ones)."""
    spectrum = np.fft.rfft(dice.standard_normal(count, dtype=np.float32))
    spectrum *= np.arange(1, len(spectrum) + 1) ** -dice.uniform(0, 1)
    noise = np.fft.irfft(spectrum, count)
    return noise / max(float(np.sqrt(np.mean(noise**2))), 1e-9)


def _echoed(samples: np.ndarray, share: float, dice: np.random.Generator) -> np.ndarray:
    """Return the samples in a room: they are convolved with echoes that die away, which together have `share` of the power."""
    length = int(_ECHO * RATE)
    echoes = dice.standard_normal(length) * np.exp(-np.linspace(0, 6.9, length))
    echoes *= np.sqrt(share / np.sum(echoes**2))
    echoes[0] = 1
    size = 1 << (len(samples) + length).bit_length()
    wet = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(echoes, size), size)[: len(samples)]
    return wet / max(1.0, float(np.abs(wet).max()))
