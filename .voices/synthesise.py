"""Make assets/senses/voices.flac and voices.json: the digits, said by the synthesiser espeak-ng in many voices.

    sudo apt-get install espeak-ng
    python .voices/synthesise.py

Each voice has TAKES takes, which differ in speed and pitch. A recording has a slot of SLOT seconds.
"""

from __future__ import annotations

import io
import json
import subprocess

import numpy as np
import soundfile

from seq2seq.sources.sound.voices import OURS, RATE, WORDS

SLOT = 0.85  # seconds
TAKES = ((150, 0), (175, 8), (205, -8))  # words a minute, and steps of pitch above the voice's own
# Name of the voice here; accent and variant of espeak-ng; its pitch, 0 to 99.
VOICES = (
    ("amy", "en-us+f2", 55),
    ("ben", "en-us+m3", 40),
    ("cleo", "en-gb+f4", 50),
    ("dan", "en-gb+m1", 45),
    ("ewan", "en-gb-scotland+m7", 42),
    ("fay", "en-gb-scotland+f3", 60),
    ("gus", "en-us+m5", 30),
    ("hana", "en-us+Annie", 55),
    ("ivan", "en-gb-x-rp+m2", 38),
    ("jo", "en-gb-x-rp+f1", 50),
    ("kim", "en-us+linda", 60),
    ("leo", "en-us+Andy", 50),
    ("mia", "en-029+f5", 52),
    ("ned", "en-029+m4", 40),
    ("olga", "en-us+anika", 50),
    ("pat", "en-gb+steph", 58),
    ("quinn", "en-gb-x-gbclan+m6", 50),
    ("rosa", "en-gb-x-gbclan+belinda", 55),
    ("sam", "en-us+Michael", 45),
    ("tess", "en-gb-x-gbcwmd+aunty", 50),
    ("uma", "en-gb-x-gbcwmd+f2", 65),
    ("vic", "en-us+victor", 40),
    ("wes", "en-gb+max", 35),
    ("zoe", "en-us+grandma", 60),
)


def say(word: str, voice: str, pitch: int, speed: int) -> np.ndarray:
    """Return the word at RATE, as loud as the others, in a slot."""
    call = ["espeak-ng", "-v", voice, "-p", str(min(max(pitch, 0), 99)), "-s", str(speed), "--stdout", word]
    samples, rate = soundfile.read(io.BytesIO(subprocess.run(call, check=True, capture_output=True).stdout))
    spectrum = np.fft.rfft(samples)[: int(len(samples) * RATE / rate) // 2 + 1]
    samples = np.fft.irfft(spectrum) * RATE / rate
    loud = np.flatnonzero(np.abs(samples) > 0.01 * np.abs(samples).max())
    samples = samples[loud[0] : loud[-1] + 1]
    if len(samples) > SLOT * RATE:
        raise ValueError(f"{word} by {voice} takes {len(samples) / RATE:.2f} s")
    return np.pad(0.7 * samples / np.abs(samples).max(), (0, round(SLOT * RATE) - len(samples)))


def main() -> None:
    slots = [say(word, voice, pitch + up, speed) for _, voice, pitch in VOICES for speed, up in TAKES for word in WORDS]
    soundfile.write(OURS.with_suffix(".flac"), np.concatenate(slots), RATE, "PCM_16")
    OURS.with_suffix(".json").write_text(json.dumps({"voices": [name for name, _, _ in VOICES], "takes": len(TAKES)}) + "\n")


if __name__ == "__main__":
    main()
