"""Recorded digits by voice, one take after the other: those of this project, and those of a folder of recordings.

SEQ2SEQ_RECORDINGS   a folder with recordings of further voices, named as 7_theo_12.wav: digit, voice, take
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import numpy as np
import soundfile

from seq2seq.files import ASSETS

RATE = 8000  # samples per second
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
FOLDER = "SEQ2SEQ_RECORDINGS"
OURS = ASSETS / "senses" / "voices"  # .flac and .json; see .voices/synthesise.py
RECORDING = re.compile(r"\d_(?P<voice>[a-z][a-z0-9-]{0,30})_(?P<take>\d{1,3})\.wav")
_CLEAR = 0.01  # below this share of the loudest sample, a recording begins and ends with silence


@cache
def ours() -> dict[str, int]:
    """Return the voices of this project and how many takes each has."""
    listed = json.loads(OURS.with_suffix(".json").read_text())
    return dict.fromkeys(listed["voices"], listed["takes"])


def recorded() -> dict[str, tuple[int, ...]]:
    """Return the voices of the folder of recordings, and the takes that each has of all digits; none if no folder is named."""
    folder = os.environ.get(FOLDER)
    return _takes(Path(folder)) if folder else {}


def clip(voice: str, word: str, take: int) -> np.ndarray:
    """Return a recording [samples] in -1 to 1, without the silence around it. Raises ValueError with one sentence."""
    digit = WORDS.index(word)
    if 0 <= take < ours().get(voice, 0):
        return _ours()[list(ours()).index(voice), take, digit]
    if take in recorded().get(voice, ()):
        return _recorded(Path(os.environ[FOLDER]) / f"{digit}_{voice}_{take}.wav")
    raise ValueError(f"there is no recording {take} of {word!r} by the voice {voice[:40]!r}; the voices are {_known()}")


def _known() -> str:
    return ", ".join([*ours(), *recorded()])


@cache
def _takes(folder: Path) -> dict[str, tuple[int, ...]]:
    if not folder.is_dir():
        raise ValueError(f"{FOLDER} must name a folder of recordings, but {str(folder)!r} is not a folder")
    found: dict[str, Counter[int]] = defaultdict(Counter)
    for path in sorted(folder.iterdir()):
        if name := RECORDING.fullmatch(path.name):
            found[name["voice"]][int(name["take"])] += 1
    complete = {
        voice: tuple(sorted(take for take, count in takes.items() if count == len(WORDS))) for voice, takes in found.items()
    }
    return {voice: takes for voice, takes in complete.items() if takes and voice not in ours()}


@cache
def _ours() -> dict[tuple[int, int, int], np.ndarray]:
    """Return the recordings by voice, take and digit. The file has one after the other, each in a slot of equal length."""
    samples, rate = soundfile.read(OURS.with_suffix(".flac"), dtype="float32")
    assert rate == RATE, rate
    takes = next(iter(ours().values()))
    slots = samples.reshape(len(ours()), takes, len(WORDS), -1)
    return {place: _trimmed(slots[place]) for place in np.ndindex(slots.shape[:3])}


@cache
def _recorded(path: Path) -> np.ndarray:
    try:
        samples, rate = soundfile.read(path, dtype="float32", frames=2 * RATE)
    except soundfile.SoundFileError:
        raise ValueError(f"{path.name} cannot be read as a sound") from None
    if rate != RATE or samples.ndim > 1:
        raise ValueError(f"{path.name} must be a recording of {RATE:,} samples per second on one channel")
    return _trimmed(samples)


def _trimmed(samples: np.ndarray) -> np.ndarray:
    loud = np.flatnonzero(np.abs(samples) > _CLEAR * max(np.abs(samples).max(), 1e-9))
    return samples[loud[0] : loud[-1] + 1] if len(loud) else samples
