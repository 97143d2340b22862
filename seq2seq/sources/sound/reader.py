"""Read a sound: an utterance as text, or the bytes of a sound file. The model sees a log-mel spectrogram."""

from __future__ import annotations

import base64
import io
from collections.abc import Collection, Sequence

import numpy as np
import soundfile
from PIL import Image

from seq2seq.sources.reader import NO_TOKEN, Place, TooLong
from seq2seq.sources.sound.front import FRAMES
from seq2seq.sources.sound.spectrogram import FLOOR, HOP, log_mel
from seq2seq.sources.sound.utterance import Utterance
from seq2seq.sources.sound.voices import RATE

MAX_BYTES = 20_000_000
MAX_SECONDS = 12.0  # after the silence around the voice is cut off
MAX_FILE_SECONDS = 30.0
RATES = (4_000, 192_000)
SECONDS = FRAMES * HOP / RATE  # of one position
NEAR = 2  # positions to each side that are hidden with a position: 0.25 s in all
_BLOCK = RATE // 50  # 20 ms
_QUIETER = 10 ** (-30 / 20)  # blocks that are 30 decibels quieter than the loudest one are silence
_MARGIN = 6  # blocks that stay before and after the voice
_TOO_QUIET = 0.003  # the level of the loudest block, of 1
WANTED = "please give a sound file, for example WAV, FLAC, OGG or MP3"


class SoundReader:
    """Input: log energies [F, BANDS] (spectrogram.py)."""

    def read(self, given: str | bytes, readable: bool = False) -> np.ndarray:
        return log_mel(samples(given))

    def places(self, source: Sequence[object]) -> list[Place]:
        count = -(-len(source) // FRAMES)
        edges = [i * SECONDS for i in range(count + 1)]
        return [Place(NO_TOKEN, f"{edges[i]:.2f} s", i, (edges[i], edges[i + 1])) for i in range(count)]

    def media(self, given: str | bytes, source: np.ndarray) -> str:
        """Return the spectrogram as a grey PNG: a column for each frame, high frequencies on top."""
        share = np.clip((source - source.max()) / FLOOR + 1, 0, 1)
        buffer = io.BytesIO()
        Image.fromarray((255 * share.T[::-1]).astype(np.uint8)).save(buffer, "PNG", optimize=True)
        return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()

    def regions(self, source: Sequence[object]) -> list[list[int]]:
        """Return the positions around each position, cut off at the ends."""
        count = len(self.places(source))
        return [list(range(max(0, i - NEAR), min(count, i + NEAR + 1))) for i in range(count)]

    def without(self, source: np.ndarray, positions: Collection[int]) -> np.ndarray:
        """Fill the positions with silence: the lowest energy of each band in this sound. Its mean spectrum would be a new sound
        where nobody speaks."""
        hidden, silence = source.copy(), source.min(0)
        for position in positions:
            hidden[position * FRAMES : (position + 1) * FRAMES] = silence
        return hidden


def samples(given: str | bytes) -> np.ndarray:
    """Return the samples [N] that a model hears, RATE per second. Raises ValueError with one sentence."""
    if isinstance(given, str):
        return Utterance.parse(given).sound()
    return trimmed(_resampled(*_opened(given)))


def trimmed(sound: np.ndarray) -> np.ndarray:
    """Cut off the silence before and after the voice. Raises ValueError for a sound that is too quiet or too long."""
    blocks = np.sqrt(np.mean(np.resize(sound, (max(1, len(sound) // _BLOCK), _BLOCK)) ** 2, axis=1))
    if blocks.max() < _TOO_QUIET:
        raise ValueError("there is nothing to hear, or it is too quiet: please speak closer to the microphone")
    loud = np.flatnonzero(blocks > blocks.max() * _QUIETER)
    voice = sound[max(0, loud[0] - _MARGIN) * _BLOCK : (loud[-1] + 1 + _MARGIN) * _BLOCK]
    if len(voice) > MAX_SECONDS * RATE:
        raise TooLong(f"the sound lasts {len(voice) / RATE:.0f} s; please keep to {MAX_SECONDS:.0f} s")
    return voice


def wav(sound: np.ndarray) -> bytes:
    """Return the samples as a WAV file of 16 bits."""
    buffer = io.BytesIO()
    soundfile.write(buffer, sound, RATE, "PCM_16", format="WAV")
    return buffer.getvalue()


def _opened(content: bytes) -> tuple[np.ndarray, int]:
    """Return the mean of the channels [N], and its rate. The length is checked before the samples are unpacked."""
    if len(content) > MAX_BYTES:
        raise ValueError(f"the file has {len(content) / 1e6:.0f} MB; please keep to {MAX_BYTES / 1e6:.0f} MB")
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            rate = file.samplerate
            if not RATES[0] <= rate <= RATES[1]:
                raise ValueError(f"the sound has {rate:,} samples per second; please give one of {RATES[0]:,} to {RATES[1]:,}")
            if file.channels > 8:
                raise ValueError(f"the sound has {file.channels} channels; please give one or two")
            found = file.read(int(MAX_FILE_SECONDS * rate) + 1, dtype="float32", always_2d=True)
    except soundfile.SoundFileError:
        raise ValueError(f"this is not a sound that can be read: {WANTED}") from None
    if len(found) > MAX_FILE_SECONDS * rate:
        raise TooLong(f"the sound lasts more than {MAX_FILE_SECONDS:.0f} s; please keep to {MAX_SECONDS:.0f} s")
    if not len(found) or not np.isfinite(found).all():
        raise ValueError(f"this file has no sound in it: {WANTED}")
    return found.mean(1), rate


def _resampled(sound: np.ndarray, rate: int) -> np.ndarray:
    """Return the sound at RATE: its spectrum is cut off, or filled with zeros, above RATE / 2."""
    if rate == RATE:
        return sound
    count = max(1, round(len(sound) * RATE / rate))
    return (np.fft.irfft(np.fft.rfft(sound), count) * (count / len(sound))).astype(np.float32)
